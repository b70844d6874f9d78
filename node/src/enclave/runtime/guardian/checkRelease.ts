/**
 * Every question a guardian asks before it hands out a share (docs/protocol.md 4.4). Each answer comes from its own reading
 * of the chain or from bytes that hash to what the chain holds; nothing is believed because a request says so.
 */
import { checkScope, type ReleaseCall } from "@persona-protocol/sdk/access";
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
  type EnclaveKeyState,
  grantHashOf,
  type InputSpec,
  jobSpecHashOf,
  typedData,
} from "@persona-protocol/sdk/contracts";
import { keyIdOf } from "@persona-protocol/sdk/crypto";
import { type ErrorCode, isPersonaError, PersonaError, reasonOfCode } from "@persona-protocol/sdk/errors";
import {
  catalogueHash,
  datasetHeadHash,
  decodeKeyBoxBody,
  type KeyBoxBody,
  type KeyBoxHead,
  verifyKeyBoxHead,
} from "@persona-protocol/sdk/storage";
import { type Address, type Hex, recoverTypedDataAddress, zeroHash } from "viem";
import type { EnclaveIdentity } from "../enclaveIdentity.ts";

export type GuardianContext = {
  readonly chain: ChainView;
  readonly identity: EnclaveIdentity;
  readonly nodeId: number;
  /** Operators of nodes seen so far. */
  readonly operators: Map<number, Address>;
  /** Blocks behind the newest at which permissions must hold. Revocations count at the newest. */
  readonly confirmations: bigint;
  /** The KeyBox an owner deposited, by its digest; undefined when there is none. */
  readonly deposit: (keyBoxDigest: Hex) => Promise<{ head: Uint8Array; body: Uint8Array } | undefined>;
};

/** Everything the release needs, once every check has passed. */
export type CheckedRelease = {
  readonly jobSpecHash: Hex;
  readonly input: InputSpec;
  readonly bundleKey: Uint8Array;
  readonly head: KeyBoxHead;
  readonly body: KeyBoxBody;
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

export async function checkRelease(context: GuardianContext, call: ReleaseCall): Promise<ReleaseCheck> {
  const { chain, nodeId } = context;
  const { request, params } = call;
  // The chain, asked about this id, says whether these are its parameters.
  const { jobId } = request;
  const signer = await signerOf(context, call);
  const [block, input] = [await chain.block("latest"), params.order.inputs[request.input]];
  const ids = { jobId, datasetId: input?.datasetId ?? zeroHash, signer, block };

  const objections: ErrorCode[] = [];
  const note = (code: ErrorCode | undefined) => void (code !== undefined && objections.push(code));
  const wellFormed =
    request.guardian === nodeId &&
    request.kemKeyHash === keyIdOf(call.kemKey) &&
    request.bundleDigest === params.order.bundleDigest;
  if (!wellFormed) note("REQUEST_INVALID");
  // One round of reads: the time of a job is mostly round trips to the chain.
  const key = chain.enclaveKey(signer, block.number);
  const [chainObjection, conflict, dataset] = await Promise.all([
    askChain(context, call, signer, block, key),
    conflictObjection(context, key, block),
    input === undefined ? undefined : chain.dataset(input.datasetId, block.number),
  ]);
  note(chainObjection);
  // A stranger's request costs two signatures and some reads, never a key operation.
  const early = firstOf(objections);
  if (early === "REQUEST_INVALID" || early === "NODE_KEY_UNKNOWN") return { ...ids, status: "refused", code: early };

  const bundle = await openBundle(context, call, jobId);
  if ("code" in bundle) note(bundle.code);
  const inputSpec = "code" in bundle ? undefined : bundle.job.spec.inputs[request.input];
  if (!("code" in bundle)) note(specObjection(context, call, bundle.job, jobId));

  if (!("code" in bundle) && inputSpec !== undefined && dataset !== undefined) {
    note(inputObjection(context, call, bundle.job, dataset));
    const keys = await findKeys(context, bundle.job, request.input);
    if ("code" in keys) note(keys.code);
    note(conflict);
    const first = firstOf(objections);
    if (first !== undefined) return { ...ids, status: "refused", code: first };
    if (!("code" in keys)) {
      const jobSpecHash = jobSpecHashOf(chain.deployment, bundle.job.spec);
      return { ...ids, status: "passed", checked: { jobSpecHash, input: inputSpec, bundleKey: bundle.key, ...keys } };
    }
  }
  return { ...ids, status: "refused", code: firstOf(objections) ?? "INPUT_UNKNOWN" };
}

/** The objection that comes first in the documented order. */
function firstOf(objections: readonly ErrorCode[]): ErrorCode | undefined {
  const orderOf = (code: ErrorCode) => reasonOfCode(code) ?? Number.POSITIVE_INFINITY;
  return [...objections].sort((a, b) => orderOf(a) - orderOf(b))[0];
}

async function signerOf({ chain }: GuardianContext, { request, signature }: ReleaseCall): Promise<Address> {
  try {
    return await recoverTypedDataAddress({ ...typedData.releaseRequest(chain.deployment, request), signature });
  } catch (cause) {
    throw new PersonaError("REQUEST_INVALID", "The release request is not signed.", { cause });
  }
}

/** What chain state alone can object to: at the confirmed block for permissions, at the newest for revocations. */
async function askChain(
  { chain, confirmations }: GuardianContext,
  { request, params }: ReleaseCall,
  signer: Address,
  head: ChainBlock,
  ownKey: Promise<EnclaveKeyState>,
): Promise<ErrorCode | undefined> {
  const confirmed = head.number > confirmations ? head.number - confirmations : 0n;
  const blocks = confirmed === head.number ? [head.number] : [confirmed, head.number];
  const [job, key, ...answers] = await Promise.all([
    chain.job(request.jobId, head.number),
    ownKey,
    ...blocks.map((number) => chain.releasable({ jobId: request.jobId, params }, request.input, signer, number)),
  ]);
  if (key.nodeId === 0) return "NODE_KEY_UNKNOWN";
  if (key.kemKeyHash !== request.kemKeyHash) return "REQUEST_INVALID";
  const first = firstOf(answers.filter((answer) => answer !== undefined));
  if (job.attempt === request.attempt || (first !== undefined && beforeAttempt.has(first))) return first;
  return "REQUEST_INVALID";
}

/** A job that is not there, or not this key's, has no attempt that a request could be wrong about: these come first. */
const beforeAttempt: ReadonlySet<ErrorCode> = new Set([
  "NODE_KEY_UNKNOWN",
  "NODE_KEY_EXPIRED",
  "NODE_KEY_INACTIVE",
  "MEASUREMENT_BANNED",
  "JOB_UNKNOWN",
  "JOB_PARAMS_MISMATCH",
  "JOB_NOT_CLAIMED",
  "JOB_CLAIMED_BY_OTHER",
]);

async function openBundle(
  { chain, identity, nodeId }: GuardianContext,
  { bundle, params }: ReleaseCall,
  jobId: Hex,
): Promise<{ job: JobBundle; key: Uint8Array } | { code: ErrorCode }> {
  try {
    const sealed = decodeSealedBundle(bundle, params.order.bundleDigest);
    const { publicKey, privateKey } = identity.kem;
    const key = await openBundleKey(chain.deployment, sealed, {
      jobId,
      guardian: nodeId,
      kemPublicKey: publicKey,
      kemPrivateKey: privateKey,
    });
    return { job: await openJobBundle(sealed, jobId, key), key };
  } catch (error) {
    if (isPersonaError(error)) return { code: "BUNDLE_INVALID" };
    throw error;
  }
}

/** The spec in the bundle must be the one the chain holds, and be about this very job. */
function specObjection(
  { chain }: GuardianContext,
  { params: { order } }: ReleaseCall,
  job: JobBundle,
  jobId: Hex,
): ErrorCode | undefined {
  const { spec } = job;
  const same =
    spec.jobId === jobId &&
    jobSpecHashOf(chain.deployment, spec) === order.specHash &&
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
  { chain }: GuardianContext,
  { request, params: { order } }: ReleaseCall,
  job: JobBundle,
  dataset: DatasetState,
): ErrorCode | undefined {
  const opened = job.inputs[request.input];
  const input = job.spec.inputs[request.input];
  if (opened === undefined || input === undefined) return "INPUT_UNKNOWN";
  const { terms, scope, catalogue, head } = opened;
  if (grantHashOf(chain.deployment, terms) !== input.grantHash || terms.datasetId !== input.datasetId)
    return "SCOPE_MISMATCH";
  if (terms.grantee !== order.requester) return "GRANTEE_MISMATCH";
  if (terms.owner !== dataset.owner) return "OWNER_MISMATCH";
  if (dataset.keyEpoch !== input.keyEpoch) return "KEY_EPOCH_OLD";

  const scopeCheck = checkScope({
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
  { deposit, nodeId }: GuardianContext,
  job: JobBundle,
  index: number,
): Promise<{ head: KeyBoxHead; body: KeyBoxBody } | { code: ErrorCode }> {
  const input = job.spec.inputs[index];
  const opened = job.inputs[index];
  if (input === undefined || opened === undefined) return { code: "INPUT_UNKNOWN" };
  const { keyBoxDigest, guardianSetHash } = opened.head;
  try {
    const stored = await deposit(keyBoxDigest);
    if (stored === undefined) return { code: "SHARE_UNKNOWN" };
    const { datasetId, keyEpoch } = input;
    const head = verifyKeyBoxHead(stored.head, { keyBoxDigest, guardianSetHash, datasetId, keyEpoch });
    if (!head.guardians.includes(nodeId)) return { code: "GUARDIAN_SET_MISMATCH" };
    return { head, body: decodeKeyBoxBody(stored.body, { keyBoxDigest }) };
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
  claimedWith: Promise<EnclaveKeyState>,
  block: ChainBlock,
): Promise<ErrorCode | undefined> {
  const [key, ours] = await Promise.all([claimedWith, operatorOf(context, context.nodeId, block)]);
  if (key.nodeId === 0) return undefined;
  return (await operatorOf(context, key.nodeId, block)) === ours ? "GUARDIAN_CONFLICT" : undefined;
}

/** A node's token is soulbound: its operator is read once. */
async function operatorOf({ chain, operators }: GuardianContext, nodeId: number, block: ChainBlock): Promise<Address> {
  const known = operators.get(nodeId);
  if (known !== undefined) return known;
  const { operator } = await chain.node(nodeId, block.number);
  operators.set(nodeId, operator);
  return operator;
}
