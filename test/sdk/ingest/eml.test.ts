import { createHash } from "node:crypto";
import { expect } from "chai";
import { parseMailDate } from "../../../sdk/src/ingest/mail/mailDate.ts";
import { parseStructuredHeader } from "../../../sdk/src/ingest/mail/structuredHeader.ts";
import { decodeBase64, decodeQuotedPrintable, encodeBase64 } from "../../../sdk/src/ingest/mail/transferEncoding.ts";
import { createRandom } from "../../helpers/random.ts";
import { expectError } from "./expectError.ts";
import { readTables } from "./readTables.ts";

const head = "From: Ola <ola@example.org>\nTo: kari@example.org\nDate: Mon, 2 Mar 2026 11:15:00 +0100\nSubject: s\n";
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

describe("eml connector", () => {
  it("default: a file with its content, hash and size", async () => {
    const content = "JVBERi0xLjQgc3ludGhldGljIGJlcnRoIHBsYW4K";
    const text = `${head}Content-Type: multipart/mixed; boundary=b\n\n--b\n\nhello\n--b\nContent-Type: application/pdf\nContent-Disposition: attachment; filename*=utf-8''na%C3%AFve.pdf\nContent-Transfer-Encoding: base64\nX-Attachment-Id: 7\n\n${content}\n--b--\n`;
    const { connector, tables, counts } = await readTables({ "a.eml": text });
    expect(connector).to.equal("eml");
    expect(counts).to.deep.equal({ headers: 1, bodies: 1, attachments: 1 });
    const raw = Buffer.from(content, "base64");
    expect(tables["attachments"]?.[0]).to.include({
      name: "naïve.pdf",
      type: "application/pdf",
      size: BigInt(raw.length),
      blob: createHash("sha256").update(raw).digest("hex"),
      content,
      pieces: 1n,
      part_id: "2",
    });
    expect(tables["headers"]?.[0]).to.include({ has_attachment: true, subject: "s" });
    expect(tables["extra"]?.map(({ segment }) => segment)).to.deep.equal(["headers", "attachments"]);
  });

  it("behavior: nothing is lost of a long file: pieces whose texts can be joined", async () => {
    const raw = Buffer.from(createRandom(1).bytes(10_000));
    const text = `${head}Content-Type: application/octet-stream; name=x.bin\nContent-Transfer-Encoding: base64\n\n${raw.toString("base64")}\n`;
    const { tables } = await readTables({ "a.eml": text }, { limits: { maxStringLength: 4096 } });
    const pieces = tables["attachments"] ?? [];
    expect(pieces.map(({ piece, pieces: of, size }) => [piece, of, size])).to.deep.equal(
      [0n, 1n, 2n, 3n].map((piece) => [piece, 4n, 10_000n]),
    );
    expect(Buffer.from(pieces.map(({ content }) => content).join(""), "base64").equals(raw)).to.equal(true);
  });

  it("behavior: a text beyond the limit is a file of the mail", async () => {
    const { tables, remarks } = await readTables(
      { "a.eml": `${head}\n${"x".repeat(5000)}` },
      { limits: { maxStringLength: 4096 } },
    );
    expect(tables["bodies"]?.[0]?.["text"]).to.equal(null);
    expect(
      Buffer.from((tables["attachments"] ?? []).map(({ content }) => content).join(""), "base64").toString(),
    ).to.equal("x".repeat(5000));
    expect(remarks).to.deep.equal(["changed 1: has a text longer than the limit: it is among its attachments"]);
  });

  it("behavior: parts nested 1,000 deep, 20,000 parts and a header of megabytes keep the mail whole as a file", async () => {
    let nested = "";
    for (let depth = 0; depth < 1000; depth++)
      nested += `Content-Type: multipart/mixed; boundary=b${depth}\n\n--b${depth}\n`;
    const many = `Content-Type: multipart/mixed; boundary=b\n\n${"--b\n\nx\n".repeat(20_000)}--b--\n`;
    for (const [text, why] of [
      [head + nested, "its parts pass the limit"],
      [head + many, "its parts pass the limit"],
      [`${head}X-Long: ${"y".repeat(3_000_000)}\n\nbody\n`, "its header is longer than the limit"],
    ] as const) {
      const { tables, remarks } = await readTables({ "a.eml": text });
      expect(tables["headers"]?.[0]).to.include({ subject: "s" });
      const content = Buffer.from((tables["attachments"] ?? []).map((row) => row["content"]).join(""), "base64");
      expect(content.toString() === text).to.equal(true);
      expect(remarks).to.deep.equal([`changed 1: ${why}: it is whole among its attachments`]);
    }
  });

  it("behavior: a header of 100 MB is refused as a mail beyond the limit", async () => {
    const text = new Uint8Array(100_000_000).fill(0x79);
    text.set(bytesOf(`${head}X-Long: `));
    await expectError("EXPORT_INVALID", () => readTables({ "a.eml": text }));
  });

  it("behavior: an unknown charset, a wrong one, none", async () => {
    const part = (type: string, body: string): string =>
      `--b\nContent-Type: ${type}\nContent-Transfer-Encoding: quoted-printable\n\n${body}\n`;
    const text = `${head}Content-Type: multipart/mixed; boundary=b\n\n${part("text/plain; charset=x-bogus", "Hei=FF")}${part("text/plain; charset=utf-8", "a=FFb")}${part("text/plain", "bl=E5b=E6r")}${part("text/plain; charset=iso-8859-15", "=A4")}--b--\n`;
    const { tables, remarks } = await readTables({ "a.eml": text });
    expect(tables["bodies"]?.[0]?.["text"]).to.equal("Heiÿ\na\ufffdb\nblåbær\n€");
    expect(remarks).to.deep.equal([
      "changed 1: has a text in a charset that is not known: read as UTF-8 or windows-1252",
      "changed 1: has a text that is not of its charset",
    ]);
  });

  it("behavior: texts outside of the parts, and lines that are no field, are kept", async () => {
    const text = `${head}this is no field\nContent-Type: multipart/mixed; boundary=b\n\nbefore\n--b\n\nhello\n--b--\nafter\n`;
    const { tables } = await readTables({ "a.eml": text });
    expect(tables["bodies"]?.[0]?.["text"]).to.equal("hello");
    expect(JSON.parse(String(tables["extra"]?.[0]?.["fields"]))).to.deep.include({
      unreadable_lines: ["this is no field"],
      outside_of_parts: ["before", "after"],
    });
  });

  it("behavior: a multipart without parts is text; inner boundaries that repeat an outer one end the inner", async () => {
    const none = await readTables({ "a.eml": `${head}Content-Type: multipart/mixed; boundary=b\n\nonly text\n` });
    expect(none.tables["bodies"]?.[0]?.["text"]).to.equal("only text\n");
    const same = `${head}Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: multipart/alternative; boundary=b\n\n--b\n\none\n--b--\n--b\n\ntwo\n--b--\n`;
    expect((await readTables({ "a.eml": same })).tables["bodies"]?.[0]?.["text"]).to.equal("one\ntwo");
  });

  it("behavior: winmail.dat, message/rfc822 and message/partial are files; an inline message is shown", async () => {
    const part = (type: string, more = ""): string =>
      `--b\nContent-Type: ${type}\n${more}\nSubject: inner\n\ninner text\n`;
    const text = `${head}Content-Type: multipart/mixed; boundary=b\n\n${part("application/ms-tnef; name=winmail.dat")}${part("message/rfc822")}${part('message/partial; id="a"; number=1; total=2')}${part("message/rfc822", "Content-Disposition: inline\n")}--b--\n`;
    const { tables } = await readTables({ "a.eml": text });
    expect(tables["attachments"]?.map(({ type }) => type)).to.deep.equal([
      "application/ms-tnef",
      "message/rfc822",
      "message/partial",
    ]);
    expect(tables["bodies"]?.[0]?.["text"]).to.equal("Subject: inner\n\n\ninner text");
  });

  it("behavior: a folder of files; one that is no mail is said, not fatal", async () => {
    const { counts, remarks } = await readTables({
      "m/a.eml": `${head}\na`,
      "m/b.eml": `${head}\nb`,
      "m/c.eml": "nothing",
    });
    expect(counts["headers"]).to.equal(2);
    expect(remarks).to.deep.equal(["skipped 1: has no header field: it is no mail"]);
  });

  it("behavior: a Maildir, a file without an ending, and a mailbox that is called eml", async () => {
    expect((await readTables({ "M/cur/1.host:2,S": `${head}\na` })).connector).to.equal("eml");
    expect((await readTables({ message: `${head}\na` })).connector).to.equal("eml");
    const { counts } = await readTables({ "a.eml": `From -\n${head}\na\n\nFrom -\n${head}\nb\n` });
    expect(counts["headers"]).to.equal(2);
  });

  it("error: a file that is called eml and is none", async () => {
    for (const text of ["", "nothing at all", "\0\0\0"])
      await expectError("EXPORT_INVALID", () => readTables({ "a.eml": text }));
  });

  it("behavior: base64 and quoted-printable of every length, padded in the middle, and broken", () => {
    const random = createRandom(7);
    for (let length = 0; length < 200; length++) {
      const raw = random.bytes(length);
      expect(encodeBase64(raw)).to.equal(Buffer.from(raw).toString("base64"));
      const lines = Buffer.from(raw).toString("base64").replace(/.{7}/g, "$&\r\n");
      expect(Buffer.from(decodeBase64(bytesOf(lines)))).to.deep.equal(Buffer.from(raw));
    }
    expect(Buffer.from(decodeBase64(bytesOf("YQ==\nYg==\n*Yw"))).toString()).to.equal("abc");
    expect(new TextDecoder().decode(decodeQuotedPrintable(bytesOf("a=3Db= \r\nc=zz  \nd=20\ne=")))).to.equal(
      "a=bc=zz\nd \ne",
    );
  });

  it("behavior: dates as they are written", () => {
    const at = (text: string): string | undefined => parseMailDate(text, "UTC")?.instant.toISOString();
    expect(at("Fri, 26 Sep 2025 10:18:40 -0700")).to.equal("2025-09-26T17:18:40.000Z");
    expect(at("Thu, 8 Mar 2005 17:40:36 EDT")).to.equal("2005-03-08T21:40:36.000Z");
    expect(at("8 Mar 05 17:40 (comment) GMT")).to.equal("2005-03-08T17:40:00.000Z");
    expect(at("Mon Mar 02 10:15:00 +0100 2026")).to.equal("2026-03-02T09:15:00.000Z");
    expect(at("2026-03-02T10:15:00.5+02:00")).to.equal("2026-03-02T08:15:00.500Z");
    for (const none of [
      "30 Feb 2024 10:00:00 +0000",
      "1 Jan 275760 00:00:00 +0000",
      "yesterday",
      "",
      "1 Foo 2020 10:00",
    ]) {
      expect(at(none), none).to.equal(undefined);
    }
  });

  it("behavior: parameters in every form", () => {
    const { value, params } = parseStructuredHeader(
      'Text/Plain; (a comment) name*0*=utf-8\'\'bl%C3; name*1*=%A5b%C3%A6r; name*2=.txt; title="a;\\"b"; x==?utf-8?q?=C3=A5?=',
    );
    expect(value).to.equal("text/plain");
    expect([...params]).to.deep.equal([
      ["name", "blåbær.txt"],
      ["title", 'a;"b'],
      ["x", "å"],
    ]);
  });
});
