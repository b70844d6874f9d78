import { expect } from "chai";
import { camtStatement } from "../../../scripts/exports/bank.ts";
import { camt } from "../../../sdk/src/ingest/camt/camt.ts";
import { inspectInput, readArchive } from "../../../sdk/src/ingest/index.ts";
import { bridgeAll, summary } from "./connectorRecords.ts";
import { expectError } from "./expectError.ts";
import { memoryArchive } from "./memoryArchive.ts";
import { withSample } from "./samples.ts";

const text = (entries: number): string => [...camtStatement(entries)].join("");

describe("camt", () => {
  it("default: entries are signed, their other side is a counterparty, balances and account are there", async () => {
    const { records, remarks } = await bridgeAll(camt, memoryArchive({ "a.xml": text(2) }));
    expect(remarks).to.deep.equal([]);
    expect(records["accounts"]).to.deep.include.members([
      {
        id: "NO9386011117947",
        iban: "NO9386011117947",
        number: null,
        bank: null,
        name: null,
        owner_name: null,
        type: null,
        currency: "NOK",
      },
    ]);
    expect(records["balances"]?.[0]).to.include({
      type: "opening",
      source_type: "OPBD",
      amount: "-5.00",
      date: "2024-01-01",
      currency: "NOK",
    });
    const [credit, debit] = records["transactions"] ?? [];
    expect(credit).to.include({
      amount: "10.00",
      counterparty_name: "Ola",
      date: "2024-01-01",
      status: "BOOK",
      account: "NO9386011117947",
      statement: "S1",
    });
    expect(debit).to.include({
      amount: "-11.01",
      counterparty_name: "Shop & Co",
      description: "Rope 1",
      bank_reference: "R1",
    });
  });

  it("behavior: an amount that is none is null and said; entries of other accounts with the same reference are others", async () => {
    const broken = text(1).replace(">10.00<", ">ten<").replace("<CdtDbtInd>CRDT</CdtDbtInd>", "");
    const { records, remarks } = await bridgeAll(camt, memoryArchive({ "a.xml": broken }));
    expect(records["transactions"]?.[0]).to.include({ amount: null });
    expect(remarks).to.deep.equal([
      "changed transactions: an amount cannot be read",
      "changed transactions: says neither credit nor debit: taken as credit",
    ]);
    const two = memoryArchive({ "a.xml": text(3), "b.xml": text(3).replaceAll("7947", "7948"), "copy.xml": text(3) });
    expect((await readArchive(two)).segments.map(({ records: count }) => count)).to.deep.equal([2, 6, 2]);
  });

  it("error: no statement in it, cut off; not claimed without the name of a message", async () => {
    await expectError("EXPORT_INVALID", () => readArchive(memoryArchive({ "a.xml": text(1).slice(0, -30) })));
    await expectError("EXPORT_INVALID", () => readArchive(memoryArchive({ "a.c53": "junk" })));
    expect(
      await camt.detect(
        inspectInput(memoryArchive({ "a.xml": `<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.03"/>` })),
      ),
    ).to.equal(0);
  });

  it("behavior: the generator's statement of any size", async () => {
    expect(await summary(memoryArchive({ renamed: text(2000) }))).to.equal(
      "camt | accounts=1 … | transactions=2000 2024-01-01…2024-01-28 | balances=1 2024-01-01…2024-01-01",
    );
  });

  const samples: readonly (readonly [string, number, string | null, number, string])[] = [
    ["camt052.v1.xml", 1, "2007-10-18", 0, "-200000 SEK"],
    ["camt052.v2.other-account.xml", 1, "2007-10-18", 0, "-200000 SEK"],
    ["camt052.v2.with-account-name.xml", 1, null, 0, "-200000 SEK"],
    ["camt052.v2.xml", 1, "2007-10-18", 0, "-200000 SEK"],
    ["camt052.v4.xml", 1, "2007-10-18", 1, "-200000 SEK"],
    ["camt052.v6.Amt-zero.xml", 1, "2007-10-18", 1, "-200000 SEK"],
    ["camt052.v6.xml", 1, "2007-10-18", 1, "-200000 SEK"],
    ["camt052.v8.xml", 1, "2007-10-18", 0, "-200000 SEK"],
    ["camt053.v2.all-balance-types.xml", 1, "2014-12-31", 10, "8.850 EUR"],
    ["camt053.v2.five.decimals.xml", 1, "2014-12-31", 2, "8.850 EUR"],
    ["camt053.v2.minimal.ultimate.xml", 1, "2014-12-31", 4, "8.85 EUR"],
    ["camt053.v2.minimal.xml", 1, "2014-12-31", 4, "8.85 EUR"],
    ["camt053.v2.with-account-name.xml", 1, "2014-12-31", 1, "8.85 EUR"],
    ["camt053.v2.with-party-ids.xml", 1, "2014-12-31", 4, "8.85 EUR"],
    ["camt053.v3.xml", 1, "2014-12-31", 4, "8.85 EUR"],
    ["camt054.v2.with-account-name.xml", 1, null, 0, "-200000 SEK"],
    ["camt054.v2.xml", 1, "2007-10-18", 0, "-200000 SEK"],
    ["camt054.v4.xml", 1, "2007-10-18", 0, "-200000 SEK"],
    ["camt054.v8-with-UETR.xml", 1, null, 0, "-200000 SEK"],
    ["camt054.v8-with-financial-institution.xml", 1, null, 0, "-200000 SEK"],
    ["camt53.only-Dt-with-DtTm.xml", 0, null, 1, ""],
  ];
  for (const [file, entries, date, balances, first] of samples) {
    withSample(`bank/camt/${file}`, `sample: ${file}`, async (input) => {
      const { connector, segments } = await readArchive(input);
      expect(connector).to.equal("camt");
      expect(segments.map(({ records }) => records)).to.deep.equal([1, entries, balances]);
      const { records } = await bridgeAll(camt, input);
      const [entry] = records["transactions"] ?? [];
      expect(entry?.["date"] ?? null).to.equal(date);
      if (entry !== undefined) expect(`${entry["amount"]} ${entry["currency"]}`).to.equal(first);
    });
  }
  withSample("bank/camt/camt053.v2.wrong.xml", "sample: camt053.v2.wrong.xml is refused", async (input) => {
    await expectError("EXPORT_INVALID", () => readArchive(input));
  });
});
