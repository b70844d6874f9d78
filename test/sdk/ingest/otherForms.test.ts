import { expect } from "chai";
import { expectError } from "./expectError.ts";
import { importRecords } from "./importRecords.ts";
import { readTables } from "./readTables.ts";

const mail = "From: Ola <ola@example.org>\nSubject: s\nDate: Mon, 2 Mar 2026 11:15:00 +0100\n\nhello\n";
const plist = '<?xml version="1.0"?><plist version="1.0"><dict><key>flags</key><integer>1</integer></dict></plist>\n';

describe("forms that a source has besides", () => {
  it("default: Apple Mail's files are mails, and what it noted is kept", async () => {
    const emlx = `${mail.length}      \n${mail}${plist}`;
    const { connector, tables, remarks } = await readTables({
      "Messages/1.emlx": emlx,
      "Messages/2.partial.emlx": emlx,
    });
    expect(connector).to.equal("eml");
    expect(tables["headers"]?.[0]).to.include({ subject: "s" });
    expect(tables["bodies"]?.[0]).to.have.property("text");
    expect(remarks.join()).to.include("is what Apple Mail noted of a mail: flags, dates");
    const { extras } = await importRecords({ "Messages/1.emlx": emlx });
    expect(JSON.stringify(extras)).to.include("flags");
    for (const length of ["0", "99999999999", "x", "-1", ""]) {
      await importRecords({ "a.emlx": `${length}\n${mail}`, "b.emlx": emlx });
    }
  });

  it("behavior: a From line of any form behind a body of the announced length begins a mail; none is hidden by it", async () => {
    const body = "one\nFrom here on.\n";
    const message = (from: string, length: number) =>
      `From ${from}\nSubject: s ${from}\nContent-Length: ${length}\n\n${body}\n`;
    const count = async (text: string) => (await importRecords({ "a.mbox": text })).counts["headers"];
    const dated = "a@b Mon Jan  1 00:00:00 2024";
    const rest = `From ${dated}\nSubject: last\n\nx\n`;
    expect(await count(`${message(dated, body.length)}${message("nobody", body.length)}${rest}`)).to.equal(3);
    expect(
      await count(`${message(dated, body.length)}${message("nobody", body.length)}${rest}`.replaceAll("\n", "\r\n")),
    ).to.equal(2);
    // A length that is wrong, or would reach over the next mail, changes nothing.
    for (const length of [0, 1, body.length - 3, 10_000, 999_999_999_999]) {
      expect(await count(`${message(dated, length)}${rest}`), String(length)).to.equal(2);
    }
  });

  it("behavior: what looks like a From line is text in a mailbox whose every message ends where Content-Length says", async () => {
    const body = "one\n\nFrom a@b Mon Jan  1 00:00:00 2024\nSubject: quoted\n\nend\n";
    const mail = (subject: string, text: string, length: number | undefined = text.length) =>
      `From a@b Mon Jan  1 00:00:00 2024\nSubject: ${subject}\n${length < 0 ? "" : `Content-Length: ${length}\n`}\n${text}\n`;
    const subjects = async (text: string) => {
      const { records } = await importRecords({ "a.mbox": text });
      return records["headers"]?.map(({ subject }) => subject);
    };
    const long = `${"x".repeat(200_000)}\n\n${body}`;
    expect(await subjects(mail("1", body) + mail("2", "x\n") + mail("3", long) + mail("4", body))).to.deep.equal([
      "1",
      "2",
      "3",
      "4",
    ]);
    // Where one has none, or it is wrong, no field after it is believed: it is the sender's.
    expect(await subjects(mail("1", "x\n", -1) + mail("2", body))).to.deep.equal(["1", "2", "quoted"]);
    expect(await subjects(mail("1", "xyz\n", 1) + mail("2", body))).to.deep.equal(["1", "2", "quoted"]);
    for (const wrong of [body.length - 1, body.length + 40, 99_999_999_999]) {
      expect(await subjects(mail("1", body, wrong) + mail("2", "x\n"))).to.deep.equal(["1", "quoted", "2"]);
    }
  });

  it("behavior: of an X archive's parts one that is cut off is read as far as it goes, and said; alone it is an error", async () => {
    const js = (part: string, from: number) =>
      `window.YTD.tweets.${part} = ${JSON.stringify([1, 2, 3].map((id) => ({ tweet: { id_str: String(from + id), full_text: "x" } })))}`;
    const account = 'window.YTD.account.part0 = [{"account":{"username":"k","accountId":"1"}}]';
    const files = (second: string) => ({
      "data/account.js": account,
      "data/tweets.js": js("part0", 0),
      "data/tweets-part1.js": second,
    });
    expect((await importRecords(files(js("part1", 10)))).counts["posts"]).to.equal(6);
    for (const length of [0, 12, 30]) {
      const { counts, skipped } = await importRecords(files(js("part1", 10).slice(0, length)));
      expect(counts["posts"]).to.equal(3);
      expect(skipped).to.deep.equal({ "is a file that cannot be read": 1 });
    }
    const second = js("part1", 10);
    for (const length of [second.length - 1, second.length - 20]) {
      const { counts, skipped } = await importRecords(files(second.slice(0, length)));
      expect(counts["posts"]).to.equal(length === second.length - 1 ? 6 : 5);
      expect(Object.keys(skipped)).to.deep.equal([
        "is the rest of a file that is cut off or damaged; what stands before it is kept",
      ]);
    }
    for (const length of [40, js("part0", 0).length - 1]) {
      await expectError("EXPORT_INVALID", () =>
        importRecords({ "data/account.js": account, "data/tweets.js": js("part0", 0).slice(0, length) }),
      );
    }
  });

  it("error: an export as web pages says which form to ask for", async () => {
    const telegram =
      '<!DOCTYPE html><html><head><title>Exported Data</title></head><body><div class="page_wrap"></div>';
    const meta = '<html><head><title>Messages</title></head><body class="_5vb_ _2yq"><div class="_a6-g"></div>';
    for (const [files, service] of [
      [{ "ChatExport/messages.html": telegram, "ChatExport/css/style.css": "a{}" }, "Telegram"],
      [{ "messages.html": telegram }, "Telegram"],
      [
        { "your_instagram_activity/messages/inbox/a_1/message_1.html": meta, "start_here.html": meta },
        "Instagram or Facebook",
      ],
    ] as const) {
      const { data, message } = await expectError("ARCHIVE_UNRECOGNISED", () => importRecords(files));
      expect(data).to.include({ service });
      expect(message).to.include("JSON");
    }
  });

  it("behavior: another answer of a bank in an OFX file is skipped and said, and its accounts are none of the owner's", async () => {
    const ofx = `OFXHEADER:100\n\n<OFX><BANKMSGSRSV1><INTRATRNRS><TRNUID>1<INTRARS><CURDEF>USD<SRVRTID>9<XFERINFO><BANKACCTFROM><BANKID>1<ACCTID>7<ACCTTYPE>CHECKING</BANKACCTFROM><TRNAMT>5.00</XFERINFO></INTRARS></INTRATRNRS><STMTTRNRS><STMTRS><CURDEF>USD<BANKACCTFROM><BANKID>1<ACCTID>2<ACCTTYPE>CHECKING</BANKACCTFROM><BANKTRANLIST><STMTTRN><TRNTYPE>DEBIT<DTPOSTED>20240102<TRNAMT>-1.00<FITID>1</STMTTRN></BANKTRANLIST></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>`;
    const { counts, skipped } = await importRecords({ "a.ofx": ofx });
    expect(counts).to.include({ accounts: 1, transactions: 1 });
    expect(skipped).to.deep.equal({ "is no statement but another message of the bank": 1 });
  });
});
