import { randomUUID } from "node:crypto";
import { mkdir, open, readdir, rename, rm, stat, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PersonaError } from "@persona-protocol/sdk/errors";
import { type BlobStore, type BlockMedium, createBlobStore, MAX_BLOCK_BYTES } from "@persona-protocol/sdk/storage";
import { NextToLast } from "blockstore-fs/sharding";
import { CID } from "multiformats/cid";
import { writeLeaf } from "./leafWriter.ts";

/** What a crashed writer left behind is swept away when it is older than this; younger files may be another process's. */
const STALE_TEMPORARY_MS = 60 * 60 * 1_000;

/**
 * IPFS blocks in a directory: the embedded default, no daemon, no network. The layout is blockstore-fs's (which Helia
 * reads), its writing is our own: that package writes all writers of a block into one temporary name, so that two of them
 * can leave a half block under the final name, and it never asks the disk to keep what it wrote. Here each writer has its own temporary
 * file, synced and then renamed: after a crash or power cut a block is whole or absent. Whatever the disk does to it
 * later is met in reading, since every block is checked against its CID.
 *
 * Several processes may use one directory at once.
 *
 * @throws STORE_FAILED when the directory cannot be made or read.
 */
export async function createLocalIpfs(parameters: createLocalIpfs.Parameters): Promise<BlobStore> {
  return createBlobStore(await localMedium(parameters));
}

/** The same by single blocks, none of them checked: for a server that checks what it takes. */
export async function localMedium(parameters: createLocalIpfs.Parameters): Promise<BlockMedium> {
  const blocks = join(parameters.path, "blocks");
  const pins = join(parameters.path, "pins");
  const temporary = join(parameters.path, "tmp");
  const layout = new NextToLast();
  const durable = parameters.durable ?? true;
  const known = new Set<string>();
  /** Folders with entries that the disk may not have yet. */
  const unsynced = new Set<string>();
  let lastSync: Promise<void> = Promise.resolve();

  try {
    await Promise.all([blocks, pins, temporary].map((folder) => mkdir(folder, { recursive: true, mode: 0o700 })));
    await sweep(temporary);
  } catch (cause) {
    throw new PersonaError("STORE_FAILED", "The block directory cannot be used.", {
      data: { path: parameters.path },
      cause,
    });
  }

  function fileOf(cid: string): { folder: string; file: string } {
    const { dir, file } = layout.encode(CID.parse(cid));
    const folder = join(blocks, dir);
    return { folder, file: join(folder, file) };
  }

  async function writeDurably(file: string, bytes: Uint8Array): Promise<void> {
    const part = join(temporary, randomUUID());
    try {
      const handle = await open(part, "wx", 0o600);
      try {
        await handle.writeFile(bytes);
        if (durable) await handle.datasync();
      } finally {
        await handle.close();
      }
      await rename(part, file);
    } catch (cause) {
      await rm(part, { force: true });
      throw cause;
    }
  }

  /** One sync after another, so that who finds nothing left to sync does not return before another's sync has ended. */
  function syncFolders(): Promise<void> {
    const sync = async (): Promise<void> => {
      const folders = [...unsynced];
      unsynced.clear();
      try {
        await Promise.all(folders.map(syncFolder));
      } catch (cause) {
        for (const folder of folders) unsynced.add(folder);
        throw cause;
      }
    };
    lastSync = lastSync.then(sync, sync);
    return lastSync;
  }

  return {
    releasesBytes: true,
    async write(cid, bytes) {
      const { folder, file } = fileOf(cid);
      if (!known.has(folder)) {
        await mkdir(folder, { recursive: true, mode: 0o700 });
        known.add(folder);
        unsynced.add(blocks);
      }
      await writeDurably(file, bytes);
      unsynced.add(folder);
    },
    async writeLeaf(bytes) {
      const written = await writeLeaf(bytes, { blocks, temporary, durable });
      // Whoever made the folder may have died before its entry reached the disk.
      if (!known.has(written.folder)) unsynced.add(blocks);
      known.add(written.folder);
      unsynced.add(written.folder);
      return written;
    },
    async read(cid) {
      return readAtMost(fileOf(cid).file, MAX_BLOCK_BYTES + 1);
    },
    async has(cid) {
      return exists(fileOf(cid).file);
    },
    async pin(cid) {
      if (!(await exists(fileOf(cid).file))) {
        throw new PersonaError("BLOB_NOT_FOUND", "There is nothing under this CID to pin.", { data: { cid } });
      }
      // A folder's new entries are on the disk only when the folder is synced; a pin is the last step of a put.
      await writeFile(join(pins, cid), "", { mode: 0o600 });
      unsynced.add(pins);
      if (durable) await syncFolders();
    },
    async unpin(cid) {
      await unlink(join(pins, cid)).catch(ignoreMissing);
    },
    async isPinned(cid) {
      return exists(join(pins, cid));
    },
  };
}

export declare namespace createLocalIpfs {
  type Parameters = {
    /** Directory, made when absent. */
    readonly path: string;
    /**
     * Wait until the disk has each block, default true. False survives a crash of the process but not of the machine:
     * for tests and measurements.
     */
    readonly durable?: boolean;
  };
}

/** The file, or only its first `maxBytes`; undefined when there is none. */
async function readAtMost(file: string, maxBytes: number): Promise<Uint8Array | undefined> {
  const handle = await open(file, "r").catch(ignoreMissing);
  if (handle === undefined) return undefined;
  try {
    const size = Math.min((await handle.stat()).size, maxBytes);
    const bytes = new Uint8Array(size);
    let at = 0;
    while (at < size) {
      const { bytesRead } = await handle.read(bytes, at, size - at, at);
      if (bytesRead === 0) break;
      at += bytesRead;
    }
    return bytes.subarray(0, at);
  } finally {
    await handle.close();
  }
}

async function exists(file: string): Promise<boolean> {
  return (await stat(file).catch(ignoreMissing)) !== undefined;
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function sweep(folder: string): Promise<void> {
  const oldest = Date.now() - STALE_TEMPORARY_MS;
  for (const name of await readdir(folder)) {
    const file = join(folder, name);
    const info = await stat(file).catch(ignoreMissing);
    if (info !== undefined && info.mtimeMs < oldest) await rm(file, { force: true });
  }
}

function ignoreMissing(cause: unknown): undefined {
  if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return undefined;
  throw cause;
}
