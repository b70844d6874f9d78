import { type ErrorEntry, errorTable } from "@persona-protocol/sdk/errors";

/** What of the error table a page loads: exit code, what to do, reason. `why` is a third of it, and in docs/errors.md. */
export function errorFactsModule(): string {
  const entries = Object.entries(errorTable) as [string, ErrorEntry][];
  return [
    "// Generated from errorTable.ts by `npm run docs`. Do not edit.",
    'import type { ErrorCode } from "./errorTable.ts";',
    "",
    "/** Exit code, what to do, and the place in the Solidity enum `Reason`. A code is worth another try where its exit code is 75. */",
    "export const errorFacts: Readonly<Record<ErrorCode, readonly [exit: 1 | 2 | 75, fix: string, reason?: number]>> = {",
    ...entries.map(
      ([code, { exit, fix, reason }]) =>
        `  ${code}: [${[exit, JSON.stringify(fix), ...(reason === undefined ? [] : [reason])].join(", ")}],`,
    ),
    "};",
    "",
  ].join("\n");
}
