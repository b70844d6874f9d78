import { expect } from "chai";
import { ofxStatement } from "../../../scripts/exports/bank.ts";
import { inspectInput, readArchive } from "../../../sdk/src/ingest/index.ts";
import { ofx } from "../../../sdk/src/ingest/ofx/ofx.ts";
import { bridgeAll, summary } from "./connectorRecords.ts";
import { expectError } from "./expectError.ts";
import { memoryArchive } from "./memoryArchive.ts";
import { withSample } from "./samples.ts";

const statement = (entries: string, header = "OFXHEADER:100\n\n"): string =>
  `${header}<OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS><CURDEF>USD<BANKACCTFROM><BANKID>1<ACCTID>2</BANKACCTFROM><BANKTRANLIST>${entries}</BANKTRANLIST></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>`;
const one = (text: string | Uint8Array) => bridgeAll(ofx, memoryArchive({ "a.ofx": text }, 7));

describe("ofx", () => {
  it("default: SGML and XML, closed and unclosed tags, are the same", async () => {
    const sgml = statement(
      "<STMTTRN><TRNTYPE>debit<DTPOSTED>20240305120000[-5:EST]<TRNAMT>-6.60<FITID>7<NAME>A &amp; B<MEMO>x</STMTTRN>",
    );
    const xml = statement(
      "<STMTTRN>\n<TRNTYPE>debit</TRNTYPE><DTPOSTED>20240305120000[-5:EST]</DTPOSTED>\n<TRNAMT>-6.60</TRNAMT><FITID>7</FITID><NAME>A &amp; B</NAME><MEMO>x</MEMO></STMTTRN>",
      `<?xml version="1.0" encoding="UTF-8"?><?OFX OFXHEADER="200"?>`,
    );
    const first = await one(sgml);
    expect(await one(xml)).to.deep.equal(first);
    expect(first.remarks).to.deep.equal([]);
    expect(first.records["accounts"]?.[0]).to.include({ id: "1/2", number: "2", bank: "1", currency: "USD" });
    expect(first.records["transactions"]?.[0]).to.include({
      account: "1/2",
      amount: "-6.60",
      currency: "USD",
      date: "2024-03-05",
      type: "DEBIT",
      counterparty_name: "A & B",
      description: "x",
      bank_reference: "7",
    });
    expect(first.extra).to.deep.equal([{ DTPOSTED: "20240305120000[-5:EST]" }]);
  });

  it("behavior: empty tags that are not closed, a record that is not closed, tags in small letters, commas", async () => {
    const { records } = await one(
      statement(
        "<STMTTRN><DTPOSTED>20240305<TRNAMT>-6,60<FITID>1<NAME><MEMO>x<CHECKNUM></STMTTRN><stmttrn><dtposted>20240306<trnamt>1.00<fitid>2",
      ),
    );
    expect(
      records["transactions"]?.map(({ date, amount, description, counterparty_name }) => [
        date,
        amount,
        description,
        counterparty_name,
      ]),
    ).to.deep.equal([
      ["2024-03-05", "-6.60", "x", null],
      ["2024-03-06", "1.00", null, null],
    ]);
  });

  it("behavior: a bank that gives an id twice; days that do not exist; charsets that are not the declared one", async () => {
    const entry = (amount: string, day = "20240305") => `<STMTTRN><DTPOSTED>${day}<TRNAMT>${amount}<FITID>1</STMTTRN>`;
    const { segments } = await readArchive(memoryArchive({ "a.ofx": statement(entry("1") + entry("2") + entry("1")) }));
    expect(segments[1]?.records).to.equal(2);
    const { records, remarks } = await one(statement(entry("1", "20240230")));
    expect(records["transactions"]?.[0]).to.include({ date: null });
    expect(remarks).to.deep.equal(["changed transactions: a day cannot be read"]);
    const name = "<STMTTRN><DTPOSTED>20240305<TRNAMT>1<NAME>Blåbær</STMTTRN>";
    const header = "OFXHEADER:100\nENCODING:USASCII\nCHARSET:1252\n\n";
    const latin1 = Uint8Array.from(statement(name, header), (character) => character.charCodeAt(0));
    for (const bytes of [latin1, new TextEncoder().encode(statement(name, header))]) {
      expect((await one(bytes)).records["transactions"]?.[0]).to.include({ counterparty_name: "Blåbær" });
    }
  });

  it("error: cut off, nothing of OFX in it, nested too deep, a record that never ends", async () => {
    const whole = [...ofxStatement(3)].join("");
    for (const text of [
      "",
      "junk",
      "OFXHEADER:100\n\n",
      whole.slice(0, -10),
      `<OFX>${"<A>".repeat(100)}`,
      `<OFX><STMTTRN>${"<A>".repeat(100)}`,
      "<B><OFX></OFX>",
    ]) {
      await expectError("EXPORT_INVALID", () => readArchive(memoryArchive({ "a.ofx": text })));
    }
    const endless = `<OFX><STMTTRN>${"<A>b".repeat(5000)}</STMTTRN></OFX>`;
    await expectError("EXPORT_INVALID", () =>
      bridgeAll(ofx, memoryArchive({ "a.ofx": endless }), { limits: { maxRecordBytes: 1000 } }),
    );
    expect(await ofx.detect(inspectInput(memoryArchive({ renamed: whole })))).to.equal(0.9);
    expect(await ofx.detect(inspectInput(memoryArchive({ "a.xml": "<rss/>" })))).to.equal(0);
  });

  it("behavior: the generator's statement of any size", async () => {
    expect(await summary(memoryArchive({ "a.ofx": [...ofxStatement(2000)].join("") }))).to.equal(
      "ofx | accounts=1 … | transactions=2000 2024-01-01…2024-01-28 | balances=1 2024-01-31…2024-01-31",
    );
  });

  const samples: readonly (readonly [string, number, number, number, string, string])[] = [
    ["account_listing_aggregation.ofx", 4, 0, 0, "", ""],
    ["anzcc.ofx", 1, 1, 2, "2017-05-08…2017-05-08", "-5.50"],
    ["bank_medium.ofx", 1, 3, 2, "2009-04-01…2009-04-03", "-6.60"],
    ["bank_small.ofx", 0, 0, 0, "", ""],
    ["checking.ofx", 1, 3, 2, "2011-03-31…2011-04-07", "0.01"],
    ["error_message.ofx", 0, 0, 0, "", ""],
    ["fail_nice/date_missing.ofx", 1, 3, 1, "", "-80.00"],
    ["fail_nice/empty_balance.ofx", 1, 1, 0, "2011-03-08…2011-03-08", "120"],
    ["investment_401k.ofx", 1, 3, 0, "2014-06-17…2014-06-30", "-197.2"],
    ["investment_medium.ofx", 1, 3, 0, "2009-12-15…2009-12-15", "-3.65"],
    ["multiple_accounts.ofx", 2, 0, 2, "", ""],
    ["multiple_accounts2.ofx", 2, 0, 2, "", ""],
    ["ofx-v102-empty-tags.ofx", 1, 1, 0, "2018-05-07…2018-05-07", "12.34"],
    ["signon_fail.ofx", 0, 0, 0, "", ""],
    ["signon_success.ofx", 0, 0, 0, "", ""],
    ["signon_success_no_message.ofx", 0, 0, 0, "", ""],
    ["td_ameritrade.ofx", 1, 0, 0, "", ""],
    ["tiaacref.ofx", 1, 1, 0, "2017-03-07…2017-03-07", "null"],
  ];
  for (const [file, accounts, transactions, balances, range, first] of samples) {
    withSample(`bank/ofx/${file}`, `sample: ${file}`, async (input) => {
      const { connector, segments } = await readArchive(input);
      expect(connector).to.equal("ofx");
      expect(segments.map(({ records }) => records)).to.deep.equal([accounts, transactions, balances]);
      const days = [segments[1]?.from, segments[1]?.to].map((day) => day?.toISOString().slice(0, 10) ?? "");
      expect(days.join("…")).to.equal(range === "" ? "…" : range);
      const { records } = await bridgeAll(ofx, input);
      if (first !== "") expect(String(records["transactions"]?.[0]?.["amount"])).to.equal(first);
    });
  }
});
