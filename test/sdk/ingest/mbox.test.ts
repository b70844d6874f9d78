import { expect } from "chai";
import PostalMime from "postal-mime";
import { generateMbox } from "../../../scripts/exports/mbox.ts";
import { defaultImportLimits } from "../../../sdk/src/ingest/limits.ts";
import { readMail } from "../../../sdk/src/ingest/mail/readMail.ts";
import { readMboxMessages } from "../../../sdk/src/ingest/mail/readMboxMessages.ts";
import { expectError } from "./expectError.ts";
import { memoryArchive } from "./memoryArchive.ts";
import { readTables } from "./readTables.ts";

const mail = (subject: string, body = "hello\n", more = ""): string =>
  `From 1@xxx Mon Mar 02 10:15:00 +0000 2026\n${more}From: Ola <ola@example.org>\nDate: Mon, 2 Mar 2026 11:15:00 +0100\nSubject: ${subject}\n\n${body}\n`;

describe("mbox connector", () => {
  it("default: headers, bodies and attachments of each mail", async () => {
    const { connector, tables, counts, range, remarks } = await readTables({ "a.mbox": mail("one") + mail("two") });
    expect(connector).to.equal("mbox");
    expect(counts).to.deep.equal({ headers: 2, bodies: 2, attachments: 0 });
    expect(range).to.deep.equal(["2026-03-02T10:15:00.000Z", "2026-03-02T10:15:00.000Z"]);
    expect(tables["headers"]?.map(({ subject }) => subject)).to.deep.equal(["one", "two"]);
    expect(tables["bodies"]?.[0]).to.include({ text: "hello\n", html: null });
    expect(remarks).to.deep.equal([]);
  });

  it("behavior: pieces of any size and CR LF give the same mails and ids", async () => {
    const text = mail("one", "a\n>From b\n\n>>From c\nFrom Russia with love\n") + mail("two");
    const whole = await readTables({ "a.mbox": text });
    const crlf = await readTables({ "a.mbox": text.replaceAll("\n", "\r\n") });
    const bytes = await readTables(memoryArchive({ "a.mbox": text }, 1));
    for (const other of [crlf, bytes]) {
      expect(other.tables["headers"]?.map(({ id }) => id)).to.deep.equal(whole.tables["headers"]?.map(({ id }) => id));
    }
    expect(whole.tables["bodies"]?.[0]?.["text"]).to.equal("a\nFrom b\n\n>From c\nFrom Russia with love\n");
  });

  for (const [title, line, splits] of [
    ["an id without a date", "From 1844347792267117879@xxx", true],
    ["Thunderbird's dash", "From -", true],
    ["asctime", "From MAILER-DAEMON Fri Jul  8 12:08:34 2011", true],
    ["a date with a zone", "From a@b Fri Jul  8 12:08:34 +0200 2011", true],
    ["a sentence", "From Russia with love", false],
    ["a name and a colon", "From here: 12 to 14", false],
  ] as const) {
    it(`behavior: a From line with ${title} ${splits ? "begins a mail" : "is text"}`, async () => {
      const { counts } = await readTables({ "a.mbox": `${mail("one")}${line}\nFrom: b@example.org\n\nx\n` });
      expect(counts["headers"]).to.equal(splits ? 2 : 1);
    });
  }

  it("behavior: a mail that claims another's Message-ID is a mail of its own; an owner's labels make no new one", async () => {
    const more = "Message-ID: <same@example.org>\n";
    const text =
      mail("one", "first\n", more) +
      mail("one", "second\n", more) +
      mail("one", "first\n", `X-Gmail-Labels: Starred\n${more}`);
    const { tables, remarks } = await readTables({ "a.mbox": text });
    expect(tables["headers"]).to.have.length(2);
    expect(remarks).to.deep.equal([
      "skipped 1: repeats an id of the same segment",
      "skipped 1: repeats an id of the same segment",
    ]);
  });

  it("behavior: without a Date it is not known when; the From line says when it came", async () => {
    const { tables, remarks } = await readTables({
      "a.mbox":
        "From a@b Fri Jul  8 12:08:34 2011\nSubject: x\n\ny\n\nFrom a@b Fri Jul  8 12:08:34 2011\nDate: Mon, 30 Feb 2026 10:00:00 +0000\n\nz\n",
    });
    expect(tables["headers"]?.map((row) => row["sent_at"])).to.deep.equal([null, null]);
    expect(String(tables["headers"]?.[0]?.["received_at"])).to.equal("2011-07-08 12:08:34");
    expect(remarks).to.deep.equal([
      "changed 1: has no Date: when it was sent is not known",
      "changed 1: its Date is no date: when it was sent is not known",
    ]);
    expect(tables["extra"]?.[0]?.["fields"]).to.equal('{"date":"Mon, 30 Feb 2026 10:00:00 +0000"}');
  });

  it("behavior: a Date without a zone is in the import's zone, and its text is kept", async () => {
    const text = "From -\nFrom: a@b.c\nDate: Mon, 2 Mar 2026 11:15:00\n\nx\n";
    const { tables, remarks } = await readTables({ "a.mbox": text }, { timeZone: "Europe/Oslo" });
    expect(String(tables["headers"]?.[0]?.["sent_at"])).to.equal("2026-03-02 10:15:00");
    expect(tables["headers"]?.[0]?.["local_time"]).to.equal("Mon, 2 Mar 2026 11:15:00");
    expect(remarks).to.deep.equal(["changed 1: has no time zone: read in the import's zone"]);
  });

  it("behavior: other people are marked, the owner's sent mail is not", async () => {
    const text = mail("theirs") + mail("mine", "mine\n", "X-Gmail-Labels: Sent\nTo: Per <per@example.org>\n");
    const { tables } = await readTables({ "a.mbox": text }, { thirdParties: { policy: "omit" } });
    expect(tables["headers"]?.map(({ subject, from, to }) => [subject, from === null, to])).to.deep.equal([
      [null, true, null],
      ["mine", false, null],
    ]);
    expect(tables["bodies"]?.map(({ text: body }) => body)).to.deep.equal([null, "mine\n"]);
  });

  it("behavior: fields without a column are kept, repeated ones as a list", async () => {
    const { tables } = await readTables({
      "a.mbox": mail("x", "y\n", "Received: one\nReceived: two\nX-Mine: 1\n__proto__: p\n"),
    });
    expect(tables["extra"]?.[0]?.["fields"]).to.equal('{"received":["one","two"],"x-mine":"1","__proto__":"p"}');
  });

  it("behavior: a mail beyond the limit is left out and said, the others stay; memory is not its size", async () => {
    const text = mail("one") + mail("big", "x".repeat(999).concat("\n").repeat(200)) + mail("two");
    const { tables, remarks } = await readTables(memoryArchive({ "a.mbox": text }, 500), {
      limits: { maxRecordBytes: 4096 },
    });
    expect(tables["headers"]?.map(({ subject }) => subject)).to.deep.equal(["one", "two"]);
    expect(remarks).to.deep.equal(["skipped 1: is longer than the limit of a mail"]);
  });

  it("behavior: an empty mailbox has no mail", async () => {
    expect((await readTables({ "Drafts.mbox": "" })).counts).to.deep.equal({ headers: 0, bodies: 0, attachments: 0 });
  });

  it("behavior: a renamed mailbox is recognised, also with a byte order mark; several are read", async () => {
    for (const path of ["Inbox", "mail.txt"]) {
      expect((await readTables({ [path]: `\ufeff${mail("one")}` })).connector).to.equal("mbox");
    }
    const { counts } = await readTables({ "Takeout/Mail/A.mbox": mail("one"), "Takeout/Mail/B.mbox": mail("two") });
    expect(counts["headers"]).to.equal(2);
  });

  it("behavior: a Thunderbird profile: mailboxes without an ending, also beyond those that are looked at to recognise it", async () => {
    const files: Record<string, string> = {};
    for (let box = 0; box < 40; box++) {
      files[`Mail/Local Folders/Box${box}`] = mail(`mail ${box}`);
      files[`Mail/Local Folders/Box${box}.msf`] = '// <!-- <mdb:mork:z v="1.4"/> -->';
    }
    const { connector, counts } = await readTables(files);
    expect([connector, counts["headers"]]).to.deep.equal(["mbox", 40]);
  });

  it("error: a file that is called mbox and is none", async () => {
    await expectError("EXPORT_INVALID", () => readTables({ "a.mbox": "no mailbox\n" }));
  });

  it("behavior: agrees with another parser on every mail of a generated mailbox", async () => {
    const bytes = Buffer.concat([...generateMbox({ bytes: 400_000 })]);
    let mails = 0;
    for await (const { bytes: raw } of readMboxMessages(memoryArchive({ a: bytes }).read("a", { maxBytes: 1e9 }), "a", {
      maxMessageBytes: 1e9,
    })) {
      const ours = await readMail(raw, defaultImportLimits);
      const theirs = await PostalMime.parse(raw);
      expect(ours?.text?.trimEnd()).to.equal(theirs.text?.trimEnd());
      expect(ours?.html?.trimEnd()).to.equal(theirs.html?.trimEnd());
      expect(
        ours?.attachments.map(({ name, type, bytes: content }) => [name, type, Buffer.from(content).toString("hex")]),
      ).to.deep.equal(
        theirs.attachments.map(({ filename, mimeType, content }) => [
          filename,
          mimeType,
          Buffer.from(content as ArrayBuffer).toString("hex"),
        ]),
      );
      mails += 1;
    }
    expect(mails).to.be.greaterThan(20);
  });
});
