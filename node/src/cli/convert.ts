import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { constants } from "node:fs";
import { type FileHandle, link, open, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { PersonaError } from "@persona-protocol/sdk/errors";
import { convertRecords, type RecordFormat, recordFormats, recordSchemas } from "@persona-protocol/sdk/ingest";
import { requireNewFile } from "./files.ts";
import { jsonLine } from "./jsonLine.ts";
import { printable } from "./runCommand.ts";
import { untilStopped } from "./untilStopped.ts";

export type ConvertFlags = {
  readonly schema: string;
  readonly to: string;
  readonly from?: string;
  readonly out?: string;
  readonly json: boolean;
};

const pieceBytes = 256 * 1024;

/**
 * `persona convert FILE --schema ID --to FORMAT`: records from one form to another, to a new file or to standard output. The new
 * file is there whole or not at all, and only its owner may read it.
 */
export async function convert(file: string, flags: ConvertFlags): Promise<void> {
  const schema = recordSchemas.get(flags.schema);
  if (schema === undefined)
    throw new PersonaError("USAGE", `There is no schema ${flags.schema}.`, {
      data: { schemas: [...recordSchemas.keys()].join(", ") },
    });
  const to = formatOf(flags.to, "--to");
  const { out } = flags;
  if (out === undefined && flags.json)
    throw new PersonaError("USAGE", "--json needs --out: standard output is the records' otherwise.");
  if (out === undefined && to === "parquet" && process.stdout.isTTY)
    throw new PersonaError("USAGE", "Parquet is not for a terminal: name a file with --out.");
  if (out !== undefined) await requireNewFile(out);
  const signal = untilStopped();
  const input = await openInput(file);
  try {
    const from = flags.from === undefined ? await guessFormat(file, input) : formatOf(flags.from, "--from");
    const bytes = convertRecords(schema, piecesOf(input, signal), { file: basename(file), from, to });
    if (out === undefined) return await print(bytes);
    await writeWhole(out, bytes);
    if (flags.json) process.stdout.write(jsonLine({ ok: true, schema: schema.id, from, to, out }));
    else process.stderr.write(`${printable(out)} holds ${schema.id} as ${to}.\n`);
  } finally {
    await input.close();
  }
}

function formatOf(name: string, flag: string): RecordFormat {
  const format = recordFormats.find((each) => each === name);
  if (format === undefined)
    throw new PersonaError("USAGE", `${flag} is one of ${recordFormats.join(", ")}.`, { data: { given: name } });
  return format;
}

async function openInput(file: string): Promise<FileHandle> {
  const missing = (cause?: unknown) =>
    new PersonaError("ARCHIVE_NOT_FOUND", `${file} is not a file that can be read.`, { data: { file }, cause });
  // A named pipe would wait for a writer for ever.
  const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK).catch((cause: unknown) => {
    throw missing(cause);
  });
  if ((await handle.stat()).isFile()) return handle;
  await handle.close();
  throw missing();
}

/** Parquet by its first bytes, the others by the end of the name: their beginnings can look alike. */
async function guessFormat(file: string, handle: FileHandle): Promise<RecordFormat> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(4), 0, 4, 0);
  if (buffer.toString("latin1", 0, bytesRead) === "PAR1") return "parquet";
  const extension = /\.([a-z]+)$/i.exec(file)?.[1]?.toLowerCase();
  const named = extension === "jsonl" ? "ndjson" : recordFormats.find((each) => each === extension);
  if (named === undefined)
    throw new PersonaError("USAGE", `${file} does not say what it is: give --from.`, {
      data: { formats: recordFormats.join(", ") },
    });
  return named;
}

async function* piecesOf(handle: FileHandle, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  let position = 0;
  for (;;) {
    if (signal.aborted) throw new PersonaError("CANCELLED", "The conversion was stopped.", { cause: signal.reason });
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(pieceBytes), 0, pieceBytes, position);
    if (bytesRead === 0) return;
    position += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

async function print(bytes: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const piece of bytes) if (!process.stdout.write(piece)) await once(process.stdout, "drain");
}

/** Under another name until it is whole; linked, not renamed, for that would replace a file that came in the meantime. */
async function writeWhole(path: string, bytes: AsyncIterable<Uint8Array>): Promise<void> {
  const part = join(dirname(path), `.${basename(path)}.${randomUUID()}`);
  try {
    const handle = await open(part, "wx", 0o600);
    try {
      for await (const piece of bytes) await handle.writeFile(piece);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await link(part, path);
  } catch (cause) {
    if (cause instanceof PersonaError) throw cause;
    const isThere = cause instanceof Error && "code" in cause && cause.code === "EEXIST";
    const problem = isThere ? "is there already, and is not overwritten" : "cannot be written";
    throw new PersonaError("CONFIG_INVALID", `${path} ${problem}.`, { data: { path }, cause });
  } finally {
    await rm(part, { force: true });
  }
}
