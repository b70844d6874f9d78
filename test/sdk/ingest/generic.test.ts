import { createHash } from "node:crypto";
import { expect } from "chai";
import { csvText, listOf } from "../../../scripts/exports/listOf.ts";
import { csv } from "../../../sdk/src/ingest/generic/csv.ts";
import {
  type ArchiveInput,
  inspectInput,
  personSchema,
  readArchive,
  writeParquet,
} from "../../../sdk/src/ingest/index.ts";
import { duckParquet } from "../../helpers/duckParquet.ts";
import { expectError } from "./expectError.ts";
import { rowsOf, summaryOf } from "./exportSamples.ts";
import { memoryArchive } from "./memoryArchive.ts";
import { withSample } from "./samples.ts";

const parsed = async (files: Record<string, string | Uint8Array>) =>
  (await rowsOf(memoryArchive(files), "records")).map(({ row }) => JSON.parse(String(row)) as unknown);
const connectorOf = async (files: Record<string, string | Uint8Array>) =>
  (await summaryOf(memoryArchive(files))).connector;
const invalid = (files: Record<string, string | Uint8Array>) =>
  expectError("EXPORT_INVALID", () => summaryOf(memoryArchive(files)));

describe("csv", () => {
  it("default", async () => {
    const input = memoryArchive({
      "boats.csv": 'name,"length, m",\nAnna,12.50,x\n\n"Kari ""II""",9,,more\nAnna,12.50,x\n',
    });
    expect(await summaryOf(input)).to.deep.equal({
      connector: "csv",
      segments: { records: [3, null, null] },
      remarks: [],
    });
    const rows = await rowsOf(input, "records");
    expect(rows.map(({ number, file }) => [number, file])).to.deep.equal([
      [1n, "boats.csv"],
      [2n, "boats.csv"],
      [3n, "boats.csv"],
    ]);
    expect(JSON.parse(String(rows[1]?.["row"]))).to.deep.equal({
      name: 'Kari "II"',
      "length, m": "9",
      "column 3": "",
      "column 4": "more",
    });
    expect(rows[0]?.["id"]).to.not.equal(rows[2]?.["id"]);
  });

  it("adversarial: a file of nothing is judged by its beginning, and read once", async () => {
    let given = 0;
    const endless: ArchiveInput = {
      entries: () => [{ path: "a.csv", size: 5e9 }],
      async *read() {
        const piece = new Uint8Array(65_536);
        for (let sent = 0; sent < 5e9; sent += piece.length) {
          given += piece.length;
          yield piece;
        }
      },
    };
    await expectError("EXPORT_INVALID", () =>
      readArchive(endless, { connector: "csv", limits: { maxRecordBytes: 1_000_000 } }),
    );
    expect(given).to.be.below(2_000_000);
  });

  it("behavior: other delimiters and charsets, repeated names, names that objects have", async () => {
    const latin = Uint8Array.from('a;b;a\nBl\xe5b\xe6r;"1;2";x\n', (char) => char.charCodeAt(0));
    expect(await parsed({ "gls.csv": latin })).to.deep.equal([{ a: "Blåbær", b: "1;2", "a 3": "x" }]);
    expect((await summaryOf(memoryArchive({ "gls.csv": latin }))).remarks).to.deep.equal([
      "changed is not UTF-8: read as Windows-1252 1",
    ]);
    const wide = new Uint8Array(Buffer.from("\ufeffa\tb\r\nå\t2\r\n", "utf16le"));
    expect(await parsed({ "wide.tsv": wide })).to.deep.equal([{ a: "å", b: "2" }]);
    expect(await parsed({ "lone.csv": "a,b\r1,2\r3,4" })).to.have.length(2);
    const [row] = await rowsOf(memoryArchive({ "p.csv": "__proto__,constructor\n1,2\n" }), "records");
    expect(row?.["row"]).to.equal('{"__proto__":"1","constructor":"2"}');
  });

  it("behavior: by content where the name does not say, and several in an archive", async () => {
    expect(await connectorOf({ data: "a,b\n1,2\n3,4\n" })).to.equal("csv");
    expect(await connectorOf({ data: "one line of text" })).to.equal("file");
    expect(await connectorOf({ "letter.txt": "Dear Kari,\nthe rope, is here.\nBest,\nOla\n" })).to.equal("file");
    const { segments } = await summaryOf(memoryArchive({ "x/a.csv": "a\n1\n", "x/b.csv": "a\n1\n", "readme.txt": "" }));
    expect(segments["records"]?.[0]).to.equal(2);
  });

  withSample(
    "reddit/synthetic/saved_posts.csv",
    "behavior: a file of a service that has no segment for it",
    async (input) => {
      const { connector, segments } = await summaryOf(input);
      expect([connector, segments["records"]?.[0]]).to.deep.equal(["csv", 1]);
    },
  );

  it("behavior: omitting others leaves nothing, for nobody knows who is in it", async () => {
    const { segments } = await summaryOf(memoryArchive({ "a.csv": "a,b\n1,2\n" }), {
      thirdParties: { policy: "omit" },
    });
    expect(segments["records"]?.[0]).to.equal(0);
  });

  it("error: ten million columns, a row without end, a quote that is never closed", async () => {
    await invalid({ "a.csv": ",".repeat(10_000_000) });
    await invalid({ "a.csv": `a,b\n${"x".repeat(5_000_000)}` });
    await invalid({ "a.csv": 'a,b\n"1,2\n' });
  });

  it("behavior: any size", async () => {
    const rows = listOf(3_000, (index) => [`${index}`, "Blåbær", `line\n${index}`]);
    const input = memoryArchive({ "a.csv": csvText([["n", "name", "text"], ...rows]) });
    expect((await summaryOf(input)).segments["records"]?.[0]).to.equal(3_000);
    expect(await csv.detect(inspectInput(input))).to.equal(0.29);
  });
});

describe("json and ndjson", () => {
  it("default", async () => {
    expect(await connectorOf({ "a.json": "[]" })).to.equal("json");
    const [row] = await rowsOf(
      memoryArchive({ "a.json": '[{"id":900100200300400500,"__proto__":{"a":1}}, 7]' }),
      "records",
    );
    expect(row?.["row"]).to.equal('{"id":900100200300400500,"__proto__":{"a":1}}');
    const exact = '{"a": 1e999, "b": 0.1234567890123456789}';
    const digits = await rowsOf(memoryArchive({ "a.json": `[${exact}, {"price": 1.10}]` }), "records");
    expect(digits.map(({ row }) => row)).to.deep.equal([exact, '{"price": 1.10}']);
    expect(await parsed({ "a.json": '{"a":[1,2]}' })).to.deep.equal([{ a: [1, 2] }]);
    expect(await connectorOf({ "a.jsonl": '{"a":1}\n' })).to.equal("ndjson");
    expect(await connectorOf({ "a.json": '{"a":1}\n{"a":2}\n' })).to.equal("ndjson");
    expect(await connectorOf({ a: '{"a":1}\n{"a":2}\n' })).to.equal("ndjson");
    expect(await parsed({ "a.ndjson": '{"a":1}\n\n{"a":1}\r\n"x"' })).to.deep.equal([{ a: 1 }, { a: 1 }, "x"]);
  });

  it("error: cut off, nested too deep", async () => {
    await invalid({ "a.json": '[{"a":1}, {"b"' });
    await invalid({ "a.json": "[".repeat(100_000) });
    await invalid({ "a.ndjson": '{"a":1}\n{"a":' });
  });
});

describe("parquet", () => {
  it("default", async () => {
    const bytes = await duckParquet(
      `select 12345678901234567890.123456789::decimal(38, 9) as amount, 1.10::decimal(4, 2) as small, 0.5 as half,
       timestamp '2024-01-01 10:00:00.123456' as at, date '2024-02-29' as day, 9007199254740993::bigint as big,
       'Bl\u00e5b\u00e6r' as text, '\\xAA'::blob as bytes, [1, null, 3] as list, {'a': 'b'} as struct, null::int as nothing
       from range(2)`,
    );
    expect(await connectorOf({ data: bytes })).to.equal("parquet");
    const [row] = await rowsOf(memoryArchive({ "a.parquet": bytes }), "records");
    expect(row?.["row"]).to.equal(
      '{"amount":"12345678901234567890.123456789","small":"1.1","half":"0.5","at":"2024-01-01T10:00:00.123456000Z",' +
        '"day":"2024-02-29","big":9007199254740993,"text":"Blåbær","bytes":"qg==","list":[1,null,3],"struct":{"a":"b"},"nothing":null}',
    );
  });

  it("behavior: files of this project, several row groups, no rows", async () => {
    const people = listOf(40_000, (index) => ({ pseudonym: `p${index}`, identity: "\ufeffKari" }));
    const { bytes } = await writeParquet(personSchema, people);
    const rows = await parsed({ "a.parquet": bytes });
    expect(rows).to.have.length(40_000);
    expect(rows[39_999]).to.deep.equal({ pseudonym: "p39999", identity: "\ufeffKari" });
    expect(await parsed({ "a.parquet": (await writeParquet(personSchema, [])).bytes })).to.deep.equal([]);
  });

  it("error: another codec, a cut file, no Parquet", async () => {
    await invalid({ "a.parquet": await duckParquet("select 1 as a from range(100)", "codec 'zstd'") });
    const bytes = await duckParquet("select 1 as a from range(100)");
    await invalid({ "a.parquet": bytes.subarray(0, bytes.length - 9) });
    await invalid({ "a.parquet": "PAR1" });
  });

  it("error: a run of a billion values in three bytes", async () => {
    const bytes = await duckParquet(
      "select case when range % 2 = 0 then 'a' else null end as a from range(40)",
      "codec 'uncompressed'",
    );
    let refused = 0;
    // Wherever a run's length may stand: never more memory than the page may have, and never another error.
    for (let at = 4; at < Math.min(bytes.length - 6, 120); at += 1) {
      const changed = Uint8Array.from(bytes);
      changed.set([0xfe, 0xff, 0xff, 0xff, 0x07], at);
      const input = memoryArchive({ "a.parquet": changed });
      try {
        await summaryOf(input);
      } catch (error) {
        expect((error as { code?: string }).code).to.be.oneOf(["EXPORT_INVALID", "ARCHIVE_TOO_LARGE"]);
        refused += 1;
      }
    }
    expect(refused).to.be.above(20);
  }).timeout(60_000);
});

describe("file", () => {
  it("default", async () => {
    const bytes = Uint8Array.from({ length: 1_500_000 }, (_, index) => (index * 7) & 255);
    bytes.set(new TextEncoder().encode("%PDF-1.7"));
    const input = memoryArchive({ "letter.bin": bytes }, 65_536);
    expect((await summaryOf(input)).connector).to.equal("file");
    const rows = await rowsOf(input, "file");
    const digest = createHash("sha256").update(bytes).digest("hex");
    expect(rows.map(({ id, part, parts, size, media_type }) => [id, part, parts, size, media_type])).to.deep.equal(
      [0n, 1n, 2n].map((part) => [`${digest}:${part}`, part, 3n, 1_500_000n, "application/pdf"]),
    );
    expect(Buffer.concat(rows.map(({ content }) => Buffer.from(String(content), "base64"))).equals(bytes)).to.equal(
      true,
    );
  });

  it("behavior: an empty file, and several only when asked for", async () => {
    expect((await summaryOf(memoryArchive({ empty: "" }))).segments).to.deep.equal({ file: [1, null, null] });
    const two = memoryArchive({ "a.bin": "\u0000a", "b.bin": "\u0000b" });
    await expectError("ARCHIVE_UNRECOGNISED", () => summaryOf(two));
    expect((await summaryOf(two, { connector: "file" })).segments["file"]?.[0]).to.equal(2);
  });
});
