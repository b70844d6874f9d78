import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { PersonaError } from "@persona-protocol/sdk/errors";

export type Evidence =
  | { readonly kind: "json"; readonly text: string }
  | { readonly kind: "mail"; readonly bytes: Uint8Array };

/** Proofs have some kilobytes; a message what its attachments have. */
const maxJsonBytes = 8 * 1024 * 1024;
const maxMailBytes = 64 * 1024 * 1024;

/**
 * The file, told apart by its first bytes: `{` or `[` is JSON, a header field is a message. A byte order mark is passed over.
 * @throws PersonaError PROVENANCE_UNREADABLE
 */
export async function readEvidence(path: string): Promise<Evidence> {
  const bytes = withoutMark(await readWhole(path));
  const start = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, 1_024)).toString("latin1");
  if (/^\s*[{[]/.test(start)) {
    if (bytes.byteLength > maxJsonBytes) throw tooLarge(path, maxJsonBytes);
    try {
      return { kind: "json", text: new TextDecoder("utf-8", { fatal: true }).decode(bytes) };
    } catch (cause) {
      throw unreadable(path, "is JSON that is not UTF-8", cause);
    }
  }
  // The line of a mailbox before a message that was cut out of one is no field.
  if (/^(?:>?From [^\n]*\n)?[!-9;-~]+[ \t]*:/.test(start)) return { kind: "mail", bytes };
  throw unreadable(path, bytes.byteLength === 0 ? "is empty" : "is neither JSON nor an e-mail");
}

async function readWhole(path: string): Promise<Uint8Array> {
  try {
    // A named pipe would wait for a writer for ever.
    const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const stat = await handle.stat();
      if (!stat.isFile()) throw unreadable(path, "is not a file");
      if (stat.size > maxMailBytes) throw tooLarge(path, maxMailBytes);
      // It may grow while it is read.
      const buffer = Buffer.alloc(stat.size + 1);
      let length = 0;
      for (;;) {
        const { bytesRead } = await handle.read(buffer, length, buffer.length - length, length);
        length += bytesRead;
        if (bytesRead === 0) return buffer.subarray(0, length);
        if (length === buffer.length) throw unreadable(path, "changes while it is read");
      }
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (error instanceof PersonaError) throw error;
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown problem";
    throw unreadable(path, code === "ENOENT" ? "is not there" : `cannot be read (${code})`, error);
  }
}

const withoutMark = (bytes: Uint8Array) =>
  bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;

const tooLarge = (path: string, most: number) => unreadable(path, `is longer than ${most} bytes`);

const unreadable = (path: string, problem: string, cause?: unknown) =>
  new PersonaError("PROVENANCE_UNREADABLE", `${path} ${problem}.`, { data: { path }, cause });
