import { decodeDeposit, encodeDeposit } from "@persona-protocol/sdk/access";
import { zeroise } from "@persona-protocol/sdk/crypto";
import { PersonaError } from "@persona-protocol/sdk/errors";
import {
  decodeKeyBoxBody,
  decodeKeyBoxHead,
  encodeKeyBoxBody,
  type KeyBoxHead,
  openShare,
  type SealedShare,
  sealShare,
} from "@persona-protocol/sdk/storage";
import type { Address } from "viem";
import type { EnclaveIdentity } from "../enclaveIdentity.ts";
import { blocksOf, type GuardianChain } from "./guardianChain.ts";
import { requireSuccessorKey, requireUnsealedKey } from "./successorKey.ts";

/**
 * Moves the shares of one deposit from this enclave's key to another attested key of the same guardian (docs/protocol.md 4.5):
 * the key of its next period, a replica's, or an upgraded build's. No private key leaves an enclave; each share is in the
 * clear inside this function only, and is handed on only if it is the one that the owner committed to.
 *
 * The owner's signature stays in the deposit and is of the body as it came: a new body is judged by what its shares open to.
 * @returns the deposit with its shares sealed to the successor
 * @throws PersonaError NODE_KEY_UNKNOWN, NODE_KEY_INACTIVE, NODE_KEY_EXPIRED of either key
 * @throws PersonaError DATASET_ERASED, KEY_EPOCH_OLD at the confirmed block and at the newest of all endpoints: nothing of this deposit may be released ever
 * again, so nothing moves on
 * @throws PersonaError REQUEST_INVALID, KEYBOX_INVALID, GUARDIAN_SET_MISMATCH, SEALED_BOX_INVALID: the host has spoilt it
 */
export async function resealDeposit(
  place: {
    readonly chain: GuardianChain;
    readonly identity: EnclaveIdentity;
    readonly nodeId: number;
  },
  bytes: Uint8Array,
  successor: { readonly signer: Address; readonly kemKey: Uint8Array },
): Promise<Uint8Array> {
  const { chain, identity, nodeId } = place;
  await requireUnsealedKey(place, identity.account.address);
  await requireSuccessorKey(place, successor);
  const deposit = decodeDeposit(bytes);
  const head = decodeKeyBoxHead(deposit.head);
  await requireAlive(chain, head);
  const body = decodeKeyBoxBody(deposit.body);
  const { chainId, datasetRegistry: registry } = chain.view.deployment;
  const context = { chainId, registry };

  const shares: SealedShare[] = [];
  for (const { index: segment } of head.segments) {
    const sealed = body.shares.find((share) => share.index === segment && share.guardian === nodeId);
    if (sealed === undefined) {
      throw new PersonaError("KEYBOX_INVALID", "The deposit lacks the share of a segment.", {
        data: { datasetId: head.datasetId, segment },
      });
    }
    const { datasetId, keyEpoch } = head;
    const ids = { ...context, datasetId, keyEpoch, head, segment, guardian: nodeId };
    const { share } = await openShare({ ...ids, keyPair: identity.kem, sealed });
    try {
      shares.push(await sealShare({ ...ids, publicKey: successor.kemKey, share }));
    } finally {
      zeroise(share);
    }
  }
  return encodeDeposit({ ...deposit, body: encodeKeyBoxBody({ ...body, owner: [], shares }) });
}

/** All blocks must say so, and all endpoints of each: what does not move on is lost, and the newest block may go away. */
async function requireAlive(chain: GuardianChain, { datasetId, keyEpoch }: KeyBoxHead): Promise<void> {
  const blocks = blocksOf(await chain.look());
  const says = await Promise.all(blocks.map(({ number }) => chain.view.dataset(datasetId, number)));
  if (says.every(({ status }) => status === "erased"))
    throw new PersonaError("DATASET_ERASED", "The dataset is erased: its shares end here.", { data: { datasetId } });
  if (says.every((dataset) => dataset.status !== "none" && dataset.keyEpoch > keyEpoch)) {
    throw new PersonaError("KEY_EPOCH_OLD", "The dataset has newer keys: shares of older ones end here.", {
      data: { datasetId, keyEpoch, current: says[0]?.keyEpoch ?? 0 },
    });
  }
}
