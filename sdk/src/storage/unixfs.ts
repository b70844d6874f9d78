import { CID } from "multiformats/cid";
import { sha256Async } from "../crypto/index.ts";
import { PersonaError } from "../errors/index.ts";
import type { BlobStore } from "./blobStore.ts";
import { type ByteSource, freeBytes, pipelined, rechunk } from "./byteStream.ts";
import { type BlockCodec, cidOfDigest, codecs, parseCid } from "./cid.ts";
import { decodeFileNode, encodeFileNode, type FileLink } from "./dagPb.ts";

/**
 * UnixFS with the parameters of the profile `unixfs-v1-2025` (IPIP-499): CIDv1, sha2-256, raw leaves of 1 MiB, balanced,
 * 1,024 links a node, a single leaf is the file itself. These fix the CID of every object, so they are part of the
 * protocol. In Kubo: `--cid-version=1 --raw-leaves --chunker=size-1048576 --max-file-links=1024`.
 */
export const unixfsParameters = { leafBytes: 2 ** 20, maxLinks: 1_024 } as const;

/** 1,024^4 leaves: more than a file can have, and a bound for readers. */
const MAX_DEPTH = 5;
const PARALLEL_WRITES = 8;
/** Fewer: each block that is read ahead is new memory. */
const PARALLEL_READS = 4;
/** A medium's other way of writing leaves is for large files: it may have to start threads. */
const LEAVES_BEFORE_HANDING_OVER = 4;

export type WriteBlock = (cid: string, bytes: Uint8Array) => Promise<void>;
/** Keeps a full leaf; gives its sha256, and its memory back. */
export type WriteLeaf = (
  leaf: Uint8Array<ArrayBuffer>,
) => Promise<{ readonly digest: Uint8Array; readonly memory: Uint8Array<ArrayBuffer> }>;
/** Gives verified bytes. */
export type ReadBlock = (cid: string) => Promise<Uint8Array>;

/** Cuts `source` into blocks, leaves before their parents, so that a root is never there without what it names. */
export async function writeUnixFs(
  source: ByteSource,
  writeBlock: WriteBlock,
  options: {
    /** Leaves share a few buffers: only where `writeBlock` has done with the bytes when it settles. */
    readonly reuseMemory?: boolean;
    readonly writeLeaf?: WriteLeaf;
  } = {},
): Promise<BlobStore.PutResult> {
  const idle: Uint8Array<ArrayBuffer>[] = [];
  // levels[0] collects leaves, levels[1] their parents, and so on; a full level becomes one node of the next.
  const levels: FileLink[][] = [[]];
  let size = 0;

  async function storeBlock(bytes: Uint8Array, codec: BlockCodec): Promise<Uint8Array> {
    const cid = cidOfDigest(await sha256Async(bytes), codec);
    await writeBlock(cid, bytes);
    return CID.parse(cid).bytes;
  }
  async function foldLevel(level: number): Promise<void> {
    const links = levels[level] ?? [];
    levels[level] = [];
    const { bytes, fileSize } = encodeFileNode(links);
    const dagSize = bytes.length + links.reduce((sum, link) => sum + link.dagSize, 0);
    await addLink(level + 1, { cid: await storeBlock(bytes, "dag-pb"), fileSize, dagSize });
  }
  async function addLink(level: number, link: FileLink): Promise<void> {
    const links = levels[level] ?? [];
    levels[level] = links;
    // Fold only when one more comes: an exactly full level may turn out to be the root's own.
    if (links.length === unixfsParameters.maxLinks) await foldLevel(level);
    levels[level]?.push(link);
  }
  async function* leaves(): AsyncGenerator<() => Promise<FileLink>, void, undefined> {
    let count = 0;
    const allocate = () => idle.pop() ?? new Uint8Array(unixfsParameters.leafBytes);
    for await (const leaf of rechunk(source, unixfsParameters.leafBytes, allocate)) {
      count++;
      size += leaf.length;
      const length = leaf.length;
      const { writeLeaf } = options;
      if (writeLeaf !== undefined && length === unixfsParameters.leafBytes && count > LEAVES_BEFORE_HANDING_OVER) {
        yield async () => {
          const { digest, memory } = await writeLeaf(leaf);
          idle.push(memory);
          return { cid: CID.parse(cidOfDigest(digest, "raw")).bytes, fileSize: length, dagSize: length };
        };
        continue;
      }
      yield async () => {
        const cid = await storeBlock(leaf, "raw");
        if (options.reuseMemory === true) idle.push(new Uint8Array(leaf.buffer));
        return { cid, fileSize: length, dagSize: length };
      };
    }
    if (count === 0) yield async () => ({ cid: await storeBlock(new Uint8Array(), "raw"), fileSize: 0, dagSize: 0 });
  }

  for await (const link of pipelined(leaves(), PARALLEL_WRITES)) await addLink(0, link);
  for (let level = 0; ; level++) {
    const links = levels[level] ?? [];
    const [first] = links;
    const isTop = levels.length === level + 1;
    if (isTop && links.length === 1 && first !== undefined) return { cid: CID.decode(first.cid).toString(), size };
    await foldLevel(level);
  }
}

/**
 * Reads a file or a range of it, block by block, with a few blocks ahead.
 *
 * @throws DIGEST_MISMATCH when the blocks are not a file with the parameters above, or sizes lie.
 * @throws STORE_FAILED when the file is larger than `maxBytes`.
 */
export async function* readUnixFs(
  cid: string,
  readBlock: ReadBlock,
  options: BlobStore.GetOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  const root = await readNode(cid, readBlock);
  if (root.fileSize > (options.maxBytes ?? Number.MAX_SAFE_INTEGER)) {
    throw new PersonaError("STORE_FAILED", "The blob is larger than the reader allows.", {
      data: { cid, bytes: root.fileSize, maxBytes: options.maxBytes ?? 0 },
    });
  }
  const from = options.offset ?? 0;
  const to = Math.min(root.fileSize, from + (options.length ?? root.fileSize));
  if (from < 0 || !Number.isSafeInteger(from) || Number.isNaN(to)) {
    throw new PersonaError("INTERNAL", "A range needs a non-negative integer offset and length.");
  }

  type Part = { readonly part: Uint8Array; readonly leaf: Uint8Array };
  async function* tasks(node: LoadedNode, start: number, depth: number): AsyncGenerator<() => Promise<Part>> {
    if (node.leaf !== undefined) {
      const { leaf } = node;
      const part = leaf.subarray(Math.max(0, from - start), to - start);
      if (part.length > 0) yield async () => ({ part, leaf });
      return;
    }
    if (depth >= MAX_DEPTH) throw notOurs(node.cid, "it is nested too deeply");
    let at = start;
    for (const link of node.links) {
      const linkStart = at;
      at += link.fileSize;
      if (at <= from || linkStart >= to) continue;
      const child = linkCid(node.cid, link);
      if (parseCid(child).codec === "raw") {
        yield async () => {
          const leaf = await readLeaf(child, link.fileSize, readBlock);
          return { part: leaf.subarray(Math.max(0, from - linkStart), to - linkStart), leaf };
        };
      } else {
        const loaded = await readNode(child, readBlock);
        if (loaded.fileSize !== link.fileSize) throw notOurs(child, "its size is not what its parent says");
        yield* tasks(loaded, linkStart, depth + 1);
      }
    }
  }
  if (from >= to) return;
  for await (const { part, leaf } of pipelined(tasks(root, 0, 0), PARALLEL_READS)) {
    yield part;
    if (options.transient === true) freeBytes(leaf);
  }
}

/** Bytes of a file, from its root block, or of a DAG-CBOR object. */
export async function statUnixFs(cid: string, readBlock: ReadBlock): Promise<number> {
  if (parseCid(cid).codec === "dag-cbor") return (await readBlock(cid)).length;
  return (await readNode(cid, readBlock)).fileSize;
}

type LoadedNode = {
  readonly cid: string;
  readonly fileSize: number;
  readonly links: readonly FileLink[];
  readonly leaf?: Uint8Array;
};

async function readNode(cid: string, readBlock: ReadBlock): Promise<LoadedNode> {
  const { codec } = parseCid(cid);
  const bytes = await readBlock(cid);
  if (codec === "raw") return { cid, fileSize: bytes.length, links: [], leaf: bytes };
  if (codec !== "dag-pb") throw notOurs(cid, "it is an object, not a file");
  try {
    return { cid, ...decodeFileNode(bytes) };
  } catch (cause) {
    throw notOurs(cid, "its block is not a file's", cause);
  }
}

async function readLeaf(cid: string, wanted: number, readBlock: ReadBlock): Promise<Uint8Array> {
  const leaf = await readBlock(cid);
  if (leaf.length !== wanted) throw notOurs(cid, "its size is not what its parent says");
  return leaf;
}

function linkCid(parent: string, link: FileLink): string {
  try {
    const cid = CID.decode(link.cid);
    if (cid.code === codecs.raw || cid.code === codecs["dag-pb"]) return cid.toString();
  } catch (cause) {
    throw notOurs(parent, "a link in it is not a CID", cause);
  }
  throw notOurs(parent, "a link in it is neither leaf nor node");
}

function notOurs(cid: string, why: string, cause?: unknown): PersonaError {
  return new PersonaError("DIGEST_MISMATCH", `The CID does not name a file of this protocol: ${why}.`, {
    data: { cid },
    cause,
  });
}
