import { constants } from "node:fs";
import { open, stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import {
  decodeCode,
  decodeProgram,
  encodeCode,
  encodeProgram,
  maxCodeBytes,
  type ProgramManifest,
} from "@persona-protocol/sdk/compute";
import { PersonaError } from "@persona-protocol/sdk/errors";
import { cidOfDigest, decodeCbor, encodeCbor } from "@persona-protocol/sdk/storage";
import type { Hex } from "viem";
import { z } from "zod";
import { readSmallFile } from "../files.ts";

/** A program of version 2, whole. */
export type BuiltProgram = {
  readonly name: string;
  readonly programId: Hex;
  readonly manifest: ProgramManifest;
  readonly manifestBytes: Uint8Array;
  readonly manifestCid: string;
  readonly code: Uint8Array;
  /** The block that `manifest.code` names. */
  readonly codeBlock: Uint8Array;
};

const fileSchema = z.strictObject({
  v: z.literal(1),
  manifest: z.instanceof(Uint8Array),
  code: z.instanceof(Uint8Array),
});
const maxFileBytes = maxCodeBytes + 128 * 1024;

/** One file that holds manifest and code. */
export const encodeProgramFile = ({ manifestBytes, codeBlock }: BuiltProgram): Uint8Array =>
  encodeCbor({ v: 1, manifest: manifestBytes, code: codeBlock });

/** A program by its folder, or by the file that was made of it. @throws PersonaError PROGRAM_INVALID, CONFIG_INVALID */
export async function readProgram(path: string): Promise<BuiltProgram> {
  const found = await stat(path).catch((cause: unknown) => {
    throw new PersonaError("CONFIG_INVALID", `${path} is not there.`, { data: { path }, cause });
  });
  if (found.isDirectory()) return buildProgram(path);
  const bytes = await readBytes(path, maxFileBytes);
  const what = "program file";
  const file = decodeCbor(bytes, { schema: fileSchema, maxBytes: maxFileBytes, code: "PROGRAM_INVALID", what });
  const program = decodeProgram(file.manifest);
  if (program.v !== 2) throw new PersonaError("PROGRAM_INVALID", "The file holds no program of version 2.");
  return built(program.name, program, decodeCode(program, file.code));
}

/** The program that a folder's program.json and code make. @throws PersonaError PROGRAM_INVALID, CONFIG_INVALID */
export async function buildProgram(folder: string): Promise<BuiltProgram> {
  const file = join(folder, "program.json");
  const text = await readSmallFile(file, 256 * 1024, "CONFIG_INVALID");
  let described: { readonly code?: unknown };
  try {
    described = z.looseObject({}).parse(JSON.parse(text));
  } catch (cause) {
    throw new PersonaError("PROGRAM_INVALID", `${file} is not a JSON object.`, { data: { file }, cause });
  }
  const { code: codeFile, ...rest } = described;
  if (typeof codeFile !== "string" || codeFile !== basename(codeFile))
    throw new PersonaError("PROGRAM_INVALID", `In ${file}, code is the name of a file beside it.`, { data: { file } });
  const code = await readBytes(join(folder, codeFile), maxCodeBytes);
  const link = cidOfDigest(encodeCode(code).digest, "dag-cbor");
  return built(basename(resolve(folder)), { v: 2, ...rest, code: link } as ProgramManifest, code);
}

function built(name: string, described: ProgramManifest, code: Uint8Array): BuiltProgram {
  const { bytes, programId } = encodeProgram(described);
  const manifest = decodeProgram(bytes) as ProgramManifest;
  const manifestCid = cidOfDigest(programId, "dag-cbor");
  return { name, programId, manifest, manifestBytes: bytes, manifestCid, code, codeBlock: encodeCode(code).bytes };
}

async function readBytes(path: string, maxBytes: number): Promise<Uint8Array> {
  const unreadable = (why: string, cause?: unknown) =>
    new PersonaError("CONFIG_INVALID", `${path} ${why}.`, { data: { path }, cause });
  // A named pipe would wait for a writer for ever.
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch((cause: unknown) => {
    throw unreadable("cannot be read", cause);
  });
  try {
    const { size } = await handle.stat();
    if (size > maxBytes) throw unreadable(`is longer than ${maxBytes} bytes`);
    return new Uint8Array(await handle.readFile());
  } finally {
    await handle.close();
  }
}
