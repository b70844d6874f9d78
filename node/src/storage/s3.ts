import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import { PersonaError } from "@persona-protocol/sdk/errors";
import {
  type BlobStore,
  type BlockMedium,
  collectBytes,
  createBlobStore,
  digestOfCid,
  MAX_BLOCK_BYTES,
} from "@persona-protocol/sdk/storage";
import { hexToBytes } from "viem";

/**
 * A store in a bucket of any S3 server, through a client that the caller made. Every block is an object whose key is its CID:
 * the same ids as in all other stores, and every object can be checked by its own name, ours in reading, and by the server in
 * writing (the CID's digest is the object's SHA-256 checksum). So no object is larger than a block, a range takes the blocks
 * that it touches, and nothing is ever uploaded in parts that could stay behind. A pin is an empty object below `pins/`.
 */
export function createS3Store(client: Pick<S3Client, "send">, parameters: createS3Store.Parameters): BlobStore {
  const { bucket: Bucket, prefix = "", timeoutMs = 30_000 } = parameters;
  const objectOf = (cid: string) => ({ Bucket, Key: `${prefix}${cid}` });
  const pinOf = (cid: string) => ({ Bucket, Key: `${prefix}pins/${cid}` });

  /** The client says "aborted" to every end that a signal makes; whose signal it was is ours to know. */
  async function within<T>(
    signal: AbortSignal | undefined,
    work: (abortSignal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const timeout = AbortSignal.timeout(timeoutMs);
    const either = signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
    try {
      return await work(either);
    } catch (cause) {
      throw timeout.aborted ? timeout.reason : cause;
    }
  }
  async function exists(target: { Bucket: string; Key: string }, signal: AbortSignal | undefined): Promise<boolean> {
    const command = new HeadObjectCommand(target);
    const answer = await within(signal, (abortSignal) => absentOr(() => client.send(command, { abortSignal })));
    return answer !== undefined;
  }

  const medium: BlockMedium = {
    async write(cid, bytes, { signal }) {
      const ChecksumSHA256 = Buffer.from(hexToBytes(digestOfCid(cid))).toString("base64");
      const command = new PutObjectCommand({
        ...objectOf(cid),
        Body: bytes,
        ContentLength: bytes.length,
        ContentType: "application/octet-stream",
        ChecksumSHA256,
      });
      await within(signal, (abortSignal) => client.send(command, { abortSignal }));
    },
    async read(cid, { signal }) {
      return within(signal, async (abortSignal) => {
        const command = new GetObjectCommand(objectOf(cid));
        // The client would hold the bytes against a checksum of the server's own: the CID says more, and says both digests.
        command.middlewareStack.add((next) => (args) => next({ ...args, input: objectOf(cid) }), { step: "build" });
        const answer = await absentOr(() => client.send(command, { abortSignal }));
        return answer === undefined ? undefined : bodyOf(answer.Body, abortSignal);
      });
    },
    has: (cid, { signal }) => exists(objectOf(cid), signal),
    async pin(cid, { signal }) {
      if (!(await exists(objectOf(cid), signal)))
        throw new PersonaError("BLOB_NOT_FOUND", "There is nothing under this CID to pin.", { data: { cid } });
      const command = new PutObjectCommand({ ...pinOf(cid), Body: new Uint8Array(), ContentLength: 0 });
      await within(signal, (abortSignal) => client.send(command, { abortSignal }));
    },
    async unpin(cid, { signal }) {
      await within(signal, (abortSignal) => client.send(new DeleteObjectCommand(pinOf(cid)), { abortSignal }));
    },
    isPinned: (cid, { signal }) => exists(pinOf(cid), signal),
  };
  return createBlobStore(medium);
}

export declare namespace createS3Store {
  type Parameters = {
    readonly bucket: string;
    /** What all keys begin with, for instance `persona/`; default nothing. */
    readonly prefix?: string;
    /** Longest wait for one block, retries of the client included; default 30,000. */
    readonly timeoutMs?: number;
  };
}

async function absentOr<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (cause) {
    // A bucket that is not there is a store that does not work, not a blob that is missing.
    if (cause instanceof Error && (cause.name === "NoSuchKey" || cause.name === "NotFound")) return undefined;
    throw cause;
  }
}

/** What the server sends, up to a block's size: it may send other bytes than were asked for, or without end. */
async function bodyOf(body: unknown, signal: AbortSignal): Promise<Uint8Array> {
  const stream = body as AsyncIterable<Uint8Array> & { destroy(error?: Error): void };
  const stop = (): void => stream.destroy(signal.reason instanceof Error ? signal.reason : undefined);
  signal.addEventListener("abort", stop, { once: true });
  try {
    return await collectBytes(stream, MAX_BLOCK_BYTES);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
