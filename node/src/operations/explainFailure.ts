import { explainChainError } from "@persona-protocol/sdk/contracts";
import { isPersonaError, PersonaError } from "@persona-protocol/sdk/errors";
import type { Logger } from "pino";

/** What the system says of a disk that is full, read-only or broken. */
const diskCodes: readonly string[] = ["ENOSPC", "EDQUOT", "EROFS", "EIO"];
/** SQLite's: READONLY, IOERR, FULL, CANTOPEN. The lower byte of an extended code. */
const sqliteCodes: readonly number[] = [8, 10, 13, 14];

/**
 * What ends a daemon, as an error of the table: a chain endpoint that fails and a full disk pass, and whoever starts daemons again is
 * to do so. Without it every error of a library would end in exit code 1, which wants a person.
 */
export async function explainFailure(error: unknown): Promise<unknown> {
  if (isPersonaError(error)) return error;
  if (isOfDisk(error))
    return new PersonaError("DATA_DIR_UNWRITABLE", "The data directory cannot be written.", { cause: error });
  return explainChainError(error, "what the daemon asked for");
}

function isOfDisk(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if ("code" in error && diskCodes.includes(String(error.code))) return true;
  return "errcode" in error && typeof error.errcode === "number" && sqliteCodes.includes(error.errcode & 0xff);
}

/**
 * Ends the process with 75 where something was thrown that nobody catches: its supervisor starts it again, the journal knows where it
 * was, and the job that did it is put aside when it does it again.
 */
export function endOnCrash(log: Pick<Logger, "error">): void {
  process.once("uncaughtException", async (thrown) => {
    const why = await explainFailure(thrown).catch(() => undefined);
    const error = isPersonaError(why)
      ? why
      : new PersonaError("NODE_CRASHED", "Something unexpected ended the daemon.");
    log.error({ code: error.code, error: thrown instanceof Error ? thrown.name : "unknown" }, "the daemon crashes");
    process.stderr.write(`${JSON.stringify({ ok: false, error: error.toJSON() })}\n`);
    if (process.env["PERSONA_DEBUG"] !== undefined && thrown instanceof Error)
      process.stderr.write(`${thrown.stack ?? ""}\n`);
    process.exit(75);
  });
}
