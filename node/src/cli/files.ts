import { randomUUID } from "node:crypto";
import { constants } from "node:fs";
import { access, link, open, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { type ErrorCode, PersonaError } from "@persona-protocol/sdk/errors";

/**
 * The text of a small file that a person named.
 * @throws PersonaError with `code` when it is missing, unreadable, not UTF-8 or longer than `maxBytes`
 */
export async function readSmallFile(path: string, maxBytes: number, code: ErrorCode): Promise<string> {
  const bytes = await readSmallBytes(path, maxBytes, code);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new PersonaError(code, `${path} ${problemOf(cause)}.`, { data: { path }, cause });
  }
}

/**
 * The bytes of a small file that a person named.
 * @throws PersonaError with `code` when it is missing, unreadable or longer than `maxBytes`
 */
export async function readSmallBytes(path: string, maxBytes: number, code: ErrorCode): Promise<Uint8Array> {
  const unreadable = (why: string, cause?: unknown) =>
    new PersonaError(code, `${path} ${why}.`, { data: { path }, cause });
  try {
    // A named pipe would wait for a writer for ever.
    const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      if (!(await handle.stat()).isFile()) throw unreadable("is not a file");
      const buffer = Buffer.alloc(maxBytes + 1);
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, 0);
      if (bytesRead > maxBytes) throw unreadable(`is longer than ${maxBytes} bytes`);
      return Uint8Array.from(buffer.subarray(0, bytesRead));
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (error instanceof PersonaError) throw error;
    throw unreadable(problemOf(error), error);
  }
}

/** Trailing white space is not part of it: editors and `echo` add a newline. */
export async function readPassphrase(path: string): Promise<string> {
  const passphrase = (await readSmallFile(path, 4_096, "CONFIG_INVALID")).trimEnd();
  if (passphrase === "") throw new PersonaError("CONFIG_INVALID", `${path} holds no passphrase.`, { data: { path } });
  return passphrase;
}

/** Says no before any work is done where the file could not be written at its end. */
export async function requireNewFile(path: string): Promise<void> {
  await access(dirname(path), constants.W_OK).catch((cause) => {
    throw new PersonaError("CONFIG_INVALID", `${path} cannot be written: ${problemOf(cause)}.`, {
      data: { path },
      cause,
    });
  });
  const exists = await access(path, constants.F_OK).then(
    () => true,
    () => false,
  );
  if (exists) throw alreadyThere(path);
}

/**
 * Writes a private file whole or not at all, and never over another.
 * @throws PersonaError CONFIG_INVALID
 */
export async function writeNewFile(path: string, text: string | Uint8Array): Promise<void> {
  const part = join(dirname(path), `.${basename(path)}.${randomUUID()}`);
  try {
    const handle = await open(part, "wx", 0o600);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    // Not rename: that would replace a file that came in the meantime.
    await link(part, path);
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "EEXIST") throw alreadyThere(path);
    throw new PersonaError("CONFIG_INVALID", `${path} cannot be written: ${problemOf(cause)}.`, {
      data: { path },
      cause,
    });
  } finally {
    await rm(part, { force: true });
  }
}

const alreadyThere = (path: string) =>
  new PersonaError("CONFIG_INVALID", `${path} is there already, and is not overwritten.`, { data: { path } });

function problemOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : undefined;
  if (code === "ENOENT") return "is not there";
  if (code === "ERR_ENCODING_INVALID_ENCODED_DATA") return "is not text";
  return `cannot be used (${code ?? "unknown problem"})`;
}
