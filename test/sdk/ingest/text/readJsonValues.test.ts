import { parseExactJson, readJsonValues } from "@persona-protocol/sdk/ingest";
import { expect } from "chai";
import fc from "fast-check";
import { expectError } from "../expectError.ts";

const limits = { maxRecordBytes: 10_000, maxDepth: 20 };

async function* pieces(text: string | Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
  for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, at + size);
}

async function read(
  text: string | Uint8Array,
  places: readonly (readonly string[])[],
  { size = 7, sequence = false }: { size?: number; sequence?: boolean } = {},
) {
  return Array.fromAsync(readJsonValues(pieces(text, size), places, { file: "a.json", limits, sequence }));
}

const values = async (...args: Parameters<typeof read>) => (await read(...args)).map(({ value }) => value);

describe("readJsonValues", () => {
  it("default: the elements of a list below others, with place, path and position", async () => {
    const text = '{"name":"A, [b]","skip":{"messages":[0]},"messages":[{"a":1},{"a":"]}"}],"end":null}';
    expect(await read(text, [["name"], ["messages", "*"]])).to.deep.equal([
      { place: 0, path: ["name"], value: "A, [b]", position: 8 },
      { place: 1, path: ["messages", "0"], value: { a: 1 }, position: 53 },
      { place: 1, path: ["messages", "1"], value: { a: "]}" }, position: 61 },
    ]);
  });

  it("behavior: any document, cut anywhere, reads as JSON.parse does", async () => {
    await fc.assert(
      fc.asyncProperty(fc.json(), fc.integer({ min: 1, max: 9 }), async (text, size) => {
        const whole = parseExactJson(text);
        expect(await values(text, [[]], { size })).to.deep.equal([whole]);
        // A name that is there twice is two values for us, and one for JSON.parse: fc.json makes none.
        const read = () => values(` \ufeff`.slice(1) + text, [["*"]], { size });
        if (typeof whole === "object" && whole !== null) {
          expect(await read()).to.have.deep.members(Object.values(whole));
        } else await expectError("EXPORT_INVALID", read);
      }),
      { numRuns: 300 },
    );
  });

  it("behavior: whole numbers beyond 2^53 stay exact", async () => {
    expect(await values('[900100200300400500,1.5,12,-9007199254740993,"900100200300400500"]', [["*"]])).to.deep.equal([
      900100200300400500n,
      1.5,
      12,
      -9007199254740993n,
      "900100200300400500",
    ]);
  });

  it("behavior: values one after the other", async () => {
    expect(await values('{"a":1}\n{"a":2}\r\n\n3 "x"[4]\n', [[]], { sequence: true })).to.deep.equal([
      { a: 1 },
      { a: 2 },
      3,
      "x",
      [4],
    ]);
    expect(await values("", [[]], { sequence: true })).to.deep.equal([]);
  });

  it("error: what is no JSON names file and position", async () => {
    for (const [text, position] of [
      ["", 0],
      ['[{"a":1}', 8],
      ['[{"a":1} {"a":2}]', 9],
      ['[{"a":1}] 5', 10],
      ['[{"a":1]', 1],
      ["[}", 1],
      ["[1,,2]", 3],
      ['[{"a":01}]', 1],
      ["{a:1}", 1],
      ['{"a" 1}', 5],
    ] as const) {
      const error = await expectError("EXPORT_INVALID", () => read(text, [["*"]]));
      expect(error.data, text).to.deep.equal({ file: "a.json", position });
    }
  });

  it("error: bytes that are not UTF-8, too deep, too long", async () => {
    await expectError("EXPORT_INVALID", () => read(Uint8Array.of(0x5b, 0x22, 0xff, 0x22, 0x5d), [["*"]]));
    await expectError("EXPORT_INVALID", () => read("[".repeat(100_000), [["*"]], { size: 1000 }));
    await expectError("EXPORT_INVALID", () => read(`["${"x".repeat(20_000)}"]`, [["*"]], { size: 1000 }));
    await expectError("EXPORT_INVALID", () => read(`[${"1".repeat(20_000)}]`, [["*"]], { size: 1000 }));
    // What is skipped may be as long as it likes, not as deep.
    expect(await values(`{"skip":"${"x".repeat(20_000)}","a":1}`, [["a"]], { size: 1000 })).to.deep.equal([1]);
    await expectError("EXPORT_INVALID", () => read(`{"skip":${"[".repeat(100)}`, [["a"]]));
  });

  it("behavior: __proto__ is a name like any other", async () => {
    const [value] = await values('[{"__proto__":{"x":1}}]', [["*"]]);
    expect(Object.hasOwn(value as object, "__proto__")).to.equal(true);
    expect((value as { x?: unknown }).x).to.equal(undefined);
  });
});
