/**
 * What passes between supervisor and sandbox: one job in, one answer out, over a pipe each. The sandbox is not believed: its answer
 * has a fixed frame, a size that was agreed on beforehand, and numbers and bytes that the supervisor judges (outputPolicy.ts).
 *
 * Job = uint32 length ‖ DAG-CBOR of {@link SandboxJob} ‖ the tables' Parquet files, in order. The pipe then stays open: when it
 * ends, so does the sandbox. Answer = the byte {@link readyByte} as soon as the engine is warm, later
 * uint8 status ‖ uint32 peak KiB ‖ float64 fuel used ‖ uint32 n ‖ n × (uint32 rows, uint32 owners) ‖ uint32 length ‖ result.
 */
import * as dagCbor from "@ipld/dag-cbor";

export type SandboxJob = {
  readonly kind: "sql" | "wasm" | "js";
  /** SQL statement or script in UTF-8, or a module. */
  readonly code: Uint8Array;
  readonly args: Readonly<Record<string, unknown>>;
  readonly tables: readonly SandboxTableHead[];
  /** Names of the program's tables, with the columns that `wasm` and `js` get, in the order in which they get them. */
  readonly reads: readonly { readonly table: string; readonly columns: readonly string[] }[];
  readonly maxRows: number;
  readonly memoryMb: number;
  readonly fuel: number;
  readonly outputBytes: number;
  /** `sql`: count records and owners behind each row. */
  readonly countGroups: boolean;
};

/** `owner` is a pseudonym; `bytes` is the length of the Parquet file. */
export type SandboxTableHead = { readonly table: string; readonly owner: string; readonly bytes: number };

export type SandboxAnswer = {
  readonly verdict: (typeof verdicts)[number];
  /** As the sandbox says. */
  readonly peakKiB: number;
  readonly fuelUsed: number;
  /** For each row of the result, where they were asked for. */
  readonly groups: readonly { readonly rows: number; readonly owners: number }[];
  readonly result: Uint8Array;
};

/** What a sandbox may say of its program, by status byte. */
export const verdicts = [
  "DONE",
  "PROGRAM_INVALID",
  "PROGRAM_FAILED",
  "LIMIT_EXCEEDED",
  "OUTPUT_POLICY_VIOLATED",
  "OUTPUT_TOO_LARGE",
  "ENCLAVE_FAILED",
] as const;

export const readyByte = 0x52;
const headBytes = 1 + 4 + 8 + 4;
const maxGroups = 100_000;

export function encodeJobHead(job: SandboxJob): Uint8Array {
  const body = dagCbor.encode(job);
  const out = new Uint8Array(4 + body.length);
  new DataView(out.buffer).setUint32(0, body.length);
  out.set(body, 4);
  return out;
}

export function encodeAnswer({ verdict, peakKiB, fuelUsed, groups, result }: SandboxAnswer): Uint8Array {
  const out = new Uint8Array(headBytes + 8 * groups.length + 4 + result.length);
  const view = new DataView(out.buffer);
  view.setUint8(0, verdicts.indexOf(verdict));
  view.setUint32(1, peakKiB);
  view.setFloat64(5, fuelUsed);
  view.setUint32(13, groups.length);
  for (const [i, { rows, owners }] of groups.entries()) {
    view.setUint32(headBytes + 8 * i, rows);
    view.setUint32(headBytes + 8 * i + 4, owners);
  }
  view.setUint32(headBytes + 8 * groups.length, result.length);
  out.set(result, headBytes + 8 * groups.length + 4);
  return out;
}

/** Most bytes that an answer with a result of at most `outputBytes` has. */
export const maxAnswerBytes = (outputBytes: number, maxRows: number): number =>
  headBytes + 8 * Math.min(maxRows, maxGroups) + 4 + outputBytes;

/** The answer, undefined while it is not whole, or "broken" where these bytes cannot begin one. */
export function decodeAnswer(bytes: Uint8Array, outputBytes: number): SandboxAnswer | "broken" | undefined {
  if (bytes.length < headBytes) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const verdict = verdicts[view.getUint8(0)];
  const count = view.getUint32(13);
  const at = headBytes + 8 * count;
  if (verdict === undefined || count > maxGroups) return "broken";
  if (bytes.length < at + 4) return undefined;
  const length = view.getUint32(at);
  if (length > outputBytes || bytes.length > at + 4 + length) return "broken";
  if (bytes.length < at + 4 + length) return undefined;
  const groups = Array.from({ length: count }, (_, i) => ({
    rows: view.getUint32(headBytes + 8 * i),
    owners: view.getUint32(headBytes + 8 * i + 4),
  }));
  return { verdict, peakKiB: view.getUint32(1), fuelUsed: view.getFloat64(5), groups, result: bytes.slice(at + 4) };
}
