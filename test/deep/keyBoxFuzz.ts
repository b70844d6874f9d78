import { equalBytes, open, randomBytes, type SealedBox } from "@persona-protocol/sdk/crypto";
import { isPersonaError } from "@persona-protocol/sdk/errors";
import {
  decodeKeyBoxBody,
  decodeKeyBoxHead,
  encodeKeyBoxBody,
  encodeKeyBoxHead,
  guardianSetHash,
  keyBoxOwnerInfo,
  openShare,
  verifyKeyBoxHead,
} from "@persona-protocol/sdk/storage";
import { expect } from "chai";
import { createKeyBox } from "../helpers/keyBox.ts";
import { createRandom, mutate } from "../helpers/random.ts";

export type FuzzOptions = {
  /** Mutations to try. */
  readonly count: number;
  /** The same one gives the same mutations of the same bytes. */
  readonly seed: number;
};

/** No mutated head passes for the one on chain; what decodes is the one encoding of its value. */
export async function fuzzKeyBoxHeads(options: FuzzOptions): Promise<void> {
  const { keyBox, context } = await createKeyBox();
  const chain = { ...context, keyBoxDigest: keyBox.keyBoxDigest, guardianSetHash: guardianSetHash(keyBox.head) };
  await eachMutation(keyBox.headBytes, options, async (bytes) => {
    expect(await refusedOr(() => verifyKeyBoxHead(bytes, chain))).to.equal(undefined);
    const decoded = await refusedOr(() => decodeKeyBoxHead(bytes));
    if (decoded !== undefined) expect(encodeKeyBoxHead(decoded).bytes).to.deep.equal(bytes);
  });
}

/** No box of a mutated body opens, unless it is one of the true ones, byte for byte. */
export async function fuzzKeyBoxBodies(options: FuzzOptions): Promise<void> {
  const box = await createKeyBox({ count: 2, deks: new Map([[3, randomBytes(32)]]) });
  const { keyBox, context, owner } = box;
  const isOriginal = (sealed: SealedBox): boolean =>
    [...keyBox.body.owner, ...keyBox.body.shares].some(
      ({ enc, ct }) => equalBytes(enc, sealed.enc) && equalBytes(ct, sealed.ct),
    );
  await eachMutation(keyBox.bodyBytes, options, async (bytes) => {
    const body = await refusedOr(() => decodeKeyBoxBody(bytes, keyBox));
    if (body === undefined) return;
    expect(encodeKeyBoxBody(body)).to.deep.equal(bytes);
    for (const sealed of body.shares.filter((share) => !isOriginal(share))) {
      for (const { nodeId, keyPair } of box.guardians) {
        const opening = { ...context, head: keyBox.head, segment: 3, guardian: nodeId, keyPair, sealed };
        expect(await refusedOr(() => openShare(opening))).to.equal(undefined);
      }
    }
    for (const { enc, ct } of body.owner.filter((sealed) => !isOriginal(sealed))) {
      const info = keyBoxOwnerInfo({ ...context, nonce: keyBox.head.nonce, segment: 3 });
      expect(await refusedOr(() => open({ privateKey: owner.privateKey, info, enc, ct }))).to.equal(undefined);
    }
  });
}

/** Mutations that differ from `original`: one to three of them, one on top of the other. */
export async function eachMutation(
  original: Uint8Array,
  { count, seed }: FuzzOptions,
  check: (bytes: Uint8Array) => Promise<void>,
): Promise<void> {
  const random = createRandom(seed);
  for (let run = 0; run < count; run++) {
    let bytes = original;
    for (let times = random.integer(3); times >= 0 && bytes.length > 0; times--) bytes = mutate(bytes, random);
    if (equalBytes(bytes, original)) continue;
    try {
      await check(bytes);
    } catch (cause) {
      throw new Error(`run ${run} of PERSONA_SEED=${seed}`, { cause });
    }
  }
}

/** The value, or undefined when it was refused by an error with a code; any other error is a bug. */
export async function refusedOr<T>(work: () => T | Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (isPersonaError(error) && error.code !== "INTERNAL") return undefined;
    throw error;
  }
}
