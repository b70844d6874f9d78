import { PersonaError } from "@persona-protocol/sdk/errors";
import { cidOfDigest, collectBytes } from "@persona-protocol/sdk/storage";
import { type Hex, isHex } from "viem";
import { z } from "zod";
import type { Context } from "../context.ts";
import type { PeerMethods } from "../enclave/runtime/peer.ts";
import { createGuardianClient } from "./guardianClient.ts";

const digest = z.custom<Hex>((value) => isHex(value) && value.length === 66);
const blockParams = z.strictObject({ digest, maxBytes: z.number().int().positive() });
const blobParams = z.strictObject({
  cid: z.string().max(128),
  offset: z.number().int().min(0),
  length: z
    .number()
    .int()
    .min(1)
    .max(8 * 1024 * 1024),
});
const askParams = z.strictObject({
  guardian: z.number().int().positive(),
  body: z.custom<Uint8Array>((value) => value instanceof Uint8Array),
});

/** What the host brings to its enclave: blocks and blobs from its store, and answers of guardians. */
export function carryBytes({
  store,
  client,
  deployment,
}: Pick<Context, "store" | "client" | "deployment">): PeerMethods {
  const guardians = createGuardianClient(client, deployment);
  return {
    async block(params) {
      const { digest: wanted, maxBytes } = blockParams.parse(params);
      return store.getBlock(cidOfDigest(wanted, "dag-cbor"), { maxBytes });
    },
    async blob(params) {
      const { cid, offset, length } = blobParams.parse(params);
      const bytes = await collectBytes(store.get(cid, { offset, length }));
      if (bytes.length !== length)
        throw new PersonaError("BLOB_NOT_FOUND", "The store holds less than the blob's size.", { data: { cid } });
      return bytes;
    },
    async ask(params) {
      const { guardian, body } = askParams.parse(params);
      return guardians.release(guardian, body);
    },
  };
}
