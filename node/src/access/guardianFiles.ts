import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { finishRotation } from "./guardianRotation.ts";

/** What a guardian's host keeps on disk: its node id and its sealed keys, which open in the enclave only. Deposits and the access log are kept apart. */
export type GuardianFiles = {
  sealedKeys(): Promise<Uint8Array | undefined>;
  saveSealedKeys(sealed: Uint8Array): Promise<void>;
  nodeId(): Promise<number | undefined>;
  saveNodeId(nodeId: number): Promise<void>;
};

export async function openGuardianFiles(dataDir: string): Promise<GuardianFiles> {
  await finishRotation(dataDir);
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const keys = join(dataDir, "enclave-keys.sealed");
  const node = join(dataDir, "node.json");
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
  };
}

export async function readOptional(file: string): Promise<Uint8Array | undefined> {
  try {
    return new Uint8Array(await readFile(file));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** All of the new content or all of the old, whenever the machine stops. */
export async function replaceFile(file: string, content: Uint8Array): Promise<void> {
  const temporary = `${file}.${process.pid}.tmp`;
  await writeFile(temporary, content, { mode: 0o600, flush: true });
  await rename(temporary, file);
}
