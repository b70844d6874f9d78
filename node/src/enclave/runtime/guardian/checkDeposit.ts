import { decodeDeposit, depositBodyHash } from "@persona-protocol/sdk/access";
import { datasetIdOf, typedData, typedDigest } from "@persona-protocol/sdk/contracts";
import { sha256Hex, zeroise } from "@persona-protocol/sdk/crypto";
import { PersonaError } from "@persona-protocol/sdk/errors";
import { decodeKeyBoxBody, decodeKeyBoxHead, openShare } from "@persona-protocol/sdk/storage";
import { type Address, getAddress, type Hex } from "viem";
import type { EnclaveIdentity } from "../enclaveIdentity.ts";
import { recoverSigner } from "../secp256k1.ts";
import { type GuardianChain, headsOf } from "./guardianChain.ts";
import { requireOwnKey } from "./ownKey.ts";

/**
 * Accepts an owner's shares only if they will serve: signed by the dataset's owner, meant for this guardian, and each one
 * opening to what the head commits to. An owner learns of a mistake now, not on the day of a job.
 * @returns the KeyBox digest under which the host keeps it.
 * @throws PersonaError REQUEST_INVALID, DATASET_ERASED, OWNER_MISMATCH, KEYBOX_INVALID, GUARDIAN_SET_MISMATCH, SEALED_BOX_INVALID,
 * GUARDIANS_UNAVAILABLE when this guardian's own key may not open anything
 */
export async function checkDeposit(
  {
    chain,
    identity,
    nodeId,
  }: { readonly chain: GuardianChain; readonly identity: EnclaveIdentity; readonly nodeId: number },
  bytes: Uint8Array,
): Promise<Hex> {
  const deposit = decodeDeposit(bytes);
  const head = decodeKeyBoxHead(deposit.head);
  const keyBoxDigest = sha256Hex(deposit.head);
  const { datasetId, keyEpoch } = head;
  const owner = getAddress(deposit.owner);

  const message = { datasetId, keyBoxDigest, guardian: nodeId, bodyHash: depositBodyHash(deposit.body) };
  const digest = typedDigest(typedData.keyBoxDeposit(chain.view.deployment, message));
  const heads = headsOf(await chain.look());
  // Shares that nothing will open again are none: the owner learns it now, whatever its own endpoint says.
  for (const head of heads) await requireOwnKey({ chain, identity, nodeId }, head);
  const states = await Promise.all(heads.map(({ number }) => chain.view.dataset(datasetId, number)));
  if (states.some(({ status }) => status === "erased"))
    throw new PersonaError("DATASET_ERASED", "The dataset is erased: no guardian keeps shares of it.", {
      data: { datasetId },
    });
  const isOwner = states.every((dataset) =>
    dataset.status === "none"
      ? datasetIdOf(chain.view.deployment, owner, deposit.salt) === datasetId
      : dataset.owner === owner,
  );
  // An owner that is a contract is asked; anybody can name one for a dataset that is not registered, so its gas is bounded.
  const isContracts = async (): Promise<boolean> => {
    const said = heads.map(({ number }) => chain.view.signedBy(owner, digest, deposit.signature, number));
    return (await Promise.all(said)).every(Boolean);
  };
  const isSigned = isOwner && (signerOf(digest, deposit.signature) === owner || (await isContracts()));
  if (!isSigned) {
    throw new PersonaError("OWNER_MISMATCH", "The KeyBox is not deposited by the dataset's owner.", {
      data: { datasetId, owner },
    });
  }
  if (!head.guardians.includes(nodeId)) {
    throw new PersonaError("GUARDIAN_SET_MISMATCH", "The KeyBox does not name this guardian.", {
      data: { datasetId, guardian: nodeId },
    });
  }
  const body = decodeKeyBoxBody(deposit.body, { keyBoxDigest });
  for (const { index } of head.segments) {
    const sealed = body.shares.find((share) => share.index === index && share.guardian === nodeId);
    if (sealed === undefined) {
      throw new PersonaError("KEYBOX_INVALID", "The deposit lacks the share of a segment.", {
        data: { datasetId, segment: index },
      });
    }
    const { share } = await openShare({
      chainId: chain.view.deployment.chainId,
      registry: chain.view.deployment.datasetRegistry,
      datasetId,
      keyEpoch,
      head,
      segment: index,
      guardian: nodeId,
      keyPair: identity.kem,
      sealed,
    });
    zeroise(share);
  }
  return keyBoxDigest;
}

/** Undefined when nobody has signed it. */
function signerOf(digest: Hex, signature: Hex): Address | undefined {
  try {
    return recoverSigner(digest, signature);
  } catch {
    return undefined;
  }
}
