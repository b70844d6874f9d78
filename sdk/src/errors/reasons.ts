import { errorFacts } from "./errorFacts.ts";
import type { ErrorCode } from "./errorTable.ts";

/** Codes that contracts and guardians share, by their number in the Solidity enum `Reason`. */
const codeByReason: ReadonlyMap<number, ErrorCode> = new Map(
  (Object.keys(errorFacts) as ErrorCode[]).flatMap((code) => {
    const reason = errorFacts[code][2];
    return reason === undefined ? [] : [[reason, code] as const];
  }),
);

/** The code of a `Reason`; undefined for 0 (no objection) and for numbers this version does not know. */
export function codeOfReason(reason: number): ErrorCode | undefined {
  return codeByReason.get(reason);
}

/** The `Reason` number of a refusal code; undefined for a code that contracts and guardians never use. */
export function reasonOfCode(code: ErrorCode): number | undefined {
  // Facts of live accounts are elsewhere (`knowSourceErrors`), and none of them is a refusal.
  return (errorFacts as Partial<typeof errorFacts>)[code]?.[2];
}
