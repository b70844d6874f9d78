import { csv } from "../../../sdk/src/ingest/generic/csv.ts";
import { file } from "../../../sdk/src/ingest/generic/file.ts";
import { json, ndjson } from "../../../sdk/src/ingest/generic/json.ts";
import { parquet } from "../../../sdk/src/ingest/generic/parquet.ts";
import { duckParquet } from "../../helpers/duckParquet.ts";
import { fuzzConnector } from "./fuzzConnector.ts";

describe("fuzz of the generic connectors", () => {
  it("behavior: csv", async () => fuzzConnector(csv, { "a.csv": 'a;b\n1;"x;\n""y"\n2;Blåbær\n' })).timeout(0);
  it("behavior: json", async () => fuzzConnector(json, { "a.json": '[{"a":[1,2.5e3,"å"]},null]' })).timeout(0);
  it("behavior: ndjson", async () =>
    fuzzConnector(ndjson, { "a.ndjson": '{"a":9007199254740993}\n{"b":["x"]}\n' })).timeout(0);
  it("behavior: file", async () => fuzzConnector(file, { a: "some bytes" })).timeout(0);
  it("behavior: parquet", async () => {
    const query =
      "select i as n, case when i % 3 = 0 then null else 'text' || i % 2 end as t, [i] as l, 1.5::decimal(9, 2) as d";
    const snappy = await duckParquet(`${query} from range(20) t(i)`);
    const plain = await duckParquet(`${query} from range(9) t(i)`, "codec 'uncompressed', parquet_version v2");
    await fuzzConnector(parquet, { "a.parquet": snappy, "b.parquet": plain }, { alone: true });
  }).timeout(0);
});
