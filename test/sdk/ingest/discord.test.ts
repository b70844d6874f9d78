import { expect } from "chai";
import { discordPackage } from "../../../scripts/exports/discord.ts";
import { expectError } from "./expectError.ts";
import { importRecords } from "./importRecords.ts";
import { withSample } from "./samples.ts";

describe("discord", () => {
  it("default", async () => {
    const { connector, counts, records, skipped, changed, extras } = await importRecords(
      discordPackage({ channels: 1, messages: 2 }),
    );
    expect(connector).to.equal("discord");
    expect(counts).to.deep.equal({ messages: 2, participants: 2 });
    expect([skipped, changed]).to.deep.equal([{ "what the account says of itself, but for its number": 1 }, {}]);
    expect(records["messages"]?.[0]).to.deep.include({
      id: "900100200300400500",
      conversation: "1234567890123456000",
      sent: new Date("2023-11-14T22:13:20Z"),
      sender: "1",
      is_own: true,
      recipients: '["2"]',
      content: "message 0",
    });
    expect(extras[0]).to.deep.equal({ channel: { id: "1234567890123456000", type: "DM", recipients: ["1", "2"] } });
    expect(records["participants"]?.map(({ person, name, is_own }) => [person, name, is_own])).to.deep.equal([
      ["1", null, true],
      ["2", "pal0#1234", false],
    ]);
  });

  it("behavior: names of conversations come from the index beside their folders", async () => {
    const { records } = await importRecords({
      "Servers/index.json": '{"1": "Havn"}',
      "Messages/index.json": '{"123456789012345678": "Direct Message with ola#0"}',
      "Messages/c123456789012345678/channel.json": '{"id": "123456789012345678", "type": "DM", "recipients": ["5"]}',
      "Messages/c123456789012345678/messages.json": "[]",
    });
    expect(records["participants"]?.[0]).to.include({ conversation_name: "Direct Message with ola#0" });
  });

  it("behavior: old packages: CSV with texts of many lines, folders without c", async () => {
    const { connector, records, times } = await importRecords({
      "messages/123456789012345678/channel.json": '{"id": "123456789012345678", "type": 0, "name": "general"}',
      "messages/123456789012345678/messages.csv":
        'ID,Timestamp,Contents,Attachments\r\n900100200300400500,2021-03-01 12:00:00.123000+00:00,"two\nlines, ""quoted""",\r\n' +
        "900100200300400501,2021-03-01 12:00:01.000000+00:00,,https://a.example/1.png https://a.example/2.png\r\n",
      "messages/index.json": '{"123456789012345678": "general in Havn", "9": null}',
    });
    expect(connector).to.equal("discord");
    expect(
      records["messages"]?.map(({ id, content, kind, attachments }) => [id, content, kind, attachments]),
    ).to.deep.equal([
      ["900100200300400500", 'two\nlines, "quoted"', "text", null],
      ["900100200300400501", null, "media", '[{"url":"https://a.example/1.png"},{"url":"https://a.example/2.png"}]'],
    ]);
    expect(times["messages"]?.[0]).to.equal("2021-03-01T12:00:00.123Z");
  });

  it("behavior: a lone file, a bad record, a time that is none", async () => {
    const { connector, counts, skipped, changed } = await importRecords({
      "renamed.json":
        '[{"ID": 1, "Timestamp": "2026-02-30 12:00:00", "Contents": "x", "Attachments": ""}, 7, {"Contents": "no id"}]',
    });
    expect(connector).to.equal("discord");
    expect(counts["messages"]).to.equal(1);
    expect(skipped).to.deep.equal({ "is no message": 1, "has no id": 1 });
    expect(changed).to.deep.equal({ "Timestamp is no time": 1 });
  });

  it("error: a package whose messages are broken", async () => {
    const files = discordPackage({ channels: 1, messages: 2 });
    const [path = ""] = Object.keys(files).filter((name) => name.endsWith("messages.json"));
    await expectError("EXPORT_INVALID", () => importRecords({ ...files, [path]: "[{" }));
  });

  it("behavior: a package of any size", async () => {
    const { counts } = await importRecords(discordPackage({ channels: 20, messages: 100 }));
    expect(counts).to.deep.equal({ messages: 2000, participants: 40 });
  });

  describe("vectors", () => {
    withSample("discord/synthetic", "numbers beyond 2^53", async (input) => {
      const { connector, counts, times, records } = await importRecords(input);
      expect(connector).to.equal("discord");
      expect(counts).to.deep.equal({ messages: 2, participants: 2 });
      expect(times["messages"]).to.deep.equal(["2026-01-05T12:00:00.000Z", "2026-01-05T12:01:00.000Z"]);
      expect(records["messages"]?.[0]).to.include({ id: "900100200300400500", content: "hello" });
      expect(records["messages"]?.[0]?.["attachments"]).to.contain("pic.png").and.contain("two.pdf");
      expect(records["messages"]?.[1]).to.include({ id: "900100200300400501", content: "", attachments: null });
    });
    withSample("discord/synthetic/package/Messages/c1234567890123456789/messages.json", "alone", async (input) => {
      const { connector, counts } = await importRecords(input);
      expect([connector, counts["messages"]]).to.deep.equal(["discord", 2]);
    });
  });
});
