import { parquetMetadata } from "hyparquet/src/metadata.js";
import { parquetRead } from "hyparquet/src/read.js";
import type { FileMetaData, SchemaElement } from "hyparquet/src/types.js";
import { isPersonaError, PersonaError } from "../../errors/index.ts";
import { validInstant } from "../times.ts";
import { checkPages } from "./checkPages.ts";

/** A Parquet file whose numbers have been checked against its bytes. */
export type ParquetRows = {
  readonly columns: readonly string[];
  readonly records: number;
  /** Values of decimals inside lists and structures came through a float. */
  readonly hasNestedDecimals: boolean;
  /** Rows in order, a row group in memory at a time: values by column (all, or those named), as {@link exactValue} says. */
  rows(wanted?: readonly string[]): AsyncGenerator<readonly unknown[]>;
};

/** Values decoded at once: all columns of one row group. */
const maxGroupValues = 20_000_000;

/**
 * Opens a Parquet file that is in memory: its table of contents is at the end, and no stream begins there. Everything it claims
 * of its sizes is checked before a value is decoded, for the decoder believes them.
 *
 * Errors: `EXPORT_INVALID` when it is none, or uses what this reader does not (codecs but Snappy, encrypted columns);
 * `ARCHIVE_TOO_LARGE` when a row group has more than 20 million values.
 */
export function openParquet(bytes: Uint8Array, { file }: { readonly file: string }): ParquetRows {
  const invalid = (cause: unknown): PersonaError =>
    isPersonaError(cause)
      ? cause
      : new PersonaError("EXPORT_INVALID", `${file} is no Parquet file that can be read.`, { data: { file }, cause });
  const metadata = refusing(invalid, () => readMetadata(bytes));
  const root = metadata.schema[0];
  const top = refusing(invalid, () => topElements(metadata.schema));
  const records = metadata.row_groups.reduce((total, { num_rows }) => total + Number(num_rows), 0);
  if (root === undefined || records !== Number(metadata.num_rows) || !Number.isSafeInteger(records))
    throw invalid(undefined);
  for (const group of metadata.row_groups) {
    const values = group.columns.reduce((total, { meta_data }) => total + Number(meta_data?.num_values ?? 0), 0);
    if (values + Number(group.num_rows) > maxGroupValues)
      throw new PersonaError("ARCHIVE_TOO_LARGE", `${file} has a row group of more than ${maxGroupValues} values.`, {
        data: { file, values },
      });
  }
  const decimals = new Map(top.flatMap((element) => (isDecimal(element) ? [[element.name, element.scale ?? 0]] : [])));
  const exact: FileMetaData = {
    ...metadata,
    schema: metadata.schema.map((element) => (top.includes(element) ? plain(element) : element)),
  };
  const columns = top.map(({ name }) => name);

  return {
    columns,
    records,
    hasNestedDecimals: metadata.schema.some((element) => isDecimal(element) && !top.includes(element)),
    async *rows(wanted = columns) {
      if (wanted.some((name) => !columns.includes(name))) throw invalid(undefined);
      let rowStart = 0;
      for (const group of metadata.row_groups) {
        const rowEnd = rowStart + Number(group.num_rows);
        let rows: unknown[][] = [];
        try {
          checkPages(bytes, group, metadata.schema);
          await parquetRead({
            file: { byteLength: bytes.length, slice: (start, end) => bytes.slice(start, end).buffer },
            metadata: exact,
            columns: [...wanted],
            rowStart,
            rowEnd,
            utf8: false,
            geoparquet: false,
            parsers,
            rowFormat: "array",
            onComplete: (read) => {
              rows = read;
            },
          });
        } catch (cause) {
          throw invalid(cause);
        }
        if (rows.length !== rowEnd - rowStart) throw invalid(undefined);
        for (const row of rows) yield row.map((value, index) => exactValue(value, decimals.get(wanted[index] ?? "")));
        rowStart = rowEnd;
      }
    },
  };
}

function readMetadata(bytes: Uint8Array): FileMetaData {
  // Least and greatest values, which nobody asks for here, may end within a character.
  const ignored = () => null;
  return parquetMetadata(bytes, {
    geoparquet: false,
    parsers: {
      stringFromBytes: ignored,
      jsonFromBytes: ignored,
      geometryFromBytes: ignored,
      geographyFromBytes: ignored,
    },
  });
}

/** The decoder makes floats of decimals, and objects of JSON: without these marks it gives what stands in the file. */
function plain(element: SchemaElement): SchemaElement {
  if (!isDecimal(element) && element.converted_type !== "JSON" && element.logical_type?.type !== "JSON") return element;
  const { converted_type: _, logical_type: __, ...rest } = element;
  return isDecimal(element) ? rest : { ...rest, converted_type: "UTF8" };
}

function isDecimal({ converted_type, logical_type, type }: SchemaElement): boolean {
  return type !== undefined && (converted_type === "DECIMAL" || logical_type?.type === "DECIMAL");
}

/** The columns of the rows: the children of the first element, each with all below it passed over. */
function topElements(schema: readonly SchemaElement[]): readonly SchemaElement[] {
  const top: SchemaElement[] = [];
  let open = 0;
  for (const element of schema.slice(1)) {
    if (open === 0) top.push(element);
    else open -= 1;
    open += element.num_children ?? 0;
  }
  return top;
}

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** What the decoder makes of typed values: nothing that rounds. */
const parsers = {
  timestampFromMilliseconds: (millis: bigint) => instantText(millis * 1_000_000n),
  timestampFromMicroseconds: (micros: bigint) => instantText(micros * 1_000n),
  timestampFromNanoseconds: (nanos: bigint) => instantText(nanos),
  dateFromDays: (days: number) =>
    validInstant(days * 86_400_000)
      ?.toISOString()
      .slice(0, 10) ?? days,
  // A null stays one.
  stringFromBytes: (bytes: Uint8Array | undefined) => (bytes === undefined ? bytes : strict.decode(bytes)),
};

/** A Date where it holds the instant; RFC 3339 with nine digits where it would round; nanoseconds where there is no such year. */
function instantText(nanos: bigint): Date | string | bigint {
  const millis = nanos / 1_000_000n - (nanos % 1_000_000n < 0n ? 1n : 0n);
  const instant = validInstant(Number(millis));
  if (instant === null) return nanos;
  const rest = nanos - millis * 1_000_000n;
  if (rest === 0n) return instant;
  return instant.toISOString().replace("Z", `${String(rest).padStart(6, "0")}Z`);
}

/** Text, boolean, finite number, bigint, Date, bytes, null, or lists and objects of these. Decimals are text, all digits in it. */
function exactValue(value: unknown, scale: number | undefined): unknown {
  if (value === undefined || value === null) return null;
  if (scale === undefined) return value;
  if (value instanceof Uint8Array) return decimalText(signed(value), scale);
  return typeof value === "bigint" || typeof value === "number" ? decimalText(BigInt(value), scale) : value;
}

function signed(bytes: Uint8Array): bigint {
  let value = 0n;
  for (const byte of bytes) value = (value << 8n) | BigInt(byte);
  return BigInt.asIntN(bytes.length * 8, value);
}

/** `1.1` and not `1.100000000000000000`: zeros behind the last digit say nothing. */
function decimalText(unscaled: bigint, scale: number): string {
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, "0");
  const whole = digits.slice(0, digits.length - scale);
  const fraction = digits.slice(digits.length - scale).replace(/0+$/, "");
  return `${unscaled < 0n ? "-" : ""}${whole}${fraction === "" ? "" : `.${fraction}`}`;
}

function refusing<T>(invalid: (cause: unknown) => PersonaError, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw invalid(cause);
  }
}
