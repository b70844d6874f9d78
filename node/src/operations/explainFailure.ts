import { explainChainError } from "@persona-protocol/sdk/contracts";
import { isPersonaError, PersonaError } from "@persona-protocol/sdk/errors";
import type { Logger } from "pino";

/** What the system says of a disk, and SQLite: the lower byte of an extended code. */
type DiskCodes = { readonly system: readonly string[]; readonly sqlite: readonly number[] };

/** FULL. */
const full: DiskCodes = { system: ["ENOSPC", "EDQUOT"], sqlite: [13] };
/** Full, read-only or broken. READONLY, IOERR, FULL, CANTOPEN. */
const broken: DiskCodes = { system: [...full.system, "EROFS", "EIO"], sqlite: [8, 10, 13, 14] };

/**
 * What ends a daemon, as an error of the table: a chain endpoint that fails and a full disk pass, and whoever starts daemons again is
 * to do so. Without it every error of a library would end in exit code 1, which wants a person.
 */
export async function explainFailure(error: unknown): Promise<unknown> {
  // Who met it may have called it a fault of the configuration, as the admin socket does: on a full disk nobody can mend that.
  const isFull = isPersonaError(error) ? isOfDisk(error.cause, full) : isOfDisk(error, broken);
  if (isFull) return new PersonaError("DATA_DIR_UNWRITABLE", "The data directory cannot be written.", { cause: error });
  if (isPersonaError(error)) return error;
  return explainChainError(error, "what the daemon asked for");
}

function isOfDisk(error: unknown, { system, sqlite }: DiskCodes): boolean {
  if (!(error instanceof Error)) return false;
  if ("code" in error && system.includes(String(error.code))) return true;
  return "errcode" in error && typeof error.errcode === "number" && sqlite.includes(error.errcode & 0xff);
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
