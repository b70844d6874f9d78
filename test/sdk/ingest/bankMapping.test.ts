import { expect } from "chai";
import { createBankCsv } from "../../../sdk/src/ingest/bankCsv/bankCsv.ts";
import { parseBankCsvMapping } from "../../../sdk/src/ingest/index.ts";
import { bridgeAll } from "./connectorRecords.ts";
import { expectError } from "./expectError.ts";
import { memoryArchive } from "./memoryArchive.ts";

const read = (mapping: object, csv: string) =>
  bridgeAll(createBankCsv(parseBankCsvMapping(JSON.stringify(mapping))), memoryArchive({ "a.csv": csv }));

describe("bank-csv by a mapping", () => {
  it("default: columns by header or place, whatever they are called, below what the bank writes above", async () => {
    const csv = "Kto 1;;\n\nWann;Wieviel;Wem;Wozu\n03.04.2024;-1.234,50;Ola;Tau\n13.04.2024;2,00;Kari;Lohn\n";
    for (const columns of [
      { date: "WANN", amount: "Wieviel", payee: "wem" },
      { date: 0, amount: 1, payee: 2 },
    ]) {
      const { records } = await read(
        { columns, memos: [3], currency: "EUR", order: "day first", account: "home" },
        csv,
      );
      expect(records["transactions"]).to.have.length(2);
      expect(records["transactions"]?.[0]).to.include({
        date: "2024-04-03",
        amount: "-1234.50",
        currency: "EUR",
        counterparty_name: "Ola",
        description: "Tau",
      });
    }
  });

  it("behavior: no header; what was spent; debit and credit alone; a byte order mark in the mapping", async () => {
    const { records } = await read(
      { columns: { valueDate: 1, amount: 0 }, order: "month first", amounts: "spent" },
      "4.50,03/04/2024\n1.25,03/05/2024\n",
    );
    expect(records["transactions"]?.map((each) => [each["date"], each["amount"]])).to.deep.equal([
      ["2024-03-04", "-4.50"],
      ["2024-03-05", "-1.25"],
    ]);
    parseBankCsvMapping('\uFEFF{"columns":{"date":0,"debit":1},"order":"day first"}');
  });

  it("error: a mapping that cannot be, said where; a file that it does not fit", async () => {
    const good = { columns: { date: 0, amount: 1 }, order: "day first" };
    const wrong: readonly unknown[] = [
      "x",
      null,
      {},
      { columns: good.columns },
      { ...good, order: "year first" },
      { ...good, columns: { date: 0 } },
      { ...good, columns: { amount: 0 } },
      { ...good, columns: { date: 0, amount: -1 } },
      { ...good, columns: { date: 0, amount: 1.5 } },
      { ...good, columns: { date: 0, amount: 1, colour: 2 } },
      { ...good, columns: { date: 0, amount: "" } },
      { ...good, currency: "euro" },
      { ...good, unheard: 1 },
      { ...good, columns: { date: 0, amount: 1, __proto__x: 2 } },
    ];
    for (const mapping of wrong)
      await expectError("CONFIG_INVALID", async () => parseBankCsvMapping(JSON.stringify(mapping)));
    await expectError("CONFIG_INVALID", async () => parseBankCsvMapping("{"));
    for (const csv of ["", "a,b\nc,d\n", "Day,Sum\n"]) {
      await expectError("EXPORT_INVALID", () => read(good, csv));
      await expectError("EXPORT_INVALID", () => read({ ...good, columns: { date: "Day", amount: "No" } }, csv));
    }
  });
});
