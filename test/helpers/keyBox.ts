import { generateKemKeyPair, type KemKeyPair, randomBytes } from "@persona-protocol/sdk/crypto";
import { type ChainContext, makeKeyBox, type openShare } from "@persona-protocol/sdk/storage";
import type { Hex } from "viem";

export type TestKeyBox = {
  readonly context: ChainContext & { readonly datasetId: Hex; readonly keyEpoch: number };
  readonly keyBox: makeKeyBox.ReturnType;
  readonly deks: ReadonlyMap<number, Uint8Array>;
  readonly owner: KemKeyPair;
  /** By position. */
  readonly guardians: readonly { readonly nodeId: number; readonly keyPair: KemKeyPair }[];
};

/** A KeyBox with keys of its own; anything can be chosen. */
export async function createKeyBox(
  choice: Partial<makeKeyBox.Parameters> & { readonly count?: number } = {},
): Promise<TestKeyBox> {
  const { count = 3, ...chosen } = choice;
  const nodeIds = chosen.guardians?.map(({ nodeId }) => nodeId) ?? Array.from({ length: count }, (_, at) => 10 + at);
  const guardians = await Promise.all(nodeIds.map(async (nodeId) => ({ nodeId, keyPair: await generateKemKeyPair() })));
  const owner = await generateKemKeyPair();
  const context = {
    chainId: chosen.chainId ?? 31_337,
    registry: chosen.registry ?? (`0x${"5a".repeat(20)}` as const),
    datasetId: chosen.datasetId ?? (`0x${"d1".repeat(32)}` as const),
    keyEpoch: chosen.keyEpoch ?? 4,
  };
  const deks = chosen.deks ?? new Map([0, 1, 7].map((index) => [index, randomBytes(32)]));
  const keyBox = await makeKeyBox({
    ...context,
    threshold: chosen.threshold ?? 2,
    guardians:
      chosen.guardians ?? guardians.map(({ nodeId, keyPair }) => ({ nodeId, kemPublicKey: keyPair.publicKey })),
    ownerPublicKey: chosen.ownerPublicKey ?? owner.publicKey,
    deks,
  });
  return { context, keyBox, deks, owner, guardians };
}

/** What the guardian at `position` needs to open its share of `segment`. */
export function shareParameters(box: TestKeyBox, position: number, segment: number): openShare.Parameters {
  const guardian = box.guardians[position];
  const sealed = box.keyBox.body.shares.find((share) => share.index === segment && share.guardian === guardian?.nodeId);
  if (guardian === undefined || sealed === undefined) throw new Error(`no share of ${segment} at ${position}`);
  return {
    ...box.context,
    head: box.keyBox.head,
    segment,
    guardian: guardian.nodeId,
    keyPair: guardian.keyPair,
    sealed,
  };
}
