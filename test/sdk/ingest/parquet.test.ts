import { expect } from "chai";
import {
  createParquetWriter,
  createRowGroupBuffer,
  postSchema,
  type RecordSchema,
  type SchemaRecord,
  writeParquet,
} from "../../../sdk/src/ingest/index.ts";
import { checkRecord } from "../../../sdk/src/ingest/schemas/checkRecord.ts";
import { readParquet } from "./readParquet.ts";

const schema: RecordSchema = {
  id: "persona:example@1",
  table: "examples",
  key: "id",
  time: "at",
  columns: [
    { name: "id", type: "VARCHAR", nullable: false, description: "" },
    { name: "at", type: "TIMESTAMP", nullable: true, description: "" },
    { name: "n", type: "BIGINT", nullable: true, description: "" },
    { name: "yes", type: "BOOLEAN", nullable: true, description: "" },
    { name: "text", type: "VARCHAR", nullable: true, description: "" },
  ],
};

const record = (fields: Partial<SchemaRecord> = {}): SchemaRecord => ({
  id: "1",
  at: new Date(0),
  n: 0n,
  yes: false,
  text: "",
  ...fields,
});

describe("writeParquet", () => {
  it("default", async () => {
    const at = new Date("2023-06-01T12:30:00.123Z");
    const { bytes, records, from, to } = await writeParquet(schema, [
      record({ at, n: 7n, yes: true, text: "🐟" }),
      record({ id: "2", at: null, n: null, yes: null, text: null }),
    ]);
    expect({ records, from, to }).to.deep.equal({ records: 2, from: at, to: at });
    const { types, rows } = await readParquet(bytes, 'select id, epoch_ms("at") as ms, n, yes, text from data');
    expect(types).to.deep.equal({ id: "VARCHAR", ms: "BIGINT", n: "BIGINT", yes: "BOOLEAN", text: "VARCHAR" });
    expect(rows).to.deep.equal([
      { id: "1", ms: BigInt(at.getTime()), n: 7n, yes: true, text: "🐟" },
      { id: "2", ms: null, n: null, yes: null, text: null },
    ]);
    expect((await readParquet(bytes)).types.at).to.equal("TIMESTAMP");
  });

  it("behavior: the edges of every type", async () => {
    const values = [-(2n ** 63n), 2n ** 63n - 1n, 2n ** 53n + 1n, 0n];
    const dates = [
      "1000-01-01T00:00:00.000Z",
      "9999-12-31T23:59:59.999Z",
      "1969-12-31T23:59:59.999Z",
      "1970-01-01T00:00:00.000Z",
    ].map((text) => new Date(text));
    const texts = ["", "\u0000", "\u{10ffff}".repeat(1000), "x".repeat(3 * 2 ** 20)];
    const file = await writeParquet(
      schema,
      values.map((n, index) => record({ id: String(index), n, at: dates[index], text: texts[index] })),
    );
    const { rows } = await readParquet(file.bytes, 'select n, epoch_ms("at") as ms, text from data order by id');
    expect(rows.map(({ n }) => n)).to.deep.equal(values);
    expect(rows.map(({ ms }) => ms)).to.deep.equal(dates.map((date) => BigInt(date.getTime())));
    expect(rows.map(({ text }) => text)).to.deep.equal(texts);
    expect([file.from, file.to]).to.deep.equal([dates[0], dates[1]]);
  });

  it("behavior: no records", async () => {
    const { bytes, records, from, to } = await writeParquet(schema, []);
    expect({ records, from, to }).to.deep.equal({ records: 0, from: null, to: null });
    const { types, rows } = await readParquet(bytes);
    expect(rows).to.deep.equal([]);
    expect(types).to.deep.equal({ id: "VARCHAR", at: "TIMESTAMP", n: "BIGINT", yes: "BOOLEAN", text: "VARCHAR" });
  });

  it("behavior: columns that are all null", async () => {
    const { bytes } = await writeParquet(schema, [record({ at: null, n: null, yes: null, text: null })]);
    expect((await readParquet(bytes)).rows).to.deep.equal([{ id: "1", at: null, n: null, yes: null, text: null }]);
  });

  it("behavior: same records, same bytes; row groups by count and by size", async () => {
    const many = Array.from({ length: 150_000 }, (_, index) =>
      record({
        id: String(index),
        n: BigInt(index),
        at: new Date(index),
        text: index % 3 === 0 ? null : `t${index % 7}`,
      }),
    );
    const first = await writeParquet(schema, many);
    const pieces: Uint8Array[] = [];
    // A slow writer must be waited for: the memory it is given is used again.
    const again = createParquetWriter(schema, async (bytes) => {
      await new Promise((resolve) => setImmediate(resolve));
      pieces.push(bytes.slice());
    });
    const buffer = createRowGroupBuffer(schema);
    for (const one of many) {
      const group = buffer.add(one) ? buffer.take() : undefined;
      if (group !== undefined) await again.add(group);
    }
    const rest = buffer.take();
    if (rest !== undefined) await again.add(rest);
    await again.finish();
    expect(Buffer.compare(first.bytes, Buffer.concat(pieces))).to.equal(0);
    const query =
      "select count(*) as n, sum(n)::varchar as total, count(distinct id) as ids, count(text) as texts from data";
    const { rows } = await readParquet(first.bytes, query);
    expect(rows).to.deep.equal([{ n: 150_000n, total: "11249925000", ids: 150_000n, texts: 100_000n }]);

    const large = await writeParquet(
      schema,
      Array.from({ length: 40 }, (_, index) =>
        record({ id: String(index), text: String(index).padEnd(2 ** 20, "ab") }),
      ),
    );
    const sizes = await readParquet(large.bytes, "select count(*) as n, sum(length(text))::varchar as total from data");
    expect(sizes.rows).to.deep.equal([{ n: 40n, total: String(40 * 2 ** 20) }]);
  });

  it("behavior: bytes belong to the caller alone", async () => {
    const { bytes } = await writeParquet(schema, [record()]);
    expect(bytes.buffer.byteLength).to.equal(bytes.byteLength);
  });
});

describe("checkRecord", () => {
  it("default", () => {
    expect(checkRecord(schema, record({ at: null, n: null, yes: null, text: null }), 10)).to.equal(undefined);
  });

  it("error: every type against every other", () => {
    const wrong: Partial<SchemaRecord>[] = [
      { id: null },
      { id: 1n },
      { at: "2023" },
      { at: new Date(Number.NaN) },
      { n: "1" },
      { n: 2n ** 63n },
      { n: -(2n ** 63n) - 1n },
      { yes: 1n },
      { text: new Date() },
      { text: "x".repeat(11) },
      { text: "\ud800" },
      { text: undefined },
    ];
    for (const fields of wrong)
      expect(checkRecord(schema, record(fields), 10), Object.keys(fields).join()).to.be.a("string");
  });

  it("behavior: published schemas have a key and a time that exist", () => {
    const names = postSchema.columns.map(({ name }) => name);
    expect(names).to.include.members([postSchema.key, postSchema.time]);
    expect(new Set(names).size).to.equal(names.length);
  });
});
