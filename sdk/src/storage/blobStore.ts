import type { Hex } from "viem";
import type { ByteSource } from "./byteStream.ts";

/** Every call can be stopped. Stores add time limits of their own to what goes over a network. */
export type CallOptions = { readonly signal?: AbortSignal };

/**
 * Reads content-addressed bytes. The same bytes have the same CID in every store (UnixFS parameters in `unixfs.ts`), and no
 * store hands out bytes that were not checked against their CID block by block.
 *
 * All methods here and below throw BLOB_NOT_FOUND when the store lacks a block, DIGEST_MISMATCH (with both digests) when a
 * block is not what its CID says, STORE_FAILED (with a `kind`, see `storeFailure.ts`) when the store does not work, CANCELLED
 * when the signal fires.
 */
export type BlobReader = {
  /** Reads a file or a range of it; bytes beyond its end are left out. Nothing is fetched before the first read. */
  get(cid: string, options?: BlobStore.GetOptions): AsyncIterable<Uint8Array>;
  /** One block, whole. `maxBytes` (default {@link MAX_BLOCK_BYTES}) is refused when exceeded, with STORE_FAILED. */
  getBlock(cid: string, options?: CallOptions & { readonly maxBytes?: number }): Promise<Uint8Array>;
  /** Is the block that the CID names here? Says nothing of the blocks below it; `get` does. */
  has(cid: string, options?: CallOptions): Promise<boolean>;
  stat(cid: string, options?: CallOptions): Promise<BlobReader.Stat>;
};

export declare namespace BlobReader {
  type Stat = {
    /** Bytes of the file or object. */
    readonly size: number;
  };
}

/** Adds bytes; cannot read, and cannot let go of anything. */
export type BlobWriter = {
  /**
   * Stores a file of any size, in constant memory, and pins it. When it has returned, the blob can be read back; when it
   * throws, some blocks may remain as garbage and nothing refers to them.
   */
  put(source: ByteSource | Uint8Array, options?: CallOptions): Promise<BlobStore.PutResult>;
  /**
   * Stores one DAG-CBOR object of at most {@link MAX_BLOCK_BYTES} and pins it. What it links to is put before it: Kubo
   * refuses to pin a manifest whose segments it does not have.
   */
  putBlock(bytes: Uint8Array, codec: "dag-cbor", options?: CallOptions): Promise<BlobStore.PutBlockResult>;
};

/** Says what is kept. The only capability with which a blob can be lost. */
export type BlobPins = {
  /** Keeps what the CID names, and all below it, from garbage collection. Pinning twice is pinning once. */
  pin(cid: string, options?: CallOptions): Promise<void>;
  /** Lets it go. Unpinning what is not pinned is no error. */
  unpin(cid: string, options?: CallOptions): Promise<void>;
};

/**
 * All of it. Take the least that does the work: `BlobReader` for a reader, `Pick<BlobWriter, "putBlock">` for who only adds
 * objects; {@link readerOf} makes an object that has nothing else.
 */
export type BlobStore = Omit<BlobReader, "stat"> &
  BlobWriter &
  BlobPins & {
    stat(cid: string, options?: CallOptions): Promise<BlobStore.Stat>;
  };

export declare namespace BlobStore {
  type PutResult = {
    readonly cid: string;
    /** Bytes of the file. */
    readonly size: number;
  };
  type PutBlockResult = {
    readonly cid: string;
    /** sha256 of the bytes, for the chain. */
    readonly digest: Hex;
  };
  type GetOptions = CallOptions & {
    /** First byte, default 0. */
    readonly offset?: number;
    /** Bytes wanted, default all. */
    readonly length?: number;
    /** Refuse a file that is larger, before any of its bytes are read. */
    readonly maxBytes?: number;
    /** The reader has done with a piece when it asks for the next: a store may then use its memory again. */
    readonly transient?: boolean;
  };
  type Stat = BlobReader.Stat & { readonly pinned: boolean };
}

/** A reader of a store, and nothing but a reader: whoever gets it cannot write, pin or unpin, whatever it tries. */
export function readerOf(store: BlobReader): BlobReader {
  return Object.freeze({
    get: (cid, options) => store.get(cid, options),
    getBlock: (cid, options) => store.getBlock(cid, options),
    has: (cid, options) => store.has(cid, options),
    async stat(cid, options) {
      return { size: (await store.stat(cid, options)).size };
    },
  } satisfies BlobReader);
}

/** No store takes or gives a larger block; IPFS peers refuse to transfer more. */
export const MAX_BLOCK_BYTES = 2 ** 21;
