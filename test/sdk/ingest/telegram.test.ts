import { expect } from "chai";
import { telegramChat } from "../../../scripts/exports/telegram.ts";
import { expectError } from "./expectError.ts";
import { importRecords } from "./importRecords.ts";
import { sampleJson, withSample } from "./samples.ts";

const chat = (messages: readonly unknown[], more: Record<string, unknown> = {}) => ({
  "result.json": JSON.stringify({ name: "Ola", type: "personal_chat", id: 200, ...more, messages }),
});

const message = (fields: Record<string, unknown> = {}) => ({
  id: 1,
  type: "message",
  date: "2018-12-05T11:39:10",
  date_unixtime: "1544006350",
  from: "Kari",
  from_id: "user100",
  text: "Hei",
  text_entities: [{ type: "plain", text: "Hei" }],
  ...fields,
});

describe("telegram", () => {
  it("default", async () => {
    const { connector, counts, times, records, changed, skipped } = await importRecords(
      chat([
        message({
          reactions: [{ type: "emoji", count: 2, emoji: "❤", recent: [{ from: "Ola", from_id: "user200" }] }],
        }),
        message({
          id: 2,
          from: "Ola",
          from_id: "user200",
          reply_to_message_id: 1,
          edited_unixtime: "1544006400",
          edited: "2018-12-05T11:40:00",
          text: ["See ", { type: "bold", text: "this" }, "!"],
        }),
      ]),
    );
    expect(connector).to.equal("telegram");
    expect(counts).to.deep.equal({ messages: 2, participants: 2 });
    expect(times["messages"]).to.deep.equal(["2018-12-05T10:39:10.000Z", "2018-12-05T10:39:10.000Z"]);
    expect([changed, skipped]).to.deep.equal([{}, {}]);
    const [first, second] = records["messages"] ?? [];
    expect(first).to.include({ sender: "user100", content: "Hei", kind: "text", is_own: false, local_time: null });
    expect(first?.["reactions"]).to.equal('[{"reaction":"❤","count":2}]');
    expect(second).to.include({ content: "See this!", reply_to: first?.["id"] });
    expect(second?.["edited"]).to.deep.equal(new Date("2018-12-05T10:40:00Z"));
    expect(first?.["conversation"]).to.match(/^[0-9a-f]{32}$/);
    expect(
      records["participants"]?.map(({ person, name, conversation_name }) => [person, name, conversation_name]),
    ).to.deep.equal([
      ["user100", "Kari", "Ola"],
      ["user200", "Ola", "Ola"],
    ]);
  });

  it("behavior: a text's formatting and who reacted are kept", async () => {
    const text = ["a ", { type: "link", text: "b" }];
    const { extras } = await importRecords(chat([message({ text, forwarded_from: "Per" })]));
    expect(extras[0]).to.deep.equal({ type: "message", from: "Kari", from_id: "user100", forwarded_from: "Per", text });
  });

  it("behavior: media, calls, notices, polls", async () => {
    const { records } = await importRecords(
      chat([
        message({ photo: "photos/p.jpg", text: "" }),
        message({
          id: 2,
          file: "(File not included. Change data exporting settings to download.)",
          mime_type: "audio/ogg",
          text: "",
        }),
        message({ id: 3, type: "service", action: "phone_call", actor: "Kari", actor_id: "user100", text: "" }),
        message({ id: 4, type: "service", action: "pin_message", text: "" }),
        message({ id: 5, poll: { question: "?" }, text: "" }),
      ]),
    );
    expect(records["messages"]?.map(({ kind, content, attachments }) => [kind, content, attachments])).to.deep.equal([
      ["media", null, '[{"url":"photos/p.jpg"}]'],
      ["media", null, '[{"mediaType":"audio/ogg"}]'],
      ["call", null, null],
      ["system", null, null],
      ["poll", "", null],
    ]);
  });

  it("behavior: an export of all data has an owner, and what is no chat is counted", async () => {
    const { connector, records, skipped, counts } = await importRecords({
      "renamed.json": JSON.stringify({
        about: "Her er dataene dine",
        personal_information: { user_id: 100, first_name: "Kari" },
        contacts: { about: "x", list: [{ user_id: 5, first_name: "Per" }] },
        chats: {
          about: "x",
          // Its name behind its messages, as nobody writes it yet.
          list: [
            {
              messages: [message(), message({ id: 2, from_id: "user200" })],
              name: "Ola",
              type: "personal_chat",
              id: 200,
            },
          ],
        },
        left_chats: {
          list: [
            { name: "Old", type: "private_group", id: 300, messages: [message()] },
            { name: "Silent", type: "private_group", id: 301, messages: [] },
          ],
        },
      }),
    });
    expect(connector).to.equal("telegram");
    expect(counts).to.deep.equal({ messages: 3, participants: 3 });
    expect(records["messages"]?.map(({ is_own }) => is_own)).to.deep.equal([true, false, true]);
    expect(records["participants"]?.map(({ conversation_name }) => conversation_name)).to.deep.equal([
      "Ola",
      "Ola",
      "Old",
    ]);
    expect(skipped).to.deep.equal({
      "a contact of the address book": 1,
      "what the account says of itself, but for its number": 1,
      "a chat without messages": 1,
    });
  });

  it("behavior: times without a zone, and none at all", async () => {
    const { records, changed } = await importRecords(
      chat([
        message({ date_unixtime: undefined }),
        message({ id: 2, date_unixtime: undefined, date: "2018-02-30T11:39:10" }),
        message({ id: 3, date_unixtime: "99999999999999999" }),
      ]),
      { timeZone: "Europe/Oslo" },
    );
    expect(records["messages"]?.map(({ sent, local_time }) => [sent, local_time])).to.deep.equal([
      [new Date("2018-12-05T10:39:10Z"), "2018-12-05T11:39:10"],
      [null, "2018-02-30T11:39:10"],
      [null, null],
    ]);
    expect(changed).to.deep.equal({
      "has no time zone: read in the import's zone": 1,
      "date is no time": 1,
      "date_unixtime is no time": 1,
    });
  });

  it("behavior: a bad record is left out, the rest is read", async () => {
    const { counts, skipped } = await importRecords(chat([7, message({ type: "unsupported" }), message(), message()]));
    expect(counts["messages"]).to.equal(1);
    expect(skipped).to.deep.equal({
      "is no message": 2,
      "repeats an id of the same segment": 1,
    });
  });

  it("error: a chat that is cut off", async () => {
    await expectError("EXPORT_INVALID", () =>
      importRecords({ "result.json": telegramChat({ messages: 3 }).slice(0, -20) }),
    );
  });

  it("behavior: a chat of any size", async () => {
    const { counts } = await importRecords({ "result.json": telegramChat({ messages: 2000 }) });
    expect(counts).to.deep.equal({ messages: 2000, participants: 2 });
  });

  describe("vectors", () => {
    for (const name of ["single", "batch"]) {
      withSample(`chat/chat-miner/telegram/test_${name}_export.json`, "as its target", async (input) => {
        const { connector, counts, times, records } = await importRecords(input);
        expect(connector).to.equal("telegram");
        expect(counts["messages"]).to.equal(2);
        expect(times["messages"]).to.deep.equal(["2018-12-05T10:39:10.000Z", "2018-12-05T10:49:24.000Z"]);
        const read = records["messages"]?.map(({ sent, sender, content }) => ({
          timestamp: (sent as Date).toISOString().slice(0, 19),
          author: sender,
          // The target puts a space between the parts of a text; Telegram's own parts hold theirs.
          message: content === "Link:https://telegram.org/" ? "Link: https://telegram.org/" : content,
        }));
        expect(read).to.deep.equal(await sampleJson("chat/chat-miner/telegram/target.json"));
      });
    }
  });
});
