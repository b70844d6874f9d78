import type { Hex } from "viem";
import { equalBytes, sha256Async, sha256Hex, toHex } from "../crypto/index.ts";
import { PersonaError } from "../errors/index.ts";
import { type BlobReader, type BlobStore, type CallOptions, MAX_BLOCK_BYTES } from "./blobStore.ts";
import { cidOfDigest, parseCid } from "./cid.ts";
import { storeError } from "./storeFailure.ts";
import { readUnixFs, statUnixFs, writeUnixFs } from "./unixfs.ts";

/** What a medium must do to become a {@link BlobReader}: give blocks by their CIDs. It need not be honest. */
export type ReadMedium = {
  /** The block's bytes as the medium has them, or undefined when it has none. Not checked by the medium. */
  read(cid: string, options: CallOptions): Promise<Uint8Array | undefined>;
  has(cid: string, options: CallOptions): Promise<boolean>;
  /**
   * True when nothing looks at the bytes of a `write` once it has settled, nor at those that `read` gave: their memory is
   * then used again for other blocks.
   */
  readonly releasesBytes?: boolean;
};

/** What a medium must do to become a {@link BlobStore}: keep blocks under their CIDs. It need not be honest either. */
export type BlockMedium = ReadMedium & {
  /** Keeps the block durably. May be called with a block it has. */
  write(cid: string, bytes: Uint8Array, options: CallOptions): Promise<void>;
  /**
   * Hashes and keeps a full leaf of a large file, where a medium has a faster way for both together. The leaf's memory is
   * the medium's until it gives it back. The digest is sha256.
   */
  writeLeaf?(
    leaf: Uint8Array<ArrayBuffer>,
    options: CallOptions,
  ): Promise<{ readonly digest: Uint8Array; readonly memory: Uint8Array<ArrayBuffer> }>;
  pin(cid: string, options: CallOptions): Promise<void>;
  unpin(cid: string, options: CallOptions): Promise<void>;
  isPinned(cid: string, options: CallOptions): Promise<boolean>;
};

/** Makes a reader of a medium: UnixFS, typed errors, and a check of every block that is read. */
export function createBlobReader(medium: ReadMedium): BlobReader {
  /** The only way in which bytes leave a medium. */
  async function readVerified(cid: string, options: CallOptions): Promise<Uint8Array> {
    const { digest } = parseCid(cid);
    const bytes = await guarded("read", cid, options, () => medium.read(cid, options));
    if (bytes === undefined)
      throw new PersonaError("BLOB_NOT_FOUND", "The store has no such block.", { data: { cid } });
    const got = await sha256Async(bytes);
    if (!equalBytes(got, digest)) {
      throw new PersonaError("DIGEST_MISMATCH", "The store gave bytes that are not those of the CID.", {
        data: { cid, got: toHex(got), wanted: toHex(digest) },
      });
    }
    return bytes;
  }

  return {
    get(cid, options = {}) {
      const transient = options.transient === true && medium.releasesBytes === true;
      return readUnixFs(cid, (block) => readVerified(block, options), { ...options, transient });
    },
    async getBlock(cid, options = {}) {
      const maxBytes = options.maxBytes ?? MAX_BLOCK_BYTES;
      const bytes = await readVerified(cid, options);
      if (bytes.length <= maxBytes) return bytes;
      throw new PersonaError("STORE_FAILED", "The block is larger than the reader allows.", {
        data: { kind: "refused", cid, bytes: bytes.length, maxBytes },
      });
    },
    async has(cid, options = {}) {
      parseCid(cid);
      return guarded("look up", cid, options, () => medium.has(cid, options));
    },
    async stat(cid, options = {}) {
      return { size: await statUnixFs(cid, (block) => readVerified(block, options)) };
    },
  };
}

/** Makes a blob store of a medium: a reader, with writing and pins. */
export function createBlobStore(medium: BlockMedium): BlobStore {
  const reader = createBlobReader(medium);
  return {
    ...reader,
    async put(source, options = {}) {
      const writeLeaf = medium.writeLeaf?.bind(medium);
      const result = await writeUnixFs(
        source instanceof Uint8Array ? [source] : source,
        (cid, bytes) => guarded("write", cid, options, () => medium.write(cid, bytes, options)),
        {
          reuseMemory: medium.releasesBytes === true,
          ...(writeLeaf && { writeLeaf: (leaf) => guarded("write", "", options, () => writeLeaf(leaf, options)) }),
        },
      );
      await guarded("pin", result.cid, options, () => medium.pin(result.cid, options));
      return result;
    },
    async putBlock(bytes, codec, options = {}) {
      if (bytes.length > MAX_BLOCK_BYTES) {
        throw new PersonaError("STORE_FAILED", "A block is larger than any store takes.", {
          data: { kind: "refused", bytes: bytes.length, maxBytes: MAX_BLOCK_BYTES },
        });
      }
      const digest: Hex = sha256Hex(bytes);
      const cid = cidOfDigest(digest, codec);
      await guarded("write", cid, options, () => medium.write(cid, bytes, options));
      await guarded("pin", cid, options, () => medium.pin(cid, options));
      return { cid, digest };
    },
    async pin(cid, options = {}) {
      parseCid(cid);
      await guarded("pin", cid, options, () => medium.pin(cid, options));
    },
    async unpin(cid, options = {}) {
      parseCid(cid);
      await guarded("unpin", cid, options, () => medium.unpin(cid, options));
    },
    async stat(cid, options = {}) {
      const { size } = await reader.stat(cid, options);
      return { size, pinned: await guarded("look up", cid, options, () => medium.isPinned(cid, options)) };
    },
  };
}

async function guarded<T>(action: string, cid: string, options: CallOptions, work: () => Promise<T>): Promise<T> {
  try {
    options.signal?.throwIfAborted();
    return await work();
  } catch (cause) {
    throw storeError(action, cid, options, cause);
  }
}
