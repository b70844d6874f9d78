import { decodeText, readCsvRows } from "@persona-protocol/sdk/ingest";
import { expect } from "chai";
import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { expectError } from "../expectError.ts";

async function* pieces(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, at + size);
}

async function rows(text: string, { size = 3, delimiter = "," } = {}) {
  const options = { file: "a.csv", delimiter, maxRowLength: 1000, maxColumns: 50 };
  return Array.fromAsync(readCsvRows(decodeText(pieces(text, size)), options));
}

const cells = async (...args: Parameters<typeof rows>) => (await rows(...args)).map((row) => row.cells);

describe("readCsvRows", () => {
  it("default: cells and lines, over several lines too", async () => {
    expect(await rows('\ufeffa,b\r\n"x, ""y""\nz",\r\n\r\n,c')).to.deep.equal([
      { cells: ["a", "b"], line: 1 },
      { cells: ['x, "y"\nz', ""], line: 2 },
      { cells: ["", "c"], line: 5 },
    ]);
  });

  it("behavior: CR alone, other delimiters, a quote in the middle, text behind a quote", async () => {
    expect(await cells("a\rb\r\rc")).to.deep.equal([["a"], ["b"], ["c"]]);
    expect(await cells("a;b,c\t^", { delimiter: ";" })).to.deep.equal([["a", "b,c\t^"]]);
    expect(await cells("a^b", { delimiter: "^" })).to.deep.equal([["a", "b"]]);
    expect(await cells('5" pipe,"x"y')).to.deep.equal([['5" pipe', "xy"]]);
    expect(await cells('""\n"",""')).to.deep.equal([[""], ["", ""]]);
  });

  it("behavior: any table, cut anywhere, reads as csv-parse reads it", async () => {
    const cell = fc.string({ unit: fc.constantFrom("a", '"', ",", "\n", "\r", "\r\n", " ", "é", "🐟"), maxLength: 6 });
    const table = fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), { maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(
        table,
        fc.integer({ min: 1, max: 9 }),
        fc.constantFrom("\n", "\r\n", "\r"),
        async (rows, size, end) => {
          const text = rows.map((row) => row.map((each) => `"${each.replaceAll('"', '""')}"`).join(",")).join(end);
          const expected: string[][] = parse(text, { relax_column_count: true, record_delimiter: end });
          expect(await cells(text, { size })).to.deep.equal(expected);
        },
      ),
      { numRuns: 300 },
    );
  });

  it("adversarial: quotes and empty lines without an end cost no memory", async () => {
    async function* endless(unit: string): AsyncGenerator<string> {
      const piece = unit.repeat(50_000);
      for (let sent = 0; sent < 12_000_000; sent += piece.length) yield piece;
    }
    const options = { file: "a.csv", maxRowLength: 1_000_000, maxColumns: 10 };
    async function rowsOf(unit: string): Promise<number> {
      let rows = 0;
      for await (const _ of readCsvRows(endless(unit), options)) rows += 1;
      return rows;
    }
    for (const unit of ['"', 'a"', '""a"']) await expectError("EXPORT_INVALID", () => rowsOf(unit));
    const from = performance.now();
    for (const unit of ["\n", "\r\n", "\r"]) expect(await rowsOf(unit), JSON.stringify(unit)).to.equal(0);
    expect(performance.now() - from).to.be.below(8000);
  });

  it("error: a quote without an end, a row too long, too many columns", async () => {
    expect((await expectError("EXPORT_INVALID", () => rows('a\n"b'))).data).to.deep.equal({ file: "a.csv", line: 2 });
    await expectError("EXPORT_INVALID", () => rows(`"${"x".repeat(2000)}`));
    await expectError("EXPORT_INVALID", () => rows("x".repeat(2000)));
    await expectError("EXPORT_INVALID", () => rows(",".repeat(60)));
  });
});
