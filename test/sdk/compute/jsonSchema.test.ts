import {
  decodeArgs,
  decodeCode,
  decodeProgram,
  decodeResult,
  encodeArgs,
  encodeCode,
  encodeProgram,
  encodeResult,
  type JsonSchema,
  outputSchemaHashOf,
  type ProgramManifest,
  schemaViolation,
} from "@persona-protocol/sdk/compute";
import { encodeCbor } from "@persona-protocol/sdk/storage";
import { expect } from "chai";
import { createManifest, rowsOf } from "../../helpers/builtPrograms.ts";
import { expectError } from "../../helpers/errors.ts";

const object = (properties: Record<string, JsonSchema>): JsonSchema => ({
  type: "object",
  properties,
  additionalProperties: false,
});

describe("schemaViolation", () => {
  const fits = (schema: JsonSchema, ...values: readonly unknown[]) => {
    for (const value of values) expect(schemaViolation(schema, value)).to.equal(undefined);
  };
  const breaks = (schema: JsonSchema, ...values: readonly unknown[]) => {
    for (const value of values) expect(schemaViolation(schema, value)).to.be.a("string");
  };

  it("default: what each type takes, and what it does not", () => {
    fits({ type: "integer", minimum: -1, maximum: 5 }, -1, 5, 3n);
    breaks({ type: "integer", minimum: -1, maximum: 5 }, 6, -2, 1.5, "1", null, 2n ** 63n, NaN);
    fits({ type: "number" }, 1.5, -3, 2n);
    breaks({ type: "number" }, NaN, Infinity, "1", null, true);
    fits({ type: "string", maxLength: 2 }, "", "ab", "🌲🌲");
    breaks({ type: "string", maxLength: 2 }, "abc", "🌲🌲🌲", "\ud800", 1, null);
    fits({ type: "string", maxLength: 9, enum: ["a", "b"] }, "a");
    breaks({ type: "string", maxLength: 9, enum: ["a", "b"] }, "c");
    fits({ type: ["boolean", "null"] }, true, null);
    breaks({ type: "boolean" }, null, 0, "true");
    fits({ type: "array", items: { type: "integer" }, minItems: 1, maxItems: 2 }, [1], [1, 2]);
    breaks({ type: "array", items: { type: "integer" }, minItems: 1, maxItems: 2 }, [], [1, 2, 3], ["1"], {}, null);
    fits(object({ a: { type: "integer" } }), { a: 1 });
    breaks(object({ a: { type: "integer" } }), {}, { a: 1, b: 2 }, { a: null }, [], null, new Uint8Array(1), "a");
  });

  it("behavior: inherited names are no properties, and nothing of a value is quoted", () => {
    breaks(object({ toString: { type: "string", maxLength: 9 } }), {}, Object.create({ toString: "x" }));
    const schema = object({ a: { type: "array", items: object({ b: { type: "integer" } }), maxItems: 3 } });
    expect(schemaViolation(schema, { a: [{ b: 1 }, { b: "secret" }] })).to.equal("/a/1/b: integer");
    expect(schemaViolation(schema, { a: [], secret: 1 })).to.not.include("secret");
  });
});

describe("programs of version 2", () => {
  const { program, code } = createManifest("js", "({})");

  it("default: manifest and code come back, each by its digest", () => {
    const { bytes, programId } = encodeProgram(program);
    expect(decodeProgram(bytes)).to.deep.equal(program);
    expect(programId).to.match(/^0x[0-9a-f]{64}$/);
    expect(decodeCode(program, encodeCode(code).bytes)).to.deep.equal(code);
  });

  it("error: PROGRAM_INVALID: other code, and manifests that no program has", async () => {
    await expectError("PROGRAM_INVALID", () => decodeCode(program, encodeCode(new Uint8Array([1])).bytes));
    await expectError("PROGRAM_INVALID", () => encodeCode(new Uint8Array(1024 * 1024 + 1)));
    let deep: JsonSchema = { type: "integer" };
    for (let i = 0; i < 17; i++) deep = { type: "array", items: deep, maxItems: 1 };
    const { fuel: _, ...noFuel } = program.limits;
    const { columns: __, ...noColumns } = program.tables[0] ?? { table: "", schema: "" };
    const bad: readonly object[] = [
      { v: 3 },
      { kind: "lua" },
      { code: "bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy" },
      { code: "Qm" },
      { tables: [] },
      { tables: [...program.tables, ...program.tables] },
      { tables: [noColumns] },
      { limits: noFuel },
      { limits: { ...program.limits, fuel: 0 } },
      { limits: { ...program.limits, outputBytes: 0 } },
      { groups: { minRows: 2, minOwners: 1 } },
      { args: { type: "integer" } },
      { result: deep },
      { result: { type: "string" } },
      { result: { type: "string", maxLength: 9, pattern: "(a+)+$" } },
      { result: { type: "array", items: { type: "integer" } } },
      { result: { type: "object", properties: {} } },
      { result: { type: "object", properties: {}, additionalProperties: true } },
      { result: { type: "object", properties: {}, required: ["a"], additionalProperties: false } },
      { result: { $ref: "#" } },
      { result: { anyOf: [{ type: "integer" }] } },
      { more: 1 },
    ];
    for (const change of bad)
      await expectError("PROGRAM_INVALID", () => encodeProgram({ ...program, ...change } as ProgramManifest));
    const sql = createManifest("sql", "SELECT 1").program;
    for (const change of [
      { limits: { ...sql.limits, fuel: 1 } },
      { tables: program.tables },
      { args: object({ a: { type: "array", items: { type: "integer" }, maxItems: 1 } }) },
    ])
      await expectError("PROGRAM_INVALID", () => encodeProgram({ ...sql, ...change } as ProgramManifest));
  });

  it("behavior: arguments by their schema, in one encoding", async () => {
    const args = object({ names: { type: "array", items: { type: "string", maxLength: 3 }, maxItems: 2 } });
    const taking = { ...program, args } as ProgramManifest;
    expect(decodeArgs(taking, encodeArgs(taking, { names: ["a", "b"] }))).to.deep.equal({ names: ["a", "b"] });
    await expectError("ARGS_NOT_GRANTED", () => encodeArgs(taking, { names: ["abcd"] }));
    await expectError("ARGS_NOT_GRANTED", () => encodeArgs(taking, {}));
    await expectError("ARGS_NOT_GRANTED", () => decodeArgs(taking, encodeCbor({ names: [1] })));
  });

  it("error: OUTPUT_POLICY_VIOLATED: results of another shape, deeper, longer, or not in their one encoding", async () => {
    const rows = { ...program, result: rowsOf({ n: { type: "integer" } }) } as ProgramManifest;
    expect(decodeResult(rows, encodeResult(rows, [{ n: 2n ** 60n }]))).to.deep.equal([{ n: 2n ** 60n }]);
    const nested = Uint8Array.from([...Array.from({ length: 100_000 }, () => 0x81), 0x01]);
    const wide = Uint8Array.from([0x9a, 0, 0x10, 0, 0, ...Array.from({ length: 0x100000 }, () => 0xa0)]);
    for (const bytes of [
      nested,
      wide,
      Uint8Array.from([0x81, 0xa1, 0x61, 0x6e, 0x18, 0x01]), // 1 in two bytes
      Uint8Array.from([0x81, 0xa2, 0x61, 0x6e, 1, 0x61, 0x6e, 2]), // a name twice
      Uint8Array.from([0x81, 0xa1, 0x61, 0x6e, 0xfb, 0x7f, 0xf8, 0, 0, 0, 0, 0, 0]), // NaN
      Uint8Array.from([0x81, 0xa1, 0x61, 0xff, 1]), // no UTF-8
      Uint8Array.from([0x80, 0x80]), // two values
      Uint8Array.from([0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
      encodeCbor([{ n: "1" }]),
      encodeCbor([{ n: 1, more: 1 }]),
      encodeCbor({ n: 1 }),
      encodeCbor(Array.from({ length: 11 }, () => ({ n: 1 }))),
      new Uint8Array(),
    ])
      await expectError("OUTPUT_POLICY_VIOLATED", () => decodeResult(rows, bytes));
  });

  it("behavior: the result's hash covers its schema and its groups", () => {
    const sql = createManifest("sql", "SELECT 1").program;
    const grouped = { ...sql, groups: { minRows: 2, minOwners: 1 } };
    const more = { ...sql, groups: { minRows: 3, minOwners: 1 } };
    expect(new Set([sql, grouped, more].map(outputSchemaHashOf)).size).to.equal(3);
  });
});
