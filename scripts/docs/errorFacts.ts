import { type ErrorEntry, errorTable } from "@persona-protocol/sdk/errors";

const isOfSource = (code: string) => /^(?:SOURCE|ORIGIN)_/.test(code);

/** What of the error table a page loads: exit code, what to do, reason. `why` is a third of it, and in docs/errors.md. */
export function errorFactsModule(): string {
  return [
    "// Generated from errorTable.ts by `npm run docs`. Do not edit.",
    'import type { ErrorCode } from "./errorTable.ts";',
    "",
    "type ErrorFact = readonly [exit: 1 | 2 | 75, fix: string, reason?: number];",
    "",
    "const facts: Partial<Record<ErrorCode, ErrorFact>> = {",
    ...factLines((code) => !isOfSource(code)),
    "};",
    "",
    "/**",
    " * Exit code, what to do, and the place in the Solidity enum `Reason`. A code is worth another try where its exit code is 75.",
    " * Those of live accounts are among them once knowSourceErrors was called.",
    " */",
    "export const errorFacts = facts as Record<ErrorCode, ErrorFact>;",
    "",
  ].join("\n");
}

/** The same of live accounts, which no page that asks for access ever meets. */
export function sourceFactsModule(): string {
  return [
    "// Generated from errorTable.ts by `npm run docs`. Do not edit.",
    'import type { SourceErrorCode } from "./errorTable.ts";',
    "",
    "export const sourceFacts: Readonly<Record<SourceErrorCode, readonly [exit: 1 | 2 | 75, fix: string]>> = {",
    ...factLines(isOfSource),
    "};",
    "",
  ].join("\n");
}

function factLines(isWanted: (code: string) => boolean): string[] {
  const entries = (Object.entries(errorTable) as [string, ErrorEntry][]).filter(([code]) => isWanted(code));
  return entries.map(
    ([code, { exit, fix, reason }]) =>
      `  ${code}: [${[exit, JSON.stringify(fix), ...(reason === undefined ? [] : [reason])].join(", ")}],`,
  );
}
