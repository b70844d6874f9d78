import { printable as harmless, isPersonaError, PersonaError } from "@persona-protocol/sdk/errors";
import { jsonLine } from "./jsonLine.ts";

/**
 * Runs a command to its exit code: 0, or that of the error (1 fatal, 2 refused, 75 temporary). What went wrong goes to stderr
 * as text a person can act on, or with `json` as one line; a stack trace only with PERSONA_DEBUG set.
 */
export async function runCommand(action: () => Promise<void>, options: { readonly json: boolean }): Promise<void> {
  try {
    await action();
  } catch (error) {
    const known = await knownError(error);
    process.stderr.write(
      options.json
        ? jsonLine({ ok: false, error: known.toJSON() })
        : `\nerror ${known.code}: ${printable(known.message)}\n`,
    );
    if (process.env["PERSONA_DEBUG"] !== undefined) process.stderr.write(`${traceOf(known)}\n`);
    // Stopped by a signal: the exit code that says so is set already.
    if (known.code !== "CANCELLED" || process.exitCode === undefined) process.exitCode = known.exitCode;
  }
}

/** What a chain endpoint did wrong in the middle of a command is no bug of ours. */
async function knownError(error: unknown): Promise<PersonaError> {
  if (isPersonaError(error)) return error;
  // Loaded when there is one: it brings viem.
  const { explainChainError } = await import("@persona-protocol/sdk/contracts");
  const explained = await explainChainError(error, "what the command asked");
  return isPersonaError(explained) ? explained : new PersonaError("INTERNAL", messageOf(error), { cause: error });
}

const messageOf = (error: unknown) =>
  error instanceof Error ? `${error.name}: ${error.message.split("\n")[0]}` : String(error);

function traceOf(error: unknown): string {
  if (!(error instanceof Error)) return "";
  return error.cause === undefined ? (error.stack ?? "") : `${error.stack}\ncaused by ${traceOf(error.cause)}`;
}

/**
 * File names and texts of strangers must not drive the terminal: the SDK's `printable`, for text of several lines. Rather cut than
 * flooded: no command prints as much that somebody would read.
 */
export const printable = (text: string): string => harmless(text, { lines: true, maxLength: 200_000 });
