import { Ajv2020 } from "ajv/dist/2020.js";
import { expect } from "chai";
import fc from "fast-check";
import {
  type Column,
  type ColumnValue,
  convertRecords,
  jsonSchemaOf,
  type RecordFormat,
  type RecordSchema,
  readRecords,
  recordFormats,
  recordSchemas,
  type SchemaRecord,
  writeRecords,
} from "../../../../sdk/src/ingest/index.ts";
import { testSeed } from "../../../helpers/random.ts";
import { expectError } from "../expectError.ts";

const every: RecordSchema = {
  id: "persona:every@1",
  table: "every",
  key: null,
  time: null,
  columns: (["VARCHAR", "BIGINT", "DOUBLE", "DECIMAL", "BOOLEAN", "DATE", "TIMESTAMP", "JSON"] as const).flatMap(
    (type): Column[] => [
      { name: `${type}_or_null`, type, nullable: true, description: "" },
      { name: type, type, nullable: false, description: "" },
    ],
  ),
};
const schemas = [every, ...recordSchemas.values()];

/** Texts that formats stumble over, and any others. */
const text = fc.oneof(
  fc.constantFrom(
    "",
    "null",
    '"',
    '""',
    ",",
    "\r\n",
    "\n",
    "\ufeff",
    "\ufeffa",
    " a ",
    "=1+1",
    "\0",
    "-0",
    "{}",
    "true",
  ),
  fc.string({ unit: "binary" }).filter((value) => value.isWellFormed()),
);
const json = fc.oneof(
  fc.jsonValue().map((value) => JSON.stringify(value).toWellFormed()),
  fc.constantFrom('{"a": 1}', "1.0", "null", '"null"', '{"$json":"x"}', '{"$json":1}', '{"$json":"x","b":1}', "{", ""),
  fc.constantFrom(
    '{"__proto__":1}',
    '{"a":1,"a":2}',
    "9007199254740993",
    "[".repeat(80) + "]".repeat(80),
    '{"2":1,"1":1}',
  ),
);
const decimal = fc
  .tuple(fc.boolean(), fc.bigInt({ min: 0n, max: 10n ** 20n - 1n }), fc.bigInt({ min: 0n, max: 10n ** 18n - 1n }))
  .map(([negative, whole, fraction]) => {
    const behind = String(fraction).padStart(18, "0").replace(/0+$/, "");
    const digits = behind === "" ? String(whole) : `${whole}.${behind}`;
    return negative && digits !== "0" ? `-${digits}` : digits;
  });
const instant = fc.date({
  min: new Date(-62_135_596_800_000),
  max: new Date(253_402_300_799_999),
  noInvalidDate: true,
});
const values: Readonly<Record<Column["type"], fc.Arbitrary<ColumnValue>>> = {
  VARCHAR: text,
  BIGINT: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  DOUBLE: fc.double({ noNaN: true, noDefaultInfinity: true }),
  DECIMAL: decimal,
  BOOLEAN: fc.boolean(),
  DATE: instant.map((date) => date.toISOString().slice(0, 10)),
  TIMESTAMP: instant,
  JSON: json,
};

function recordsOf(schema: RecordSchema): fc.Arbitrary<readonly SchemaRecord[]> {
  const columns = schema.columns.map(({ name, type, nullable }) => {
    const value = values[type];
    return [name, nullable ? fc.option(value, { nil: null }) : value] as const;
  });
  return fc.array(fc.record(Object.fromEntries(columns)), { maxLength: 4 });
}

async function* pieces(bytes: Uint8Array, size = 7): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function joined(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(Uint8Array.from(chunk));
  return Buffer.concat(all);
}

async function listed<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

const read = (schema: RecordSchema, bytes: Uint8Array | string, format: RecordFormat) =>
  listed(
    readRecords(schema, pieces(typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes), {
      format,
      file: "f",
    }),
  );

describe("convertRecords", () => {
  for (const schema of schemas)
    it(`behavior: nothing of ${schema.id} is lost, from any form to any other`, async () => {
      await fc.assert(
        fc.asyncProperty(recordsOf(schema), fc.shuffledSubarray([...recordFormats]), async (records, forms) => {
          let format: RecordFormat = "json";
          let bytes = await joined(writeRecords(schema, records, { format }));
          for (const to of [...forms, "ndjson"] as const) {
            bytes = await joined(convertRecords(schema, pieces(bytes), { from: format, to, file: "f" }));
            format = to;
          }
          expect(await read(schema, bytes, format)).to.deep.equal(records);
        }),
        { numRuns: schema === every ? 300 : 25, seed: testSeed() },
      );
    }).timeout(120_000);

  for (const schema of schemas)
    it(`behavior: what is written of ${schema.id} fits its JSON Schema`, async () => {
      const validate = new Ajv2020({ strict: false, validateFormats: false }).compile(jsonSchemaOf(schema));
      await fc.assert(
        fc.asyncProperty(recordsOf(schema), async (records) => {
          const written: unknown = JSON.parse(
            new TextDecoder().decode(await joined(writeRecords(schema, records, { format: "json" }))),
          );
          for (const record of written as unknown[])
            expect(validate(record), JSON.stringify(validate.errors)).to.equal(true);
        }),
        { numRuns: 10, seed: testSeed() },
      );
      expect(validate({}), "an empty record").to.equal(schema.columns.every(({ nullable }) => nullable));
      expect(validate({ other: 1 })).to.equal(false);
    });

  it("default", async () => {
    const person = recordSchemas.get("persona:person@1");
    if (person === undefined) throw new Error("no such schema");
    const records = [{ pseudonym: "person-1", identity: 'Kari "K"' }];
    const as = async (format: RecordFormat) =>
      new TextDecoder().decode(await joined(writeRecords(person, records, { format })));
    expect(await as("csv")).to.equal('pseudonym,identity\r\nperson-1,"Kari ""K"""\r\n');
    expect(await as("ndjson")).to.equal('{"pseudonym":"person-1","identity":"Kari \\"K\\""}\n');
    expect(await as("json")).to.equal('[\n{"pseudonym":"person-1","identity":"Kari \\"K\\""}\n]\n');
  });

  it("behavior: null and the empty text are two cells", async () => {
    const schema = { ...every, columns: every.columns.filter(({ type }) => type === "VARCHAR") };
    expect(await read(schema, 'VARCHAR,VARCHAR_or_null\r\n"",""\r\n"",\r\n', "csv")).to.deep.equal([
      { VARCHAR_or_null: "", VARCHAR: "" },
      { VARCHAR_or_null: null, VARCHAR: "" },
    ]);
    await expectError("EXPORT_INVALID", () => read(schema, "VARCHAR,VARCHAR_or_null\r\n,a\r\n", "csv"));
  });

  it("error: other columns, other types, rows of another length", async () => {
    const schema = { ...every, columns: every.columns.filter(({ nullable }) => nullable) };
    const header = schema.columns.map(({ name }) => name).join();
    const wrong: readonly (readonly [RecordFormat, string])[] = [
      ["csv", ""],
      ["csv", "a,b\r\n"],
      ["csv", `${header},x\r\n`],
      ["csv", `${header.replace("BIGINT_or_null", "VARCHAR_or_null")}\r\n`],
      ["csv", `${header}\r\n1\r\n`],
      ["csv", `${header}\r\n,1.5,,,,,,\r\n`],
      ["csv", `${header}\r\n,9223372036854775808,,,,,,\r\n`],
      ["csv", `${header}\r\n,,Infinity,,,,,\r\n`],
      ["csv", `${header}\r\n,,1e999,,,,,\r\n`],
      ["csv", `${header}\r\n,,,1e5,,,,\r\n`],
      ["csv", `${header}\r\n,,,,yes,,,\r\n`],
      ["csv", `${header}\r\n,,,,,2023-02-30,,\r\n`],
      ["csv", `${header}\r\n,,,,,,2024-01-01 10:00,\r\n`],
      ["json", "{}"],
      ["json", '{"0":{}}'],
      ["json", "[1]"],
      ["json", '[{"other":1}]'],
      ["json", '[{"__proto__":1}]'],
      ["json", '[{"VARCHAR_or_null":1}]'],
      ["json", '[{"BIGINT_or_null":"1"}]'],
      ["json", '[{"BIGINT_or_null":1.5}]'],
      ["json", '[{"DOUBLE_or_null":1e999}]'],
      ["json", '[{"DECIMAL_or_null":1}]'],
      ["ndjson", '{"VARCHAR_or_null":"\\ud800"}'],
      ["ndjson", '{"VARCHAR_or_null":"a"'],
      ["parquet", "PAR1"],
    ];
    for (const [format, content] of wrong) await expectError("EXPORT_INVALID", () => read(schema, content, format));
  });
});
