/**
 * The thread of {@link file://./leafWriter.ts}: hashes a leaf and writes its file, one after the other and synchronously,
 * which spares a hand-over between threads for each of open, write, sync, close and rename.
 */
import { hash, randomUUID } from "node:crypto";
import { closeSync, fdatasyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { parentPort } from "node:worker_threads";
import { NextToLast } from "blockstore-fs/sharding";
import { CID } from "multiformats/cid";
import { create as createDigest } from "multiformats/hashes/digest";
import type { LeafProblem, LeafReply, LeafRequest } from "./leafWriter.ts";

const RAW = 0x55;
const SHA2_256 = 0x12;
const layout = new NextToLast();

parentPort?.on("message", (request: LeafRequest) => {
  parentPort?.postMessage(reply(request), [request.memory]);
});

function reply({ id, memory, length, blocks, temporary, durable }: LeafRequest): LeafReply {
  try {
    const bytes = new Uint8Array(memory, 0, length);
    const digest = Uint8Array.from(hash("sha256", bytes, "buffer"));
    const { dir, file } = layout.encode(CID.createV1(RAW, createDigest(SHA2_256, digest)));
    const folder = join(blocks, dir);
    writeWhole(join(temporary, randomUUID()), folder, file, bytes, durable);
    return { id, memory, written: { digest, folder } };
  } catch (cause) {
    return { id, memory, problem: problemOf(cause) };
  }
}

function writeWhole(part: string, folder: string, file: string, bytes: Uint8Array, durable: boolean): void {
  try {
    const handle = openSync(part, "wx", 0o600);
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(handle, bytes, at);
      if (durable) fdatasyncSync(handle);
    } finally {
      closeSync(handle);
    }
    try {
      renameSync(part, join(folder, file));
    } catch (cause) {
      if (!isMissing(cause)) throw cause;
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      renameSync(part, join(folder, file));
    }
  } catch (cause) {
    rmSync(part, { force: true });
    throw cause;
  }
}

function isMissing(cause: unknown): boolean {
  return cause instanceof Error && "code" in cause && cause.code === "ENOENT";
}

function problemOf(cause: unknown): LeafProblem {
  if (!(cause instanceof Error)) return { message: String(cause), code: undefined };
  return { message: cause.message, code: "code" in cause ? String(cause.code) : undefined };
}
