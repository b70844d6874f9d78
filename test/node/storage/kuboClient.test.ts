/**
 * An `ipfs-http-client` object works where a `kubo-rpc-client` one does. The package is deprecated and not installed (45 MB):
 * its types are told here as version 60.0.1 publishes them, cut to the methods in question. Its code was read: CIDs go into the
 * query by `toString()`, and options it does not know, such as `cid-codec`, are passed on.
 */
import { randomBytes } from "@persona-protocol/sdk/crypto";
import { collectBytes } from "@persona-protocol/sdk/storage";
import { expect } from "chai";
import type { KuboRPCClient } from "kubo-rpc-client";
import { CID } from "multiformats/cid";
import { sha256 } from "multiformats/hashes/sha2";
import { createKuboStore } from "../../../node/src/storage/index.ts";

type KuboClient = Parameters<typeof createKuboStore>[0];

type AbortOptions = { signal?: AbortSignal; timeout?: number };
type HttpOptions = AbortOptions & { headers?: Headers | Record<string, string>; searchParams?: URLSearchParams };
type PutOptions = HttpOptions & {
  format?: string;
  mhtype?: string;
  pin?: boolean;
  version?: 0 | 1;
  allowBigBlock?: boolean;
};
type PinType = "recursive" | "direct" | "indirect" | "all";

/** `IPFSHTTPClient` of ipfs-http-client 60 (ipfs-core-types 0.14). */
type IpfsHttpClient = {
  readonly block: {
    get(cid: CID, options?: HttpOptions): Promise<Uint8Array>;
    put(block: Uint8Array, options?: PutOptions): Promise<CID>;
    stat(cid: CID, options?: HttpOptions): Promise<{ cid: CID; size: number }>;
  };
  readonly pin: {
    add(cid: string | CID, options?: HttpOptions & { recursive?: boolean }): Promise<CID>;
    rm(ipfsPath: string | CID, options?: HttpOptions & { recursive?: boolean }): Promise<CID>;
    ls(
      options?: HttpOptions & { paths?: string | CID | (string | CID)[]; type?: PinType },
    ): AsyncIterable<{ type: string; cid: CID }>;
  };
};

/** Answers as that client does: CID objects of its own multiformats, Kubo's texts in its errors. */
function createIpfsHttpClient(): IpfsHttpClient & { readonly puts: PutOptions[] } {
  const blocks = new Map<string, Uint8Array>();
  const pins = new Set<string>();
  const puts: PutOptions[] = [];
  // The client puts arguments into a query with `${cid}`: text and CID are the same to it.
  const find = (cid: unknown): Uint8Array => {
    const bytes = blocks.get(`${cid}`);
    if (bytes === undefined) throw new Error(`block was not found locally (offline): ipld: could not find ${cid}`);
    return bytes;
  };
  return {
    puts,
    block: {
      async put(block, options = {}) {
        puts.push(options);
        const codec =
          (options as Record<string, unknown>)["cid-codec"] === "dag-cbor"
            ? 0x71
            : (options as Record<string, unknown>)["cid-codec"] === "dag-pb"
              ? 0x70
              : 0x55;
        const cid = CID.createV1(codec, await sha256.digest(block));
        blocks.set(cid.toString(), block.slice());
        return cid;
      },
      get: async (cid) => find(cid),
      stat: async (cid) => ({ cid, size: find(cid).length }),
    },
    pin: {
      async add(cid) {
        find(cid);
        pins.add(`${cid}`);
        return CID.parse(`${cid}`);
      },
      async rm(cid) {
        pins.delete(`${cid}`);
        return CID.parse(`${cid}`);
      },
      async *ls({ paths } = {}) {
        if (!pins.has(`${paths}`)) throw new Error(`path '${paths}' is not pinned`);
        yield { type: "recursive", cid: CID.parse(`${paths}`) };
      },
    },
  };
}

describe("KuboClient", () => {
  it("type: kubo-rpc-client and ipfs-http-client both fit, other objects do not", () => {
    const accept = (client: KuboClient): KuboClient => client;
    const both = (kubo: KuboRPCClient, http: IpfsHttpClient): unknown => [accept(kubo), accept(http)];
    expect(both).to.be.a("function");
    // @ts-expect-error no pin
    const withoutPin = (client: Pick<IpfsHttpClient, "block">): unknown => accept(client);
    const text = async (): Promise<string> => "text";
    // @ts-expect-error a block that is not bytes
    const otherGet = (client: IpfsHttpClient): unknown => accept({ ...client, block: { ...client.block, get: text } });
    expect([withoutPin, otherGet]).to.have.length(2);
  });

  it("behavior: a store over an ipfs-http-client-shaped object puts, gets, pins and unpins", async () => {
    const client = createIpfsHttpClient();
    const store = createKuboStore(client);
    const bytes = randomBytes(70_000);
    const { cid } = await store.put(bytes);
    expect(await collectBytes(store.get(cid))).to.deep.equal(bytes);
    const block = await store.putBlock(Uint8Array.of(0xa0), "dag-cbor");
    expect(await store.getBlock(block.cid)).to.deep.equal(Uint8Array.of(0xa0));
    expect([await store.has(cid), (await store.stat(cid)).pinned]).to.deep.equal([true, true]);
    await store.unpin(cid);
    expect((await store.stat(cid)).pinned).to.equal(false);
    expect(client.puts.every(({ mhtype, pin }) => mhtype === "sha2-256" && pin === false)).to.equal(true);
  });
});
