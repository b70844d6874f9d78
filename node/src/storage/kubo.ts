import { PersonaError } from "@persona-protocol/sdk/errors";
import { type BlobStore, type BlockMedium, createBlobStore, parseCid } from "@persona-protocol/sdk/storage";

/**
 * A store on a Kubo daemon, through a client that the caller made: `kubo-rpc-client`, or `ipfs-http-client`, its
 * predecessor. Blocks are cut and hashed here and put one by one, so that the CIDs do not depend on the daemon's
 * settings, and reads are checked block by block: the daemon is not trusted with anything but keeping.
 */
export function createKuboStore(client: KuboClient, parameters: createKuboStore.Parameters = {}): BlobStore {
  const timeoutMs = parameters.timeoutMs ?? 30_000;
  const pinTimeoutMs = parameters.pinTimeoutMs ?? 600_000;
  const limit = (signal: AbortSignal | undefined, ms = timeoutMs): { signal: AbortSignal; timeout: number } => {
    const timeout = AbortSignal.timeout(ms);
    // The daemon gets the time limit too: otherwise it would go on searching the network for nobody.
    return { signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]), timeout: ms };
  };

  const medium: BlockMedium = {
    async write(cid, bytes, { signal }) {
      const { codec } = parseCid(cid);
      const got = await client.block.put(bytes, {
        ...limit(signal),
        "cid-codec": codec,
        mhtype: "sha2-256",
        pin: false,
      });
      if (got.toString() !== cid) throw new Error(`the daemon stored the block as ${got.toString()}`);
    },
    async read(cid, { signal }) {
      return absentOr(() => client.block.get(cid, limit(signal)));
    },
    async has(cid, { signal }) {
      // Only what the daemon has itself; without `offline` it would ask the whole network.
      const found = await absentOr(() => client.block.stat(cid, { ...limit(signal), offline: true }));
      return found !== undefined;
    },
    async pin(cid, { signal }) {
      const pinned = await absentOr(() => client.pin.add(cid, { ...limit(signal, pinTimeoutMs), recursive: true }));
      if (pinned === undefined) {
        throw new PersonaError("BLOB_NOT_FOUND", "The daemon lacks a block of what it should pin.", { data: { cid } });
      }
    },
    async unpin(cid, { signal }) {
      if (await medium.isPinned(cid, signal === undefined ? {} : { signal })) {
        await client.pin.rm(cid, { ...limit(signal), recursive: true });
      }
    },
    async isPinned(cid, { signal }) {
      try {
        for await (const _ of client.pin.ls({ ...limit(signal), paths: cid, type: "recursive" })) return true;
        return false;
      } catch (cause) {
        if (/is not pinned/.test(messageOf(cause))) return false;
        throw cause;
      }
    },
  };
  return createBlobStore(medium);
}

export declare namespace createKuboStore {
  type Parameters = {
    /** Longest wait for one block, default 30,000. */
    readonly timeoutMs?: number;
    /** Longest wait for a pin, for which the daemon visits every block of the file; default 600,000. */
    readonly pinTimeoutMs?: number;
  };
}

/** The part of both clients' API that is used. CIDs go in as strings, which
 * both accept. */
export type KuboClient = {
  readonly block: {
    put(bytes: Uint8Array, options: object): Promise<{ toString(): string }>;
    get(cid: KuboCid, options: object): Promise<Uint8Array>;
    stat(cid: KuboCid, options: object): Promise<unknown>;
  };
  readonly pin: {
    add(cid: KuboCid, options: object): Promise<unknown>;
    rm(cid: KuboCid, options: object): Promise<unknown>;
    ls(options: object): AsyncIterable<unknown>;
  };
};

/** What has the text of a CID: a string, or a CID object of any version of multiformats. */
type KuboCid = { toString(): string };

async function absentOr<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (cause) {
    if (/not found|could not find/i.test(messageOf(cause))) return undefined;
    throw cause;
  }
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
