import { createHash } from "node:crypto";
import { closeSync, openSync, readFileSync, readSync } from "node:fs";
import { join } from "node:path";
import { PersonaError } from "@persona-protocol/sdk/errors";
import type { Hex } from "viem";
import { z } from "zod";

/** Lists every other file of a bundle with its digest: its own digest is the measurement. */
export const bundleIndex = "bundle.json";

/**
 * The process that each of these files starts. A sandbox's is CommonJS: as a module it would load streams, promises and loaders of Node that
 * it never uses, a sixth of what its start costs.
 */
export const bundleMains = { worker: "worker.mjs", guardian: "guardian.mjs", sandbox: "sandbox.cjs" } as const;

/** The only process of the ingest enclave's bundle. */
export const ingestMain = "ingest.mjs";

const digest = z.custom<Hex>((value) => typeof value === "string" && /^0x[0-9a-f]{64}$/.test(value));
const name = z.string().regex(/^[\w-]+(\.[\w-]+)+$/, "not the plain name of a file");
const index = z.strictObject({ format: z.literal("persona/enclave-bundle/v1"), files: z.record(name, digest) });

/** SHA-256 of each file by its name. */
export type BundleFiles = Readonly<Record<string, Hex>>;

/** The bytes whose SHA-256 is the measurement: names in order, no space but the last line's end. */
export function encodeBundleIndex(files: BundleFiles): string {
  const sorted = Object.fromEntries(Object.entries(files).sort(([a], [b]) => (a < b ? -1 : 1)));
  return `${JSON.stringify({ format: "persona/enclave-bundle/v1", files: sorted })}\n`;
}

/**
 * What a simulated TEE reports as its measurement: the digest of the bundle's index. Real silicon measures the image that the
 * bundle, Node and the system are in.
 * @throws PersonaError ENCLAVE_FAILED when the folder holds no bundle
 */
export function readBundle(folder: string): { readonly measurement: Hex; readonly files: BundleFiles } {
  let text: string;
  try {
    text = readFileSync(join(folder, bundleIndex), "utf8");
  } catch (cause) {
    throw new PersonaError("ENCLAVE_FAILED", "The folder holds no enclave bundle.", { data: { folder }, cause });
  }
  const parsed = index.safeParse(parseJson(text)).data;
  // Only one text says this: a second index of the same files would be a second measurement of the same code.
  if (parsed === undefined || encodeBundleIndex(parsed.files) !== text)
    throw new PersonaError("ENCLAVE_FAILED", "The enclave bundle's index is damaged.", { data: { folder } });
  return { measurement: `0x${createHash("sha256").update(text).digest("hex")}`, files: parsed.files };
}

/**
 * Reads files of a bundle and compares them with its index, before anything of them runs.
 * @throws PersonaError ENCLAVE_FAILED for the first that is not what was measured, or is not there
 */
export function requireMeasured(folder: string, files: BundleFiles, names: readonly string[]): void {
  for (const file of names) {
    if (!Object.hasOwn(files, file) || digestOfFile(join(folder, file)) !== files[file]) {
      throw new PersonaError("ENCLAVE_FAILED", "A file of the enclave bundle is not the measured one.", {
        data: { file },
      });
    }
  }
}

/** What a sandbox is made of: its own code and the native engine, and nothing of the processes that hold keys. */
export function sandboxFilesOf(files: BundleFiles): string[] {
  const others: readonly string[] = [bundleMains.worker, bundleMains.guardian];
  return Object.keys(files).filter((file) => !others.includes(file));
}

/** What a sandbox of this bundle runs, and all that it may read. */
export function sandboxCodeOf(folder: string): { readonly main: string; readonly readable: readonly string[] } {
  const readable = sandboxFilesOf(readBundle(folder).files).map((file) => join(folder, file));
  return { main: join(folder, bundleMains.sandbox), readable };
}

/** The SQL engine is 70 MB: piece by piece, in the same memory. Undefined when it cannot be read. */
export function digestOfFile(path: string): Hex | undefined {
  const hash = createHash("sha256");
  const piece = Buffer.allocUnsafe(4 * 1024 * 1024);
  let file: number | undefined;
  try {
    file = openSync(path, "r");
    for (let length = readSync(file, piece); length > 0; length = readSync(file, piece))
      hash.update(piece.subarray(0, length));
  } catch {
    return undefined;
  } finally {
    if (file !== undefined) closeSync(file);
  }
  return `0x${hash.digest("hex")}`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
