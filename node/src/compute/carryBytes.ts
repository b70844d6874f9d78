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

type Patience = {
  /** After the first try; together with the tries less than the enclave waits for an answer. */
  readonly pausesMs: readonly number[];
  /** Nothing is tried again after this. */
  readonly withinMs: number;
  readonly isWorthIt: (error: PersonaError) => boolean;
};

const ofStore: Patience = {
  pausesMs: [200, 1_000, 3_000],
  withinMs: 20_000,
  isWorthIt: ({ code }) => code === "STORE_FAILED" || code === "DIGEST_MISMATCH" || code === "BLOB_NOT_FOUND",
};

/** A guardian that starts again is back within seconds. The enclave goes on as soon as enough others have answered. */
const ofGuardian: Patience = {
  pausesMs: [500, 1_500, 4_000, 8_000],
  withinMs: 16_000,
  isWorthIt: ({ retry }) => retry === "later",
};

/**
 * What fails or brings broken bytes once is asked again: what the enclave is told ends the attempt by a signed failure, which costs
 * part of the bond.
 */
async function patiently<value>(
  { pausesMs, withinMs, isWorthIt }: Patience,
  read: () => Promise<value>,
): Promise<value> {
  const from = performance.now();
  for (const pauseMs of pausesMs)
    try {
      return await read();
    } catch (error) {
      const left = withinMs - (performance.now() - from);
      if (!isPersonaError(error) || !isWorthIt(error) || pauseMs > left) throw error;
      await sleep(pauseMs);
    }
  return read();
}

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
      return patiently(ofStore, () => store.getBlock(cidOfDigest(wanted, "dag-cbor"), { maxBytes }));
    },
    async blob(params) {
      const { cid, offset, length } = blobParams.parse(params);
      const bytes = await patiently(ofStore, () => collectBytes(store.get(cid, { offset, length })));
      if (bytes.length !== length)
        throw new PersonaError("BLOB_NOT_FOUND", "The store holds less than the blob's size.", { data: { cid } });
      return bytes;
    },
    async ask(params) {
      const { guardian, body } = askParams.parse(params);
      return patiently(ofGuardian, () => guardians.release(guardian, body));
    },
  };
}
