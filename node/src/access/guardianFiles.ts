import { appendFile, mkdir, open, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PersonaError } from "@persona-protocol/sdk/errors";
import pino, { type Logger } from "pino";
import { type Hex, isHex, zeroHash } from "viem";
import { z } from "zod";
import { finishRotation } from "./guardianRotation.ts";

/** What a guardian's host keeps on disk: sealed keys, sealed shares, and the access log. Nothing in it opens without the enclave. */
export type GuardianFiles = {
  sealedKeys(): Promise<Uint8Array | undefined>;
  saveSealedKeys(sealed: Uint8Array): Promise<void>;
  nodeId(): Promise<number | undefined>;
  saveNodeId(nodeId: number): Promise<void>;
  deposit(keyBoxDigest: Hex): Promise<Uint8Array | undefined>;
  saveDeposit(keyBoxDigest: Hex, bytes: Uint8Array): Promise<void>;
  /**
   * Where the log's chain stands. A last line that a crash has cut short is taken off: its head was never the newest on disk.
   * @throws PersonaError CONFIG_INVALID when the last line is not one of a guardian's
   */
  logHead(): Promise<Hex>;
  appendLog(entry: unknown): Promise<void>;
};

const digest = z.custom<Hex>((value) => isHex(value) && value.length === 66);
const logLine = z.object({ head: digest });

/** Many times what a line takes. */
const tailBytes = 4_096;

export async function openGuardianFiles(
  dataDir: string,
  log: Pick<Logger, "warn"> = pino(pino.destination(2)),
): Promise<GuardianFiles> {
  await finishRotation(dataDir);
  const deposits = join(dataDir, "deposits");
  await mkdir(deposits, { recursive: true, mode: 0o700 });
  const keys = join(dataDir, "enclave-keys.sealed");
  const node = join(dataDir, "node.json");
  const logFile = join(dataDir, "access-log.jsonl");
  // One after the other: the last line must be the newest head.
  let appended: Promise<void> = Promise.resolve();
  /** An append has failed: part of its line may be there. */
  let torn = false;
  /** Takes off what comes after the last full line. @returns that line; empty when there is none */
  const lastLine = async (): Promise<string> => {
    const { line, cutBytes } = await repairTail(logFile);
    if (cutBytes > 0) log.warn({ file: logFile, cutBytes }, "the access log ended in a torn line; it was taken off");
    return line;
  };
  const append = async (line: string): Promise<void> => {
    if (torn) await lastLine();
    torn = true;
    await appendFile(logFile, line, { mode: 0o600 });
    torn = false;
  };
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
    async logHead() {
      const line = await lastLine();
      if (line === "") return zeroHash;
      const parsed = logLine.safeParse(parseJson(line));
      if (parsed.success) return parsed.data.head;
      throw new PersonaError("CONFIG_INVALID", "The access log's last line is not a guardian's: move the file away.", {
        data: { file: logFile },
      });
    },
    appendLog(entry) {
      const line = `${JSON.stringify(entry)}\n`;
      const appending = appended.then(() => append(line));
      // A full disk loses this line, not all that come when there is room again.
      appended = appending.catch(() => {});
      return appending;
    },
  };
}

/** Reads no more than the end: the log of years is long. */
async function repairTail(file: string): Promise<{ readonly line: string; readonly cutBytes: number }> {
  const handle = await open(file, "r+").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (handle === undefined) return { line: "", cutBytes: 0 };
  try {
    const { size } = await handle.stat();
    const from = Math.max(size - tailBytes, 0);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(size - from), 0, size - from, from);
    const tail = buffer.subarray(0, bytesRead);
    const end = tail.lastIndexOf(0x0a) + 1;
    if (end === 0 && from > 0)
      throw new PersonaError("CONFIG_INVALID", "The access log does not end in lines: move the file away.", {
        data: { file },
      });
    const cutBytes = tail.length - end;
    if (cutBytes > 0) await handle.truncate(from + end);
    const start = end < 2 ? 0 : tail.lastIndexOf(0x0a, end - 2) + 1;
    return { line: tail.toString("utf8", start, Math.max(end - 1, 0)), cutBytes };
  } finally {
    await handle.close();
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
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
