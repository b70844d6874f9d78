import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Hex, isHex } from "viem";
import { z } from "zod";
import { finishRotation } from "./guardianRotation.ts";

/** What a guardian's host keeps on disk: sealed keys and sealed shares (its access log is a file of its own). Nothing in it opens without the enclave. */
export type GuardianFiles = {
  sealedKeys(): Promise<Uint8Array | undefined>;
  saveSealedKeys(sealed: Uint8Array): Promise<void>;
  nodeId(): Promise<number | undefined>;
  saveNodeId(nodeId: number): Promise<void>;
  deposit(keyBoxDigest: Hex): Promise<Uint8Array | undefined>;
  saveDeposit(keyBoxDigest: Hex, bytes: Uint8Array): Promise<void>;
};

const digest = z.custom<Hex>((value) => isHex(value) && value.length === 66);

export async function openGuardianFiles(dataDir: string): Promise<GuardianFiles> {
  await finishRotation(dataDir);
  const deposits = join(dataDir, "deposits");
  await mkdir(deposits, { recursive: true, mode: 0o700 });
  const keys = join(dataDir, "enclave-keys.sealed");
  const node = join(dataDir, "node.json");
  const depositFile = (keyBoxDigest: Hex) => join(deposits, `${digest.parse(keyBoxDigest).slice(2)}.cbor`);
  return {
    sealedKeys: () => readOptional(keys),
    saveSealedKeys: (sealed) => replaceFile(keys, sealed),
    async nodeId() {
      const bytes = await readOptional(node);
      return bytes === undefined
        ? undefined
        : z.object({ nodeId: z.number() }).parse(JSON.parse(new TextDecoder().decode(bytes))).nodeId;
    },
    saveNodeId: (nodeId) => replaceFile(node, new TextEncoder().encode(JSON.stringify({ nodeId }))),
    deposit: (keyBoxDigest) => readOptional(depositFile(keyBoxDigest)),
    saveDeposit: (keyBoxDigest, bytes) => replaceFile(depositFile(keyBoxDigest), bytes),
  };
}

async function readOptional(file: string): Promise<Uint8Array | undefined> {
  try {
    return new Uint8Array(await readFile(file));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** All of the new content or all of the old, whenever the machine stops. */
async function replaceFile(file: string, content: Uint8Array): Promise<void> {
  const temporary = `${file}.${process.pid}.tmp`;
  await writeFile(temporary, content, { mode: 0o600, flush: true });
  await rename(temporary, file);
}
