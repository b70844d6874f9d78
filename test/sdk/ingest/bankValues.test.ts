import { expect } from "chai";
import { negated, parseAmount } from "../../../sdk/src/ingest/bank/amounts.ts";
import { createTransactionIds } from "../../../sdk/src/ingest/bank/bankSegments.ts";
import { createOrderFinder, orderedDay, readDay } from "../../../sdk/src/ingest/bank/days.ts";
import { isDecimal } from "../../../sdk/src/ingest/index.ts";
import { decodeUndeclared } from "../../../sdk/src/ingest/text/decodeUndeclared.ts";

describe("parseAmount", () => {
  it("default: every way a bank writes an amount", () => {
    const cases: readonly (readonly [string, string | null])[] = [
      ["1,234.56", "1234.56"],
      ["1.234,56", "1234.56"],
      ["11'373.94", "11373.94"],
      ["1 234,5", "1234.5"],
      ["1\u00a0234\u202f567,00", "1234567.00"],
      ["-98,76", "-98.76"],
      ["12-", "-12"],
      ["(7.00)", "-7.00"],
      ["$20.00", "20.00"],
      ["-$20.00", "-20.00"],
      ["+3", "3"],
      ["\u22125", "-5"],
      ["EUR 5,10", "5.10"],
      ["5.10 kr", "5.10"],
      ["1,000", "1000"],
      ["1.000", "1.000"],
      ["1,00,000.00", "100000.00"],
      ["300,", "300"],
      [".5", "0.5"],
      ["007", "7"],
      ["0.00", "0.00"],
      ["-0.00", "0.00"],
      ["8.85000", "8.85000"],
      ["100,-", "100"],
      ["5442.09000", "5442.09000"],
      ["", null],
      ["-", null],
      ["1,2,3", null],
      ["1.2.3", null],
      ["--5", null],
      ["-5-", null],
      ["5e3", null],
      ["0x10", null],
      ["NaN", null],
      ["pending", null],
      ["Infinity", null],
      ["9".repeat(21), null],
      [`0.${"1".repeat(19)}`, null],
      ["1.", "1"],
      [".", null],
      [",", null],
    ];
    for (const [text, wanted] of cases) {
      const amount = parseAmount(text);
      expect(amount, text).to.equal(wanted);
      if (amount !== null) expect(isDecimal(amount), text).to.equal(true);
    }
    expect(parseAmount("1.000", ",")).to.equal("1000");
    expect(parseAmount("1,000", ",")).to.equal("1.000");
    expect([negated("5"), negated("-5"), negated("0.00")]).to.deep.equal(["-5", "5", "0.00"]);
  });
});

describe("readDay", () => {
  it("default: every way a bank writes a day; none that does not exist", () => {
    const cases: readonly (readonly [string, string | null])[] = [
      ["2024-02-29", "2024-02-29"],
      ["2024-02-30", null],
      ["2024/2/3", "2024-02-03"],
      ["20240203", "2024-02-03"],
      ["2024-02-03T23:59:59Z", "2024-02-03"],
      ["2021-02-03 13:12", "2021-02-03"],
      ["03.02.2024", "2024-02-03"],
      ["3.2.24", "2024-02-03"],
      ["31.02.2024", null],
      ["5 Jan 2024", "2024-01-05"],
      ["05-mai-24", "2024-05-05"],
      ["1. März 2024", "2024-03-01"],
      ["Jan 5, 2024", "2024-01-05"],
      ["0000-00-00", null],
      ["275760-09-13", null],
      ["", null],
      ["pending", null],
      ["13:45", null],
      ["5 Foo 2024", null],
      ["2023-02-29", null],
      ["99999999", null],
    ];
    for (const [text, wanted] of cases) expect(readDay(text), text).to.equal(wanted);
    expect(readDay("8/25/93")).to.deep.equal({ year: 1993, first: 8, second: 25 });
    expect(readDay("1/ 2'04")).to.deep.equal({ year: 2004, first: 1, second: 2 });
    expect(orderedDay({ year: 2024, first: 3, second: 4 }, "day first")).to.equal("2024-04-03");
    expect(orderedDay({ year: 2024, first: 13, second: 4 }, "month first")).to.equal(null);
  });

  it("behavior: one day that can be read one way only decides for all", () => {
    const orderOf = (...texts: string[]) => {
      const finder = createOrderFinder();
      for (const text of texts) finder.saw(readDay(text));
      return finder.order("month first");
    };
    expect(orderOf("1/2/24", "31/1/24")).to.deep.equal({ order: "day first", isAssumed: false });
    expect(orderOf("1/2/24", "1/31/24")).to.deep.equal({ order: "month first", isAssumed: false });
    expect(orderOf("1/2/24")).to.deep.equal({ order: "month first", isAssumed: true });
    expect(orderOf("2/2/24", "2024-01-01")).to.deep.equal({ order: "month first", isAssumed: false });
  });
});

describe("createTransactionIds", () => {
  it("default: the bank's id within its account; twice for different transactions is two; the same text twice is two", () => {
    const ids = () => {
      const idOf = createTransactionIds();
      return [
        idOf("a", "1", ["x"]),
        idOf("b", "1", ["x"]),
        idOf("a", "1", ["x"]),
        idOf("a", "1", ["y"]),
        idOf("a", null, ["x"]),
        idOf("a", null, ["x"]),
      ];
    };
    const [a, b, again, other, first, second] = ids();
    expect(again).to.equal(a);
    expect(new Set([a, b, other, first, second]).size).to.equal(5);
    expect(ids()).to.deep.equal([a, b, again, other, first, second]);
  });
});

describe("decodeUndeclared", () => {
  async function textOf(bytes: Uint8Array, pieceBytes: number, charset?: string): Promise<string> {
    async function* pieces(): AsyncGenerator<Uint8Array> {
      for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
    }
    let text = "";
    for await (const piece of decodeUndeclared(pieces(), () => charset)) text += piece;
    return text;
  }

  it("default: the first letter beyond ASCII decides, wherever it stands", async () => {
    for (const front of [0, 10, 70_000]) {
      const wanted = `${"a".repeat(front)} Bäckerei €`;
      for (const pieceBytes of [1, 1000, 65_536]) {
        expect(await textOf(new TextEncoder().encode(wanted), pieceBytes)).to.equal(wanted);
        const latin = Uint8Array.from(wanted.replace("€", "\u0080"), (letter) => letter.charCodeAt(0));
        expect(await textOf(latin, pieceBytes)).to.equal(wanted);
      }
    }
  });

  it("behavior: a declared charset counts for what is not UTF-8; ASCII and nothing are themselves", async () => {
    expect(await textOf(Uint8Array.of(0x61, 0xe1), 1, "windows-1251")).to.equal("aб");
    expect(await textOf(new TextEncoder().encode("aä"), 1, "windows-1251")).to.equal("aä");
    expect(await textOf(new TextEncoder().encode("plain"), 2, "no such charset")).to.equal("plain");
    expect(await textOf(new Uint8Array(), 1)).to.equal("");
  });
});
