import { createCipheriv, createDecipheriv, randomBytes, randomUUID } from "node:crypto";
import { close, closeSync, openSync, read, unlinkSync, writeSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { PersonaError } from "@persona-protocol/sdk/errors";
import type { OpenSpool, Spool, SpooledBytes } from "@persona-protocol/sdk/ingest";
import { storeFailureKind } from "@persona-protocol/sdk/storage";

const readBytes = 2 ** 18;
/** Sealed at once: what is let go afterwards shall leave small holes. */
const sealedBytes = 2 ** 16;
const readAt = promisify(read);
const closeFile = promisify(close);

/** What it takes to read a spool. */
type SpoolKey = { readonly fd: number; readonly key: Uint8Array; readonly size: number };

/** {@link createDiskSpool}, for an import that encodes on its own thread. */
export function createDiskSpools(folder: string): OpenSpool {
  return async (): Promise<Spool> => {
    const spool = createDiskSpool(folder);
    return {
      write: (bytes) => spool.write(bytes),
      finish: async () => openSpooled(spool.finish()),
      discard: async () => spool.discard(),
    };
  };
}

/**
 * A segment waits in this folder, in a file that has no name any more once it is open, so that nothing is left when the process
 * is killed, and encrypted (AES-256-CTR) under a key that is nowhere else, so that nothing is left on the disk. The envelope
 * authenticates what is made of it; this only has to be unreadable.
 *
 * Errors: `STORE_FAILED` when the disk is full or cannot be written.
 */
function createDiskSpool(folder: string) {
  const path = join(folder, `.spool-${randomUUID()}`);
  const fd = onDisk(() => openSync(path, "wx+", 0o600));
  onDisk(() => unlinkSync(path));
  const key = randomBytes(32);
  const cipher = createCipheriv("aes-256-ctr", key, firstCounter);
  let size = 0;
  return {
    fd,
    write(bytes: Uint8Array): void {
      for (let from = 0; from < bytes.length; from += sealedBytes) {
        const sealed = cipher.update(bytes.subarray(from, from + sealedBytes));
        for (let done = 0; done < sealed.length; ) {
          done += onDisk(() => writeSync(fd, sealed, done, sealed.length - done, size + done));
        }
        size += sealed.length;
      }
    },
    finish: (): SpoolKey => ({ fd, key, size }),
    discard(): void {
      key.fill(0);
      closeSync(fd);
    },
  };
}

/** Reads what a spool of this process holds. */
function openSpooled({ fd, key, size }: SpoolKey): SpooledBytes {
  return {
    size,
    async *read() {
      const decipher = createDecipheriv("aes-256-ctr", key, firstCounter);
      const piece = Buffer.allocUnsafeSlow(Math.min(readBytes, size));
      for (let position = 0; position < size; ) {
        const wanted = Math.min(piece.length, size - position);
        const { bytesRead } = await readAt(fd, piece, 0, wanted, position).catch(diskError);
        if (bytesRead === 0) throw new PersonaError("INTERNAL", "A spool became shorter while it was read.");
        position += bytesRead;
        yield decipher.update(piece.subarray(0, bytesRead));
      }
    },
    async discard() {
      key.fill(0);
      await closeFile(fd);
    },
  };
}

/** One key, one stream: the counter may begin anywhere. */
const firstCounter = Buffer.alloc(16);

function onDisk<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    return diskError(error);
  }
}

function diskError(error: unknown): never {
  throw new PersonaError("STORE_FAILED", "An import has no room to wait in.", {
    data: { kind: storeFailureKind(error) },
    cause: error,
  });
}
