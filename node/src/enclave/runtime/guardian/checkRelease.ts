/**
 * Every question a guardian asks before it hands out a share (docs/protocol.md 4.4). Each answer comes from its own reading
 * of the chain or from bytes that hash to what the chain holds; nothing is believed because a request says so.
 */
import { checkReadScope, checkScope, type ReleaseCall } from "@persona-protocol/sdk/access";
import {
  argsCommitmentOf,
  decodeSealedBundle,
  type JobBundle,
  openBundleKey,
  openJobBundle,
} from "@persona-protocol/sdk/compute";
import {
  type ChainBlock,
  type ChainView,
  type DatasetState,
  GrantKind,
  grantHashOf,
  type InputSpec,
  jobSpecHashOf,
  typedData,
  typedDigest,
} from "@persona-protocol/sdk/contracts";
import { keyIdOf, zeroise } from "@persona-protocol/sdk/crypto";
import { type ErrorCode, isPersonaError, PersonaError } from "@persona-protocol/sdk/errors";
import { catalogueHash, datasetHeadHash, decodeKeyBoxBody, verifyKeyBoxHead } from "@persona-protocol/sdk/storage";
import { type Address, type Hex, zeroAddress, zeroHash } from "viem";
import { ageObjection } from "../chain/ageObjection.ts";
import type { EnclaveIdentity } from "../enclaveIdentity.ts";
import { recoverSigner } from "../secp256k1.ts";
import { askChain, firstOf } from "./askChain.ts";
import type { AskerKeys } from "./askerKeys.ts";
import type { Erasures } from "./erasures.ts";
import { blocksOf, type GuardianChain, headsOf, type Look } from "./guardianChain.ts";
import type { DepositedKeyBox, KeptKeyBoxes } from "./keptKeyBoxes.ts";
import { requireOwnKey } from "./ownKey.ts";
import type { ReleaseLimits } from "./releaseLimits.ts";
import type { RevocationBook } from "./revocationBook.ts";

export type GuardianContext = {
  readonly chain: GuardianChain;
  readonly identity: EnclaveIdentity;
  readonly nodeId: number;
  /** Operators of nodes seen so far. */
  readonly operators: Map<number, Address>;
  readonly askers: AskerKeys;
  readonly keyBoxes: KeptKeyBoxes;
  readonly revocations: Pick<RevocationBook, "isRevoked" | "isEpochRevoked">;
  readonly limits: ReleaseLimits;
  readonly erasures: Pick<Erasures, "settle">;
  /** The KeyBox an owner deposited, by its digest; undefined when there is none. */
  readonly deposit: (keyBoxDigest: Hex) => Promise<{ head: Uint8Array; body: Uint8Array } | undefined>;
};

/** Everything the release needs, once every check has passed. */
export type CheckedRelease = {
  readonly jobSpecHash: Hex;
  readonly input: InputSpec;
  readonly bundleKey: Uint8Array;
  /** Unix seconds until which the chain can let anybody ask again. */
  readonly until: number;
  readonly keyBox: DepositedKeyBox;
};

export type ReleaseCheck = {
  readonly jobId: Hex;
  readonly datasetId: Hex;
  readonly signer: Address;
  readonly block: ChainBlock;
} & (
  | { readonly status: "passed"; readonly checked: CheckedRelease }
  | { readonly status: "refused"; readonly code: ErrorCode }
);

/**
 * @throws PersonaError REQUEST_INVALID without a signature, RATE_LIMITED, CHAIN_DISAGREES, CHAIN_UNREACHABLE, STORE_FAILED, and
 * GUARDIANS_UNAVAILABLE when this guardian's own key may not work
 */
export async function checkRelease(context: GuardianContext, call: ReleaseCall): Promise<ReleaseCheck> {
  const { chain, nodeId, revocations, limits, erasures, askers } = context;
  const { request, params, signature } = call;
  // The chain, asked about this id, says whether these are its parameters.
  const { jobId } = request;
  const input = params.order.inputs[request.input];
  // The look is on its way while the signature is recovered.
  const digest = typedDigest(typedData.releaseRequest(chain.view.deployment, request));
  const looking = chain.look();
  chain.foresee((view, number) => view.job(jobId, number));
  const key = keyThatSigned(digest, signature);
  const look = await looking;
  const signer = await signerOf(context, call, { digest, key }, look);
  const ids = { jobId, datasetId: input?.datasetId ?? zeroHash, signer, block: look.newest };

  const objections: ErrorCode[] = [];
  const note = (code: ErrorCode | undefined) => void (code !== undefined && objections.push(code));
  const wellFormed =
    request.guardian === nodeId &&
    askers.isKey(request.kemKeyHash, call.kemKey) &&
    request.bundleDigest === params.order.bundleDigest;
  if (!wellFormed) note("REQUEST_INVALID");
  // One round of reads: the time of a job is mostly round trips to the chain.
  const [said, conflict, datasets] = await Promise.all([
    askChain(chain.view, call, signer, look),
    conflictObjection(context, signer, look),
    input === undefined ? [] : datasetsOf(chain.view, input.datasetId, look),
    Promise.all(headsOf(look).map((block) => requireOwnKey(context, block))),
  ]);
  note(said.objection);
  // A stranger's request costs a signature and some reads, never a key operation.
  const early = firstOf(objections);
  if (early === "REQUEST_INVALID" || early === "NODE_KEY_UNKNOWN") return { ...ids, status: "refused", code: early };
  limits.signer.take(signer);
  // By whom, too: another node must not use up what the claim of this job paid for.
  limits.job.take(`${jobId} ${signer}`);
  if (!said.beforeClaim) limits.requester.take(params.order.requester);
  if (input !== undefined && revocations.isRevoked(input.owner, input.grantHash)) note("GRANT_REVOKED");

  if (input !== undefined && datasets.every(({ status }) => status === "erased"))
    await erasures.settle(input.datasetId, look);

  const bundle = await openBundle(context, call, jobId);
  if ("code" in bundle) note(bundle.code);
  const inputSpec = "code" in bundle ? undefined : bundle.job.spec.inputs[request.input];
  const jobSpecHash = "code" in bundle ? zeroHash : jobSpecHashOf(chain.view.deployment, bundle.job.spec);
  if (!("code" in bundle)) note(specObjection(call, bundle.job, jobSpecHash));

  if (!("code" in bundle) && inputSpec !== undefined && datasets.length > 0) {
    for (const dataset of datasets) note(inputObjection(context, call, bundle.job, dataset, said.isRead));
    const opened = bundle.job.inputs[request.input];
    if (opened !== undefined && objections.length === 0)
      note(await ageObjection(chain.view, inputSpec, opened, BigInt(said.raceBlock)));
    const keys = await findKeys(context, bundle.job, request.input);
    if ("code" in keys) note(keys.code);
    // Whoever reads gets the whole key: that its operator also guards a share adds nothing.
    if (!said.isRead) note(conflict);
    const first = firstOf(objections);
    if (first !== undefined) {
      zeroise(bundle.key);
      return { ...ids, status: "refused", code: first };
    }
    if (!("code" in keys)) {
      const { key: bundleKey } = bundle;
      return {
        ...ids,
        status: "passed",
        checked: { jobSpecHash, input: inputSpec, bundleKey, until: said.dueBy, keyBox: keys },
      };
    }
  }
  if (!("code" in bundle)) zeroise(bundle.key);
  return { ...ids, status: "refused", code: firstOf(objections) ?? "INPUT_UNKNOWN" };
}

function keyThatSigned(digest: Hex, signature: Hex): Address | undefined {
  try {
    return recoverSigner(digest, signature);
  } catch {
    return undefined;
  }
}

/**
 * An enclave signs by its key. Who asks to read (attempt 0) may be a contract, whose word must hold like every permission: at the
 * confirmed block and at the newest ones. That the request is really its own is for the chain's record of it to say.
 */
async function signerOf(
  { chain: { view } }: GuardianContext,
  { request, signature, params }: ReleaseCall,
  { digest, key }: { readonly digest: Hex; readonly key: Address | undefined },
  look: Look,
): Promise<Address> {
  const { requester } = params.order;
  if (request.attempt === 0 && key !== requester) {
    const words = await Promise.all(
      blocksOf(look).map(({ number }) => view.signedBy(requester, digest, signature, number)),
    );
    if (words.every((isOwn) => isOwn)) return requester;
  }
  if (key !== undefined) return key;
  throw new PersonaError("REQUEST_INVALID", "The release request is not signed.");
}

/** As it is confirmed, and as it is now, where these are other blocks: all must allow the release. */
async function datasetsOf(view: ChainView, datasetId: Hex, look: Look): Promise<DatasetState[]> {
  return Promise.all(blocksOf(look).map(({ number }) => view.dataset(datasetId, number)));
}

async function openBundle(
  { chain: { view }, identity, nodeId }: GuardianContext,
  { bundle, params }: ReleaseCall,
  jobId: Hex,
): Promise<{ job: JobBundle; key: Uint8Array } | { code: ErrorCode }> {
  try {
    const sealed = decodeSealedBundle(bundle, params.order.bundleDigest);
    const { publicKey, privateKey, keyId } = identity.kem;
    const key = await openBundleKey(view.deployment, sealed, {
      jobId,
      guardian: nodeId,
      kemPublicKey: publicKey,
      kemPrivateKey: privateKey,
      keyId,
    });
    return { job: await openJobBundle(sealed, jobId, key), key };
  } catch (error) {
    if (isPersonaError(error)) return { code: "BUNDLE_INVALID" };
    throw error;
  }
}

/** The spec in the bundle must be the one the chain holds, and be about this very job. */
function specObjection(
  { request: { jobId }, params: { order } }: ReleaseCall,
  job: JobBundle,
  jobSpecHash: Hex,
): ErrorCode | undefined {
  const { spec } = job;
  const same =
    spec.jobId === jobId &&
    jobSpecHash === order.specHash &&
    spec.argsCommitment === argsCommitmentOf(job.argsSalt, job.args) &&
    spec.resultKeyHash === keyIdOf(job.resultKey) &&
    spec.maxOutputBytes === order.maxOutputBytes &&
    spec.inputs.length === order.inputs.length &&
    job.inputs.length === order.inputs.length &&
    spec.inputs.every((input, i) => {
      const onChain = order.inputs[i];
      return input.datasetId === onChain?.datasetId && input.grantHash === onChain.grantHash;
    });
  return same ? undefined : "JOB_SPEC_MISMATCH";
}

function inputObjection(
  { chain: { view }, revocations }: GuardianContext,
  { request, params: { order } }: ReleaseCall,
  job: JobBundle,
  dataset: DatasetState,
  isRead: boolean,
): ErrorCode | undefined {
  const opened = job.inputs[request.input];
  const input = job.spec.inputs[request.input];
  if (opened === undefined || input === undefined) return "INPUT_UNKNOWN";
  const { terms, scope, catalogue, head } = opened;
  if (grantHashOf(view.deployment, terms) !== input.grantHash || terms.datasetId !== input.datasetId)
    return "SCOPE_MISMATCH";
  if (revocations.isEpochRevoked(terms)) return "GRANT_REVOKED";
  if (terms.kind !== (isRead ? GrantKind.read : GrantKind.compute)) return "GRANT_KIND_MISMATCH";
  if (terms.grantee !== order.requester) return "GRANTEE_MISMATCH";
  if (terms.owner !== dataset.owner) return "OWNER_MISMATCH";
  if (dataset.keyEpoch !== input.keyEpoch) return "KEY_EPOCH_OLD";

  if (isRead && request.kemKeyHash !== job.spec.resultKeyHash) return "OUTPUT_NOT_GRANTED";
  const scopeCheck = (isRead ? checkReadScope : checkScope)({
    terms,
    scope,
    spec: job.spec,
    input,
    catalogueHashAt: (length) => (length <= catalogue.length ? catalogueHash(catalogue.slice(0, length)) : undefined),
    args: job.args,
    owners: new Set(order.inputs.map(({ owner }) => owner)).size,
  });
  if (scopeCheck !== undefined) return scopeCheck;

  const headIsCurrent =
    dataset.version === input.version &&
    datasetHeadHash(head) === dataset.headHash &&
    head.manifestDigest === input.manifestDigest &&
    head.keyBoxDigest === input.keyBoxDigest &&
    head.catalogueLength === catalogue.length &&
    head.catalogueHash === catalogueHash(catalogue);
  return headIsCurrent ? undefined : "DATASET_HEAD_MISMATCH";
}

async function findKeys(
  { deposit, nodeId, keyBoxes }: GuardianContext,
  job: JobBundle,
  index: number,
): Promise<DepositedKeyBox | { code: ErrorCode }> {
  const input = job.spec.inputs[index];
  const opened = job.inputs[index];
  if (input === undefined || opened === undefined) return { code: "INPUT_UNKNOWN" };
  const { keyBoxDigest, guardianSetHash } = opened.head;
  const { datasetId, keyEpoch } = input;
  const facts = { keyBoxDigest, guardianSetHash, datasetId, keyEpoch };
  const known = keyBoxes.get(facts);
  if (known !== undefined) return known;
  try {
    const stored = await deposit(keyBoxDigest);
    if (stored === undefined) return { code: "SHARE_UNKNOWN" };
    const head = verifyKeyBoxHead(stored.head, facts);
    if (!head.guardians.includes(nodeId)) return { code: "GUARDIAN_SET_MISMATCH" };
    const body = decodeKeyBoxBody(stored.body, { keyBoxDigest });
    return { facts, head, body, bytes: stored.head.length + stored.body.length };
  } catch (error) {
    if (isPersonaError(error, "GUARDIAN_SET_MISMATCH")) return { code: "GUARDIAN_SET_MISMATCH" };
    // What our own host kept for us is damaged or swapped: the same as not having it.
    if (isPersonaError(error)) return { code: "SHARE_UNKNOWN" };
    throw error;
  }
}

/** A node must not compute on what it guards: its operator would need one colluding share less. */
async function conflictObjection(
  context: GuardianContext,
  signer: Address,
  look: Look,
): Promise<ErrorCode | undefined> {
  const { chain, nodeId } = context;
  const conflictAt = async (block: ChainBlock): Promise<boolean> => {
    const [key, ours] = await Promise.all([
      chain.view.enclaveKey(signer, block.number),
      operatorOf(context, nodeId, look),
    ]);
    return key.nodeId !== 0 && (await operatorOf(context, key.nodeId, look)) === ours;
  };
  const found = await Promise.all(headsOf(look).map(conflictAt));
  return found.includes(true) ? "GUARDIAN_CONFLICT" : undefined;
}

/**
 * A node's token is soulbound: its operator is read once, at a block that all endpoints have. A node that is younger claims nothing yet
 * that is confirmed.
 */
async function operatorOf(
  { chain, operators }: GuardianContext,
  nodeId: number,
  { confirmed }: Look,
): Promise<Address> {
  const known = operators.get(nodeId);
  if (known !== undefined) return known;
  const { operator } = await chain.view.node(nodeId, confirmed.number);
  if (operator === zeroAddress) return operator;
  const [oldest] = operators.keys();
  if (operators.size >= maxOperators && oldest !== undefined) operators.delete(oldest);
  operators.set(nodeId, operator);
  return operator;
}

const maxOperators = 16_384;
