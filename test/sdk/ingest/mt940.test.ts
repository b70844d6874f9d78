import { expect } from "chai";
import { mt940Statement } from "../../../scripts/exports/bank.ts";
import { readArchive } from "../../../sdk/src/ingest/index.ts";
import { mt940 } from "../../../sdk/src/ingest/mt940/mt940.ts";
import { bridgeAll, summary } from "./connectorRecords.ts";
import { expectError } from "./expectError.ts";
import { memoryArchive } from "./memoryArchive.ts";
import { withSample } from "./samples.ts";

const one = (text: string) => bridgeAll(mt940, memoryArchive({ "a.sta": text }, 5));
const entries = async (...lines: string[]) =>
  (await one(`:20:X\n${lines.map((line) => `:61:${line}`).join("\n")}`)).records["transactions"] ?? [];

describe("mt940", () => {
  it("default: an account, its balances, entries with the structure of German banks", async () => {
    const { records, extra, remarks } = await one([...mt940Statement(2)].join(""));
    expect(remarks).to.deep.equal([]);
    expect(records["accounts"]).to.have.length(1);
    expect(records["accounts"]?.[0]).to.include({ id: "NO9386011117947", iban: "NO9386011117947", currency: "NOK" });
    expect(records["balances"]?.map(({ type, amount }) => [type, amount])).to.deep.equal([
      ["opening", "-5.00"],
      ["closing", "7.00"],
    ]);
    expect(records["transactions"]?.[1]).to.include({
      account: "NO9386011117947",
      date: "2024-01-02",
      amount: "-11.01",
      currency: "NOK",
      type: "GIRO",
      counterparty_name: "Shop",
      counterparty_account: "DE14508800500194785000",
      reference: "E1",
      bank_reference: "R1",
      statement: "START 1/1",
    });
    expect(extra[0]).to.deep.equal({ "transaction code": "166", "61 type": "NTRF" });
  });

  it("behavior: an entry day that is left out may be padded with spaces", async () => {
    const all = await entries("200101    D65,00NOVBNL47INGB9999999999", "240312    DD212,39NMSCNONREF//");
    expect(all.map(({ amount, value_date, booking_date }) => [amount, value_date, booking_date])).to.deep.equal([
      ["-65.00", "2020-01-01", null],
      ["-212.39", "2024-03-12", null],
    ]);
  });

  it("behavior: amounts without decimals, reversals, no entry day, New Year between the days", async () => {
    const all = await entries(
      "240102C300,NTRF",
      "240102RD79,7NTRF",
      "240102RC5,00NTRF",
      "2401021231DR6,00N024NONREF",
      "2312310102D1,00NMSC",
      "2402300301D6,00N024",
    );
    expect(all.map(({ amount, value_date, booking_date }) => [amount, value_date, booking_date])).to.deep.equal([
      ["300", "2024-01-02", null],
      ["79.7", "2024-01-02", null],
      ["-5.00", "2024-01-02", null],
      ["-6.00", "2024-01-02", "2023-12-31"],
      ["-1.00", "2023-12-31", "2024-01-02"],
      ["-6.00", null, "2024-03-01"],
    ]);
  });

  it("behavior: lines and tags cut anywhere, SWIFT's blocks, a field that is no entry; the same twice is two", async () => {
    const { records, remarks } = await one(
      "{1:F01X}{2:I940X}{4:\n:20:X\n:25:70011110/4005287001EUR\n:61:1811261126CR\n30,00N062NONREF\n:\n86:166?00GUT\nSCHRIFT?20SVWZ+A?21B\n:61:nonsense\n:61:181126C1,00NMSC\n:61:181126C1,00NMSC\n-}",
    );
    expect(records["accounts"]?.[0]).to.include({
      id: "70011110/4005287001",
      bank: "70011110",
      number: "4005287001",
      currency: "EUR",
    });
    expect(records["transactions"]?.[0]).to.include({ amount: "30.00", type: "GUTSCHRIFT", description: "SVWZ+AB" });
    expect(new Set(records["transactions"]?.map(({ id }) => id)).size).to.equal(3);
    expect(remarks).to.deep.equal(["skipped transactions: is no entry of a statement"]);
  });

  it("error: no field in it, a field that never ends", async () => {
    for (const text of ["", "1\n2\n3", "hello: 20"]) {
      await expectError("EXPORT_INVALID", () => readArchive(memoryArchive({ "a.sta": text })));
    }
    const endless = memoryArchive({ "a.sta": `:86:${"a\n".repeat(1000)}` });
    await expectError("EXPORT_INVALID", () => bridgeAll(mt940, endless, { limits: { maxRecordBytes: 500 } }));
  });

  it("behavior: the generator's statement of any size", async () => {
    expect(await summary(memoryArchive({ renamed: [...mt940Statement(2000)].join("") }))).to.equal(
      "mt940 | accounts=1 … | transactions=2000 2024-01-01…2024-01-28 | balances=2 2024-01-01…2024-01-31",
    );
  });

  const samples: readonly (readonly [string, number, number, number, string])[] = [
    ["betterplace/amount_formats.sta", 0, 0, 5, ""],
    ["betterplace/currency_in_25.sta", 1, 0, 0, ""],
    ["betterplace/empty_86.sta", 0, 0, 0, ""],
    ["betterplace/empty_entry_date.sta", 0, 1, 0, "2011-07-01…2011-07-01"],
    ["betterplace/empty_line.sta", 0, 0, 0, ""],
    ["betterplace/missing_crlf_at_end.sta", 0, 0, 1, ""],
    ["betterplace/sepa_mt9401.sta", 20, 97, 72, "2007-09-04…2007-09-07"],
    ["betterplace/sepa_snippet.sta", 2, 11, 6, "2007-09-04…2007-09-07"],
    ["betterplace/with_binary_character.sta", 2, 4, 4, "2010-03-19…2010-03-22"],
    ["cmxl/account_balance_credit.sta", 0, 0, 1, ""],
    ["cmxl/account_balance_debit.sta", 0, 0, 1, ""],
    ["cmxl/account_identification_iban.sta", 1, 0, 0, ""],
    ["cmxl/account_identification_legacy.sta", 1, 0, 0, ""],
    ["cmxl/available_balance.sta", 0, 0, 1, ""],
    ["cmxl/closing_balance.sta", 0, 0, 1, ""],
    ["cmxl/reference.sta", 0, 0, 0, ""],
    ["cmxl/statement_details.sta", 0, 1, 0, "2014-09-01…2014-09-01"],
    ["cmxl/statement_line.sta", 0, 1, 0, "2014-09-01…2014-09-01"],
    ["cmxl/statement_number.sta", 0, 0, 0, ""],
    ["mBank/mt940.sta", 1, 3, 3, "2017-01-19…2017-01-19"],
    ["mBank/mt942.sta", 1, 3, 0, "2017-01-19…2017-01-19"],
    ["mBank/with_newline_in_tnr.sta", 1, 2, 3, "2017-02-01…2017-02-01"],
    ["sberbank/171011_01234945.sta", 1, 3, 3, "2017-10-11…2017-10-11"],
    ["self-provided/account_identification.sta", 2, 0, 0, ""],
    ["self-provided/details_60-63.sta", 1, 1, 2, "2017-09-14…2017-09-14"],
    ["self-provided/empty_non_swift.sta", 0, 0, 0, ""],
    ["self-provided/february_30.sta", 1, 1, 2, "2016-03-01…2016-03-01"],
    ["self-provided/gv_codes.sta", 1, 2, 1, "2017-09-14…2019-10-25"],
    ["self-provided/long_statement_number.sta", 1, 0, 2, ""],
    ["self-provided/malformed_details.sta", 1, 1, 2, "2017-09-14…2017-09-14"],
    ["self-provided/mt942.sta", 1, 1, 0, "2016-10-30…2016-10-30"],
    ["self-provided/overly_long_details.sta", 1, 1, 2, "2017-09-14…2017-09-14"],
    ["self-provided/raiffeisen-cmi.sta", 1, 7, 6, "2018-04-17…2018-04-17"],
    ["self-provided/raphaelm.sta", 2, 9, 6, "2002-03-17…2002-03-24"],
    ["self-provided/sparkassen.sta", 0, 1, 0, "2018-11-26…2018-11-26"],
    ["self-provided/transaction_details_wrapped.sta", 1, 1, 2, "2016-03-01…2016-03-01"],
    ["self-provided/whitespace.sta", 1, 1, 2, "2017-09-14…2017-09-14"],
    ["self-provided/wrapped_timestamp.sta", 1, 1, 2, "2016-03-01…2016-03-01"],
  ];
  for (const [file, accounts, transactions, balances, range] of samples) {
    withSample(`bank/mt940/${file}`, `sample: ${file}`, async (input) => {
      const { connector, segments } = await readArchive(input);
      expect(connector).to.equal("mt940");
      expect(segments.map(({ records }) => records)).to.deep.equal([accounts, transactions, balances]);
      const days = [segments[1]?.from, segments[1]?.to].map((day) => day?.toISOString().slice(0, 10) ?? "");
      expect(days.join("…")).to.equal(range === "" ? "…" : range);
    });
  }
  withSample(
    "bank/mt940/self-provided/invalid_statement.sta",
    "sample: invalid_statement.sta is refused",
    async (input) => {
      await expectError("EXPORT_INVALID", () => readArchive(input));
    },
  );
  withSample(
    "bank/mt940/self-provided/raiffeisen-cmi.sta",
    "sample: an account with three parts, free text",
    async (input) => {
      const { records } = await bridgeAll(mt940, input);
      expect(records["transactions"]?.[0]).to.include({ amount: "2066637.00", currency: "HUF" });
      expect(records["transactions"]?.[0]?.["description"]).to.match(/^Csoportos /);
    },
  );
});
