import { expect } from "chai";
import { slackExport } from "../../../scripts/exports/slack.ts";
import { slackText } from "../../../sdk/src/ingest/slack/slackText.ts";
import { expectError } from "./expectError.ts";
import { importRecords } from "./importRecords.ts";
import { withSample } from "./samples.ts";

describe("slack", () => {
  it("default", async () => {
    const { connector, counts, times, records, skipped, extras } = await importRecords(
      slackExport({ days: 2, messages: 2 }),
    );
    expect(connector).to.equal("slack");
    expect(counts).to.deep.equal({ messages: 4, participants: 2 });
    expect(skipped).to.deep.equal({});
    expect(times["messages"]).to.deep.equal(["2024-01-15T10:00:00.000Z", "2024-01-16T10:00:01.000Z"]);
    expect(records["messages"]?.[0]).to.include({
      id: "C01:1705312800.000100",
      conversation: "C01",
      sender: "U01",
      content: "Fish & chips 0 @U02",
      is_own: false,
    });
    expect(extras[0]).to.have.property("channel");
    expect(extras[1]).not.to.have.property("channel");
    expect(extras[1]).to.have.property("text", "Fish &amp; chips 1 <@U02>");
    expect(records["participants"]?.[0]).to.include({
      person: "U01",
      name: "Kari Nordmann",
      handle: "kari",
      email: "kari@example.org",
      conversations: '["C01"]',
    });
  });

  it("behavior: markup", () => {
    expect(
      slackText("Fish &amp; chips &lt;3 <@U02> see <https://example.org/a?b=1|menu> &gt; <#C01|general>"),
    ).to.equal("Fish & chips <3 @U02 see menu (https://example.org/a?b=1) > #general");
    expect(slackText("<!here> <!subteam^S1|@team> <mailto:a@b.c|a@b.c> <https://x.y> <!date^1^{date}|today>")).to.equal(
      "@here @team a@b.c https://x.y today",
    );
    expect(slackText("a < b &amp;lt; <unknown thing>")).to.equal("a < b &lt; <unknown thing>");
    const from = performance.now();
    slackText("<".repeat(300_000));
    slackText(`<${"a|".repeat(100_000)}`);
    expect(performance.now() - from).to.be.below(5000);
  });

  it("behavior: files, without the key in their address", async () => {
    const file = {
      id: "F1",
      name: "a.png",
      mimetype: "image/png",
      url_private: "https://files.slack.com/a.png?t=xoxe-1-2",
    };
    const { records } = await importRecords({
      "general/2024-01-15.json": JSON.stringify([
        { type: "message", user: "U01", text: "", ts: "1705312800.000100", files: [file] },
      ]),
    });
    expect(records["messages"]?.[0]).to.include({
      kind: "media",
      content: null,
      attachments: '[{"name":"a.png","url":"https://files.slack.com/a.png","mediaType":"image/png"}]',
    });
  });

  it("behavior: a direct message's folder is its id; a thread sent to the channel too is one message", async () => {
    const both = { type: "message", user: "U1", text: "x", ts: "1705312800.000100", thread_ts: "1705312700.000100" };
    const { records, counts } = await importRecords({
      "dms.json": JSON.stringify([{ id: "D01", members: ["U1", "U2"] }]),
      "D01/2024-01-15.json": JSON.stringify([
        both,
        { ...both, subtype: "thread_broadcast" },
        { type: "message", ts: "x" },
      ]),
    });
    expect(counts).to.deep.equal({ messages: 1, participants: 2 });
    expect(records["messages"]?.[0]).to.include({ conversation: "D01", reply_to: "D01:1705312700.000100" });
  });

  it("error: a day that is broken", async () => {
    const files = slackExport({ days: 1, messages: 1 });
    await expectError("EXPORT_INVALID", () => importRecords({ ...files, "general/2024-01-15.json": '[{"ts": ' }));
  });

  it("behavior: an export of any size", async () => {
    const { counts } = await importRecords(slackExport({ days: 20, messages: 100 }));
    expect(counts["messages"]).to.equal(2000);
  });

  describe("vectors", () => {
    withSample("slack/synthetic", "a workspace", async (input) => {
      const { connector, counts, times, records } = await importRecords(input);
      expect(connector).to.equal("slack");
      expect(counts).to.deep.equal({ messages: 3, participants: 2 });
      expect(times["messages"]).to.deep.equal(["2024-01-15T10:00:00.000Z", "2024-01-15T10:03:20.000Z"]);
      const [join, text, answer] = records["messages"] ?? [];
      expect(join).to.include({ kind: "system", sender: "U02", content: "@U02 has joined the channel" });
      expect(text?.["content"]).to.equal("Fish & chips <3 @U02 see menu (https://example.org/a?b=1) > #general");
      expect(text?.["edited"]).to.deep.equal(new Date("2024-01-15T10:01:40Z"));
      expect(text?.["reactions"]).to.equal('[{"reaction":"+1::skin-tone-2","count":1}]');
      expect(answer?.["reply_to"]).to.equal(text?.["id"]);
      expect(records["participants"]?.map(({ name, email }) => [name, email])).to.deep.equal([
        ["Kari Nordmann", "kari.nordmann@example.org"],
        ["Ola", null],
      ]);
    });
    withSample("slack/synthetic/general/2024-01-15.json", "alone", async (input) => {
      const { connector, counts } = await importRecords(input);
      expect([connector, counts["messages"]]).to.deep.equal(["slack", 3]);
    });
    withSample("slack/synthetic/users.json", "alone", async (input) => {
      const { connector, counts } = await importRecords(input);
      expect([connector, counts["participants"]]).to.deep.equal(["slack", 2]);
    });
  });
});
