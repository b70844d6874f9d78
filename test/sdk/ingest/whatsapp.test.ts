import { expect } from "chai";
import { whatsappChat } from "../../../scripts/exports/whatsapp.ts";
import type { ArchiveInput } from "../../../sdk/src/ingest/index.ts";
import { expectError } from "./expectError.ts";
import { importRecords } from "./importRecords.ts";
import { sampleJson, withSample } from "./samples.ts";

const chat = (...lines: string[]) => ({ "WhatsApp Chat with Kari.txt": lines.join("\n") });

async function sentOf(...lines: string[]): Promise<readonly unknown[]> {
  const { records } = await importRecords(chat(...lines));
  return (records["messages"] ?? []).map(({ sent }) => (sent instanceof Date ? sent.toISOString() : sent));
}

describe("whatsapp", () => {
  it("default", async () => {
    const { connector, counts, times, changed, records } = await importRecords(
      chat("30/12/21, 22:01 - Kari: Hei\nand more: text\n", "31/12/21, 08:00 - Ola: Ja"),
    );
    expect(connector).to.equal("whatsapp");
    expect(counts).to.deep.equal({ messages: 2, participants: 2 });
    expect(times["messages"]).to.deep.equal(["2021-12-30T22:01:00.000Z", "2021-12-31T08:00:00.000Z"]);
    expect(changed).to.deep.equal({ "has no time zone: read in the import's zone": 2 });
    const { id: _, conversation, ...first } = records["messages"]?.[0] ?? {};
    expect(first).to.deep.equal({
      sent: new Date("2021-12-30T22:01:00Z"),
      local_time: "30/12/21, 22:01",
      sender: "Kari",
      is_own: false,
      recipients: null,
      content: "Hei\nand more: text",
      kind: "text",
      reply_to: null,
      attachments: null,
      reactions: null,
      edited: null,
    });
    expect(records["participants"]?.map(({ person, conversation_name }) => [person, conversation_name])).to.deep.equal([
      ["Kari", "Kari"],
      ["Ola", "Kari"],
    ]);
    expect(records["participants"]?.[0]?.["conversation"]).to.equal(conversation);
    expect(conversation).not.to.contain("Kari");
  });

  it("behavior: forms of more languages", async () => {
    for (const [late, early] of [
      ["\u200f٣١\u200f/١٢\u200f/٢٠٢٠، ١١:٥٩ م - K: a", "\u200f١\u200f/١\u200f/٢٠٢١، ١٢:٠٠ ص - K: b"],
      ["۲۰۲۰/۱۲/۳۱،\u200f ۱۱:۵۹ ب.ظ. - K: a", "۲۰۲۱/۱/۱،\u200f ۱۲:۰۰ ق.ظ. - K: b"],
      ["31.12.2020 г., 23:59 - K: a", "1.01.2021 г., 0:00 - K: b"],
      ["23:59, 31/12/2020 - K: a", "00:00, 01/01/2021 - K: b"],
      ["31/12/2020, 11:59 PTG - K: a", "01/01/2021, 12:00 PG - K: b"],
      ["2020/12/31 晚上11:59 - K: a", "2021/1/1 凌晨12:00 - K: b"],
    ] as const) {
      expect(await sentOf(late, early), late).to.deep.equal(["2020-12-31T23:59:00.000Z", "2021-01-01T00:00:00.000Z"]);
    }
  });

  it("adversarial: a chat without an end of empty lines is left before its end", async () => {
    let given = 0;
    const input: ArchiveInput = {
      entries: () => [{ path: "_chat.txt", size: 1e9 }],
      async *read() {
        for (; given < 1e9; given += 10_000) yield new Uint8Array(10_000).fill(10);
      },
    };
    await expectError("EXPORT_INVALID", () => importRecords(input, { limits: { maxRecordBytes: 100_000 } }));
    expect(given).to.be.below(500_000);
  });

  it("behavior: a zone that was said", async () => {
    const { times } = await importRecords(chat("30/06/21, 22:01 - Kari: Hei"), { timeZone: "Europe/Oslo" });
    expect(times["messages"]?.[0]).to.equal("2021-06-30T20:01:00.000Z");
  });

  it("behavior: the order of dates comes from the whole file", async () => {
    expect(await sentOf("01/02/21, 10:00 - K: a", "01/13/21, 10:00 - K: b")).to.deep.equal([
      "2021-01-02T10:00:00.000Z",
      "2021-01-13T10:00:00.000Z",
    ]);
    expect(await sentOf("01/02/21, 10:00 - K: a", "13/02/21, 10:00 - K: b")).to.deep.equal([
      "2021-02-01T10:00:00.000Z",
      "2021-02-13T10:00:00.000Z",
    ]);
    expect((await sentOf("2021/02/03, 10:00 - K: a"))[0]).to.equal("2021-02-03T10:00:00.000Z");
    expect((await sentOf("[2021-02-03, 10:00:01 PM] K: a"))[0]).to.equal("2021-02-03T22:00:01.000Z");
    // No number above 12: only one order runs forward.
    expect(await sentOf("01/02/21, 10:00 - K: a", "01/03/21, 1:00 - K: b", "02/01/21, 1:00 - K: c")).to.deep.equal([
      "2021-01-02T10:00:00.000Z",
      "2021-01-03T01:00:00.000Z",
      "2021-02-01T01:00:00.000Z",
    ]);
    // A year of two digits in front.
    expect(await sentOf("21/01/30, 10:00 - K: a", "21/02/28, 1:00 - K: b", "21/03/02, 1:00 - K: c")).to.deep.equal([
      "2021-01-30T10:00:00.000Z",
      "2021-02-28T01:00:00.000Z",
      "2021-03-02T01:00:00.000Z",
    ]);
  });

  it("behavior: an order that the file leaves open is said", async () => {
    const open = "day and month cannot be told apart in this file: read by what is usual";
    const { changed, times } = await importRecords(chat("01/02/21, 10:00 - K: a"));
    expect(changed[open]).to.equal(1);
    expect(times["messages"]?.[0]).to.equal("2021-02-01T10:00:00.000Z");
    const american = await importRecords(chat("1/2/21, 10:00\u202fAM - K: a"));
    expect(american.times["messages"]?.[0]).to.equal("2021-01-02T10:00:00.000Z");
  });

  it("behavior: clocks of twelve hours", async () => {
    const hour = async (time: string) => String((await sentOf(`30/12/21, ${time} - K: a`))[0]).slice(11, 16);
    expect(await hour("12:05 AM")).to.equal("00:05");
    expect(await hour("00:08 a. m.")).to.equal("00:08");
    expect(await hour("12:05 p. m.")).to.equal("12:05");
    expect(await hour("1:05\u202fpm")).to.equal("13:05");
    expect(await hour("11:05\u00a0p.\u00a0m.")).to.equal("23:05");
    expect(await hour("下午1:05")).to.equal("13:05");
    expect(await hour("오후 1:05")).to.equal("13:05");
    expect(await hour("22.05")).to.equal("22:05");
    expect((await sentOf("12/30/16, 10:05:07 PM: K: a"))[0]).to.equal("2016-12-30T22:05:07.000Z");
    expect((await sentOf("30.12.16 22:05:07: K: a: b"))[0]).to.equal("2016-12-30T22:05:07.000Z");
  });

  it("behavior: forms of lines", async () => {
    const { records } = await importRecords({
      "WhatsApp Chat - Båtlag/_chat.txt": [
        "\ufeff[30.12.21, 22:01:05] ~\u202fKari: Hei\r",
        "\u200e[30.12.21, 22:01:06] Båtlag: \u200eMessages and calls are end-to-end encrypted.\r",
        "\u200e[30.12.21, 22:01:07] Kari: \u200eimage omitted\r",
        "\u200e[30.12.21, 22:01:08] Kari: \u200e<attached: 00000012-PHOTO-2021-12-30.jpg>\r",
        "[30.12.21, 22:01:09] +47 99 99 99 99: Caption here\r",
        "[30.12.21, 22:01:10] Kari: \u200eThis message was deleted.\r",
        "[30.12.21, 22:01:11] Kari: \u200eMissed voice call\r",
        "[30.12.21, 22:01:12] Kari:\r",
        "",
      ].join("\n"),
    });
    expect(
      records["messages"]?.map(({ sender, kind, content, attachments }) => [sender, kind, content, attachments]),
    ).to.deep.equal([
      ["Kari", "text", "Hei", null],
      ["Båtlag", "system", "Messages and calls are end-to-end encrypted.", null],
      ["Kari", "media", null, null],
      ["Kari", "media", null, '[{"name":"00000012-PHOTO-2021-12-30.jpg"}]'],
      ["+47 99 99 99 99", "text", "Caption here", null],
      ["Kari", "deleted", null, null],
      ["Kari", "call", "Missed voice call", null],
      ["Kari", "text", "", null],
    ]);
  });

  it("behavior: Android's media, with a caption", async () => {
    const { records } = await importRecords(
      chat(
        "30/12/21, 22:01 - K: <Media omitted>",
        "30/12/21, 22:02 - K: IMG-20211230-WA0001.jpg (file attached)",
        "The pier: in ice",
        "30/12/21, 22:03 - K: video note",
        "30/12/21, 22:04 - K: <Medien ausgeschlossen>",
      ),
    );
    expect(records["messages"]?.map(({ kind, content, attachments }) => [kind, content, attachments])).to.deep.equal([
      ["media", null, null],
      ["media", "The pier: in ice", '[{"name":"IMG-20211230-WA0001.jpg"}]'],
      ["text", "video note", null],
      ["media", null, null],
    ]);
  });

  it("behavior: what the app wrote itself is no message, and is kept beside one", async () => {
    const { counts, changed, extras } = await importRecords(
      chat(
        "30/12/21, 22:00 - Messages and calls are end-to-end encrypted.",
        "30/12/21, 22:01 - K: hei",
        '30/12/21, 22:02 - K changed the subject to "Boats: ropes"',
        "30/12/21, 22:03 - K: hade",
      ),
    );
    expect(counts["messages"]).to.equal(2);
    expect(changed["notices of the app beside it are kept in extra"]).to.equal(1);
    expect(extras[0]).to.deep.equal({
      notices: [
        { local_time: "30/12/21, 22:00", text: "Messages and calls are end-to-end encrypted." },
        { local_time: "30/12/21, 22:02", text: 'K changed the subject to "Boats: ropes"' },
      ],
    });
  });

  it("behavior: the same text twice in a minute is two messages, the same file twice is one chat", async () => {
    const lines = ["30/12/21, 22:01 - K: ok", "30/12/21, 22:01 - K: ok", "30/12/21, 22:01 - K: ok"].join("\n");
    const twice = await importRecords({ "WhatsApp Chat with K.txt": lines, "b/WhatsApp Chat with K (1).txt": lines });
    expect(twice.counts).to.deep.equal({ messages: 3, participants: 1 });
    const others = await importRecords({ "WhatsApp Chat with K.txt": lines, "WhatsApp Chat with O.txt": lines });
    expect(others.counts).to.deep.equal({ messages: 6, participants: 2 });
    const ids = async (text: string) =>
      (await importRecords(chat(text))).records["messages"]?.map(({ id }) => id) ?? [];
    // A newer export of the same chat adds what is new and nothing else.
    const older = await ids(lines);
    expect((await ids(`${lines}\n30/12/21, 22:02 - K: ok`)).slice(0, 3)).to.deep.equal(older);
  });

  it("behavior: dates that there are not", async () => {
    const { records, changed } = await importRecords(chat("28/02/21, 10:00 - K: a", "30/02/21, 10:00 - K: b"));
    expect(records["messages"]?.[1]).to.include({ sent: null, local_time: "30/02/21, 10:00" });
    expect(changed["its date is none that there is"]).to.equal(1);
    expect((await sentOf("25/12/2564, 10:00 - K: a"))[0]).to.equal("2021-12-25T10:00:00.000Z");
    expect((await sentOf("٢٥/١٢/٢٠٢١, ١٠:٠٠ - K: a"))[0]).to.equal("2021-12-25T10:00:00.000Z");
  });

  it("behavior: recognised by its contents, beside its media", async () => {
    const { connector, skipped } = await importRecords({
      "export.txt": "30/12/21, 22:01 - Kari: Hei",
      "IMG-1.jpg": new Uint8Array([0xff, 0xd8]),
      "notes.txt": "no chat at all",
    });
    expect(connector).to.equal("whatsapp");
    expect(skipped).to.deep.equal({
      "files this connector does not read": 2,
    });
  });

  it("error: a file of its name without a message", async () => {
    const error = await expectError("EXPORT_INVALID", () =>
      importRecords({ "WhatsApp Chat with K.txt": "hello\nthere" }),
    );
    expect(error.message).not.to.contain("hello");
    await expectError("EXPORT_INVALID", () =>
      importRecords(chat(`30/12/21, 22:01 - K: a\n${"b\n".repeat(2000)}`), { limits: { maxRecordBytes: 2000 } }),
    );
  });

  it("error: cancelled half-way", async () => {
    const controller = new AbortController();
    const work = importRecords(
      { "_chat.txt": whatsappChat({ messages: 2000 }) },
      { signal: controller.signal, onProgress: () => controller.abort() },
    );
    await expectError("CANCELLED", () => work);
  });

  it("behavior: hostile lines take no time", async () => {
    const from = performance.now();
    await importRecords(
      chat(
        "30/12/21, 22:01 - K: a",
        `30/12/21, ${"1 ".repeat(50_000)}`,
        "(".repeat(100_000),
        "<attached: ".repeat(30_000),
      ),
    );
    await importRecords(chat(...Array.from({ length: 20_000 }, () => "30/12/21, 22:01 - joined")), {}).catch(() => {});
    expect(performance.now() - from).to.be.below(15_000);
  });

  it("behavior: a chat of any size", async () => {
    const { counts } = await importRecords({ "_chat.txt": whatsappChat({ messages: 5000 }) });
    expect(counts).to.deep.equal({ messages: 5000, participants: 3 });
  });

  describe("vectors", () => {
    for (const name of ["ddmmyy_24hrs", "mmddyy_24hrs", "mmddyyyy_12hrs", "[mmddyy]_24hrs"]) {
      withSample(`chat/chat-miner/whatsapp/test_${name}.txt`, "as its target", async (input) => {
        const { connector, counts, times, records } = await importRecords(input);
        expect(connector).to.equal("whatsapp");
        expect(counts["messages"]).to.equal(6);
        expect(times["messages"]).to.deep.equal(["2019-01-01T11:25:00.000Z", "2021-12-30T22:01:00.000Z"]);
        const target = (await sampleJson("chat/chat-miner/whatsapp/target.json")) as unknown[];
        // The target has spaces in place of line ends, and the newest first.
        const read = records["messages"]?.map(({ sent, sender, content }) => ({
          timestamp: (sent as Date).toISOString().slice(0, 19),
          author: sender,
          message: String(content).replaceAll("\n", " "),
        }));
        expect(read?.reverse()).to.deep.equal(target);
      });
    }
  });
});
