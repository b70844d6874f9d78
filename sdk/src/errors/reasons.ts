import { type ErrorCode, type ErrorEntry, errorTable } from "./errorTable.ts";

/** Codes that contracts and guardians share, by their number in the Solidity enum `Reason`. */
const codeByReason: ReadonlyMap<number, ErrorCode> = new Map(
  (Object.entries(errorTable) as [ErrorCode, ErrorEntry][]).flatMap(([code, entry]) =>
    entry.reason === undefined ? [] : [[entry.reason, code] as const],
  ),
);

/** The code of a `Reason`; undefined for 0 (no objection) and for numbers this version does not know. */
export function codeOfReason(reason: number): ErrorCode | undefined {
  return codeByReason.get(reason);
}

/** The `Reason` number of a refusal code; undefined for a code that contracts and guardians never use. */
export function reasonOfCode(code: ErrorCode): number | undefined {
  const entry: ErrorEntry = errorTable[code];
  return entry.reason;
}
