import { opendir, rm, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import type { SweepMedium } from "@persona-protocol/sdk/storage";
import { base32upper } from "multiformats/bases/base32";
import { decode as decodeDigest } from "multiformats/hashes/digest";
import { bytesToHex } from "viem";

const EXTENSION = ".data";
const SHA2_256 = 0x12;

/** The pins and block files of a directory of `createLocalIpfs`. Files that are no blocks of ours are passed over. */
export function localSweep(path: string): SweepMedium {
  return {
    async *pins() {
      for await (const entry of await opendir(join(path, "pins"))) if (entry.isFile()) yield entry.name;
    },
    async *blocks() {
      for await (const entry of await opendir(join(path, "blocks"), { recursive: true })) {
        const digest = entry.isFile() ? digestOfFile(entry.name) : undefined;
        if (digest === undefined) continue;
        const file = join(entry.parentPath, entry.name);
        const { mtimeMs, size } = await stat(file);
        yield { digest, writtenAt: mtimeMs, bytes: size, remove: () => rm(file, { force: true }) };
      }
    },
  };
}

/** blockstore-fs names a file by the block's multihash. */
function digestOfFile(name: string): `0x${string}` | undefined {
  if (!name.endsWith(EXTENSION)) return undefined;
  try {
    const { code, digest } = decodeDigest(base32upper.decode(basename(name, EXTENSION)));
    return code === SHA2_256 && digest.length === 32 ? bytesToHex(digest) : undefined;
  } catch {
    return undefined;
  }
}
