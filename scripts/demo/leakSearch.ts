/** Looks for texts where they must not be, in every form in which they could lie there. */
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  brotliCompressSync,
  brotliDecompressSync,
  deflateRawSync,
  deflateSync,
  gunzipSync,
  gzipSync,
  inflateRawSync,
  inflateSync,
  zstdCompressSync,
  zstdDecompressSync,
} from "node:zlib";

export type Leak = { readonly file: string; readonly form: string };

const maxInflatedBytes = 256 * 1024 * 1024;

/** Every file below `folder`, but for the paths in `except`. */
export async function findLeaks(
  folder: string,
  canaries: readonly (string | Uint8Array)[],
  except: readonly string[] = [],
): Promise<Leak[]> {
  const needles = canaries.flatMap(formsOf);
  const leaks: Leak[] = [];
  for (const file of await filesBelow(folder)) {
    if (except.includes(file)) continue;
    leaks.push(...searchBytes(await readFile(file), needles).map((form) => ({ file, form })));
  }
  return leaks;
}

type Needle = { readonly form: string; readonly bytes: Buffer };

function formsOf(canary: string | Uint8Array): Needle[] {
  const plain = Buffer.from(canary);
  const forms = [
    { form: "plain", bytes: plain },
    { form: "hex", bytes: Buffer.from(plain.toString("hex")) },
    { form: "HEX", bytes: Buffer.from(plain.toString("hex").toUpperCase()) },
    ...[0, 1, 2].flatMap((shift) => [
      { form: "base64", bytes: Buffer.from(base64Core(plain, shift)) },
      { form: "base64url", bytes: Buffer.from(base64Core(plain, shift).replaceAll("+", "-").replaceAll("/", "_")) },
    ]),
  ];
  // A key is no text.
  if (typeof canary !== "string") return forms;
  const utf16 = Buffer.from(canary, "utf16le");
  return [
    ...forms,
    { form: "utf-16le", bytes: utf16 },
    { form: "utf-16be", bytes: Buffer.from(utf16).swap16() },
    { form: "json-escaped", bytes: Buffer.from(JSON.stringify(canary).slice(1, -1)) },
  ];
}

/** The part of a base64 text that does not depend on what stands before and after, for one of its three alignments. */
function base64Core(bytes: Buffer, shift: number): string {
  const padded = Buffer.concat([Buffer.alloc(shift), bytes]);
  const first = Math.ceil((shift * 8) / 6);
  const last = Math.floor((padded.length * 8) / 6);
  return padded.toString("base64").slice(first, last);
}

function searchBytes(content: Buffer, needles: readonly Needle[]): string[] {
  const found = new Set<string>();
  // Plaintext records lie in Parquet: such a file is a leak whatever its compression hides.
  if (content.subarray(0, 4).toString("latin1") === "PAR1") found.add("parquet");
  for (const { form, bytes } of needles) if (content.includes(bytes)) found.add(form);
  for (const [kind, inflated] of inflatedForms(content)) {
    for (const { form, bytes } of needles) if (inflated.includes(bytes)) found.add(`${kind}, ${form}`);
  }
  return [...found];
}

/** Whatever of the content is compressed, from its beginning or as entries of a zip. */
function* inflatedForms(content: Buffer): Generator<[string, Buffer]> {
  const limits = { maxOutputLength: maxInflatedBytes };
  const decoders = [
    ["gzip", (bytes: Buffer) => gunzipSync(bytes, limits)],
    ["zlib", (bytes: Buffer) => inflateSync(bytes, limits)],
    ["deflate", (bytes: Buffer) => inflateRawSync(bytes, limits)],
    ["brotli", (bytes: Buffer) => brotliDecompressSync(bytes, limits)],
    ["zstd", (bytes: Buffer) => zstdDecompressSync(bytes, limits)],
  ] as const;
  for (const [kind, decode] of decoders) {
    const inflated = attempt(() => decode(content));
    if (inflated !== undefined) yield [kind, inflated];
  }
  for (let at = content.indexOf("PK\x03\x04"); at >= 0; at = content.indexOf("PK\x03\x04", at + 4)) {
    const dataAt = at + 30 + content.readUInt16LE(at + 26) + content.readUInt16LE(at + 28);
    const inflated = attempt(() => inflateRawSync(content.subarray(dataAt), limits));
    if (inflated !== undefined) yield ["zip", inflated];
  }
}

/** Most bytes are not compressed: that a decoder refuses them is the expected answer. */
function attempt(decode: () => Buffer): Buffer | undefined {
  try {
    return decode();
  } catch {
    return undefined;
  }
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

/**
 * Does the search work? Plants the canary in each form in a file of its own and returns the forms that were not found:
 * none, or the search proves nothing.
 */
export async function positiveControl(folder: string, canary: string): Promise<string[]> {
  const text = Buffer.from(`before ${canary} after`);
  const utf16 = Buffer.from(text.toString(), "utf16le");
  const planted: Record<string, Buffer> = {
    plain: text,
    hex: Buffer.from(text.toString("hex")),
    HEX: Buffer.from(text.toString("hex").toUpperCase()),
    "utf-16le": utf16,
    "utf-16be": Buffer.from(utf16).swap16(),
    base64: Buffer.from(text.toString("base64")),
    "base64-1": Buffer.from(Buffer.concat([Buffer.from("x"), text]).toString("base64url")),
    "base64-2": Buffer.from(Buffer.concat([Buffer.from("xy"), text]).toString("base64")),
    gzip: gzipSync(text),
    zlib: deflateSync(text),
    deflate: deflateRawSync(text),
    brotli: brotliCompressSync(text),
    zstd: zstdCompressSync(text),
    "gzip-of-base64": gzipSync(text.toString("base64")),
    parquet: Buffer.from("PAR1 and the rest"),
  };
  await mkdir(folder, { recursive: true });
  const missed: string[] = [];
  for (const [form, bytes] of Object.entries(planted)) {
    const file = join(folder, form);
    await writeFile(file, bytes);
    const found = await findLeaks(
      folder,
      [canary],
      (await filesBelow(folder)).filter((other) => other !== file),
    );
    if (found.length === 0) missed.push(form);
  }
  return missed;
}
