import { setTimeout as sleep } from "node:timers/promises";
import { isPersonaError, PersonaError } from "@persona-protocol/sdk/errors";
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

/** After the first try; together less than the enclave waits for an answer. */
const pausesMs = [200, 1_000, 3_000];

/**
 * A store that fails or brings broken bytes once is asked again: what the enclave is told ends the attempt by a signed failure, which
 * costs part of the bond.
 */
async function patiently<value>(read: () => Promise<value>): Promise<value> {
  for (const pauseMs of pausesMs)
    try {
      return await read();
    } catch (error) {
      if (!isPersonaError(error) || !worthAnotherTry.some((code) => code === error.code)) throw error;
      await sleep(pauseMs);
    }
  return read();
}

const worthAnotherTry = ["STORE_FAILED", "DIGEST_MISMATCH", "BLOB_NOT_FOUND"] as const;

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
      return patiently(() => store.getBlock(cidOfDigest(wanted, "dag-cbor"), { maxBytes }));
    },
    async blob(params) {
      const { cid, offset, length } = blobParams.parse(params);
      const bytes = await patiently(() => collectBytes(store.get(cid, { offset, length })));
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
