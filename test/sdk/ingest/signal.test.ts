import { expect } from "chai";
import { signalChat } from "../../../scripts/exports/signal.ts";
import { importRecords } from "./importRecords.ts";
import { sampleJson, withSample } from "./samples.ts";

describe("signal", () => {
  it("default", async () => {
    const { connector, counts, times, records } = await importRecords({
      "Kari/chat.md": "[2019-12-24, 12:23] Me: Hei\n\n[2019-12-24, 12:24] Kari: God\njul: alle\n\n",
    });
    expect(connector).to.equal("signal");
    expect(counts).to.deep.equal({ messages: 2, participants: 2 });
    expect(times["messages"]).to.deep.equal(["2019-12-24T12:23:00.000Z", "2019-12-24T12:24:00.000Z"]);
    expect(records["messages"]?.map(({ sender, is_own, content }) => [sender, is_own, content])).to.deep.equal([
      ["Me", true, "Hei"],
      ["Kari", false, "God\njul: alle"],
    ]);
    expect(records["participants"]?.map(({ name, is_own }) => [name, is_own])).to.deep.equal([
      ["Me", true],
      ["Kari", false],
    ]);
  });

  it("behavior: seconds, and attachments as links", async () => {
    const { connector, records } = await importRecords({
      "Kari/chat.md": [
        "[2022-10-14 16:26:41] Kari: ![a](./media/2022-10-14_a.jpg)",
        "[2022-10-14 16:26:42] Kari: see [b.pdf](media/b.pdf) and [web](https://example.org)",
      ].join("\n"),
    });
    expect(connector).to.equal("signal");
    expect(records["messages"]?.map(({ kind, content, attachments }) => [kind, content, attachments])).to.deep.equal([
      ["media", null, '[{"name":"a","url":"./media/2022-10-14_a.jpg"}]'],
      ["text", "see [b.pdf](media/b.pdf) and [web](https://example.org)", '[{"name":"b.pdf","url":"media/b.pdf"}]'],
    ]);
    expect(records["messages"]?.[0]?.["sent"]).to.deep.equal(new Date("2022-10-14T16:26:41Z"));
  });

  it("behavior: a WhatsApp chat with the same date form is WhatsApp's", async () => {
    const { connector } = await importRecords({ "WhatsApp Chat with K.txt": "[2021-12-30, 22:01] Kari: Hei" });
    expect(connector).to.equal("whatsapp");
  });

  it("behavior: with and without comma and seconds; with both only a name tells it from an iPhone's WhatsApp", async () => {
    for (const [time, elsewhere] of [
      ["2022-10-14 16:26", "signal"],
      ["2022-10-14, 16:26", "signal"],
      ["2022-10-14, 16:26:00", "whatsapp"],
    ] as const) {
      const text = `[${time}] Me: a\n[${time}] Kari: b\n`;
      const { connector, times } = await importRecords({ "Kari/chat.md": text });
      expect(connector).to.equal("signal");
      expect(times["messages"]?.[0]).to.equal("2022-10-14T16:26:00.000Z");
      expect((await importRecords({ "kari.txt": text })).connector).to.equal(elsewhere);
    }
  });

  it("behavior: several chats of any size", async () => {
    const { counts } = await importRecords({
      "A/chat.md": signalChat({ messages: 2000, other: "A" }),
      "B/chat.md": signalChat({ messages: 1000, other: "B" }),
    });
    expect(counts).to.deep.equal({ messages: 3000, participants: 4 });
  });

  describe("vectors", () => {
    withSample("chat/chat-miner/signal/test_export.txt", "as its target", async (input) => {
      const { connector, counts, records } = await importRecords(input);
      expect(connector).to.equal("signal");
      expect(counts["messages"]).to.equal(2);
      const read = records["messages"]?.map(({ sent, sender, content }) => ({
        timestamp: (sent as Date).toISOString().slice(0, 19),
        author: sender,
        message: String(content).replaceAll("\n", " "),
      }));
      expect(read?.reverse()).to.deep.equal(await sampleJson("chat/chat-miner/signal/target.json"));
    });
  });
});
