import type { Connector, ConnectorOpenOptions, InspectedInput, RawRecord } from "../connector.ts";
import { createExportReader } from "../exportReader.ts";
import { createOccurrences } from "../occurrences.ts";
import { openParquet } from "../parquetFile/openParquet.ts";
import { wholeBytes } from "../parquetFile/wholeBytes.ts";
import { exactJsonText } from "../text/json.ts";
import { claim, claimed } from "./claim.ts";
import { createOutputGuard, type RawRow, rowSegments } from "./rowSegment.ts";

/**
 * Any Parquet file up to 256 MB, which is read whole for its table of contents is at the end: Snappy or not compressed. Each row
 * becomes an object by the names of its columns: decimals as text with all their digits, instants as RFC 3339, bytes as base64.
 * Nobody knows who is in it: all of it counts as about others.
 */
export const parquet: Connector = {
  id: "parquet",
  segments: rowSegments,
  detect: async (input) => {
    const usual = await claim(input, pattern, isParquet);
    const [only, another] = input.entries();
    return only !== undefined && another === undefined && isParquet(await input.head(only.path)) ? 0.9 : usual;
  },
  open,
};

const pattern = /\.(?:parquet|pq)$/i;
const maxBytes = 256 * 2 ** 20;

function isParquet(head: Uint8Array): boolean {
  return String.fromCharCode(...head.subarray(0, 4)) === "PAR1";
}

async function* open(input: InspectedInput, options: ConnectorOpenOptions): AsyncGenerator<RawRecord> {
  const files = claimed(input, pattern);
  const read = createExportReader(input, options, files);
  const occurrenceOf = createOccurrences();
  const guard = createOutputGuard(options.limits);
  for (const entry of files) {
    const file = entry.path;
    const whole = await wholeBytes(read(entry), { file, maxBytes: Math.min(maxBytes, options.limits.maxEntryBytes) });
    const table = openParquet(whole, { file });
    const changes = table.hasNestedDecimals ? ["decimals inside lists or structures came through a float"] : [];
    let number = 0;
    for await (const values of table.rows()) {
      number += 1;
      const text = exactJsonText(
        Object.fromEntries(values.map((value, index) => [table.columns[index] ?? "", plainValue(value)])),
      );
      guard(text, file);
      const row: RawRow = { text, number, occurrence: occurrenceOf([text]), changes };
      // It has no place in bytes: columns stand apart.
      yield { segment: "records", value: row, file, position: number };
    }
  }
}

/** What JSON can hold: it writes instants and bigint itself, and null for what is no number. */
function plainValue(value: unknown): unknown {
  if (value instanceof Uint8Array) return btoa(Array.from(value, (byte) => String.fromCharCode(byte)).join(""));
  if (typeof value === "number" && !Number.isFinite(value)) return String(value);
  if (Array.isArray(value)) return value.map(plainValue);
  if (typeof value !== "object" || value === null || value instanceof Date) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, plainValue(item)]));
}
