import { expect } from "chai";
import { qifRegister } from "../../../scripts/exports/bank.ts";
import { readArchive } from "../../../sdk/src/ingest/index.ts";
import { qif } from "../../../sdk/src/ingest/qif/qif.ts";
import { bridgeAll, summary } from "./connectorRecords.ts";
import { expectError } from "./expectError.ts";
import { memoryArchive } from "./memoryArchive.ts";
import { withSample } from "./samples.ts";

const one = (text: string) => bridgeAll(qif, memoryArchive({ "a.qif": text }, 5));

describe("qif", () => {
  it("default: T is the kind of an account in its block and the amount behind !Type; splits are kept", async () => {
    const { records, extra, remarks } = await one(
      "!Option:AutoSwitch\n!Account\nNMine\nTCCard\n$5.00\n^\n!Type:CCard\nD6/25'04\nT-1,000.00\nCX\nN101\nPShop\nMRope\nAStreet 1\nATown\nLBoat\nSBoat:Rope\nEknots\n$-900.00\nSFood\n$-100.00\n^\n",
    );
    expect(remarks).to.deep.equal([]);
    expect(records["accounts"]?.[0]).to.include({ id: "Mine", type: "ccard" });
    expect(records["transactions"]?.[0]).to.include({
      account: "Mine",
      date: "2004-06-25",
      amount: "-1000.00",
      status: "reconciled",
      reference: "101",
      counterparty_name: "Shop",
      description: "Rope",
      category: "Boat",
    });
    expect(extra).to.deep.equal([
      { $: "5.00" },
      { S: ["Boat:Rope", "Food"], E: "knots", $: ["-900.00", "-100.00"], A: "Street 1\nTown" },
    ]);
  });

  it("behavior: the days of the whole file tell their order, the last one too; where none does it is said", async () => {
    const days = async (...texts: string[]) => {
      const { records, remarks } = await one(`!Type:Bank\r${texts.map((text) => `D${text}\rT1\r^`).join("\r")}`);
      return [records["transactions"]?.map(({ date }) => date), remarks];
    };
    expect(await days("1/2/2024", "31/1/2024")).to.deep.equal([["2024-02-01", "2024-01-31"], []]);
    expect(await days("1/2/24")).to.deep.equal([
      ["2024-01-02"],
      ["changed transactions: month and day could be swapped: read month first"],
    ]);
    expect(await days("2024-03-04", "30.02.2024")).to.deep.equal([
      ["2024-03-04", null],
      ["changed transactions: a day cannot be read"],
    ]);
  });

  it("behavior: the same twice is two; lists of categories are skipped and said; no end mark at the end", async () => {
    const { records, remarks } = await one(
      "!Type:Cat\nNFood\n^\n!Type:Cash\nD1/31/24\nTx\n^\nD1/31/24\nT5\n^\nD1/31/24\nT5",
    );
    expect(new Set(records["transactions"]?.map(({ id }) => id)).size).to.equal(3);
    expect(remarks).to.deep.equal([
      "skipped transactions: is a category or class",
      "changed transactions: an amount cannot be read",
    ]);
  });

  it("error: no header, a record that never ends", async () => {
    for (const text of ["", "junk", "D1/1/24\nT5\n^"]) {
      await expectError("EXPORT_INVALID", () => readArchive(memoryArchive({ "a.qif": text })));
    }
    const endless = memoryArchive({ "a.qif": `!Type:Bank\n${"M1\n".repeat(1000)}` });
    await expectError("EXPORT_INVALID", () => bridgeAll(qif, endless, { limits: { maxRecordBytes: 500 } }));
  });

  it("behavior: the generator's register of any size", async () => {
    expect(await summary(memoryArchive({ renamed: [...qifRegister(2000)].join("") }))).to.equal(
      "qif | accounts=1 … | transactions=2000 2024-01-01…2024-01-28",
    );
  });

  for (const [file, accounts, transactions, range, amount] of [
    ["creditunion.qif", 1, 8, "2015-02-08…2015-03-25", "50000.00"],
    ["default.qif", 2, 8, "2015-02-08…2015-03-25", "45000.00"],
    ["investment_example.qif", 1, 2, "1993-08-25…1993-08-25", "1000.00"],
    ["mint.qif", 2, 4, "2015-06-12…2015-06-14", "-1500.00"],
    ["mint_extra.qif", 2, 3, "2015-06-12…2015-06-13", "-1500.00"],
    ["stripe-default.qif", 1, 5, "2021-02-02…2021-03-16", "25.00"],
    ["xero.qif", 3, 5, "2015-01-23…2015-02-14", "149000.00"],
  ] as const) {
    withSample(`bank/qif/${file}`, `sample: ${file}`, async (input) => {
      expect(await summary(input)).to.equal(`qif | accounts=${accounts} … | transactions=${transactions} ${range}`);
      expect((await bridgeAll(qif, input)).records["transactions"]?.[0]).to.include({ amount });
    });
  }
});
