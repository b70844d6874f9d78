import {
  decodeReleaseAnswer,
  decodeReleaseCall,
  encodeReleaseAnswer,
  logHeadHash,
  type ReleaseCall,
  type ReleasedKeys,
  releaseBundleInfo,
  releaseShareInfo,
  sealedHashOf,
  segmentIndexes,
} from "@persona-protocol/sdk/access";
import { typedData, typedDigest } from "@persona-protocol/sdk/contracts";
import { type KemPublicKey, seal, zeroise } from "@persona-protocol/sdk/crypto";
import { isPersonaError, PersonaError, reasonOfCode } from "@persona-protocol/sdk/errors";
import { openShare } from "@persona-protocol/sdk/storage";
import { type Hex, keccak256 } from "viem";
import { recoverSigner } from "../secp256k1.ts";
import type { AccessLog } from "./accessLog.ts";
import { type CheckedRelease, checkRelease, type GuardianContext, type ReleaseCheck } from "./checkRelease.ts";

/** Answers kept for repeats; older ones come from the host's disk. */
const maxAnswers = 1_024;

/** Answers in memory, by the name of their request. */
export type KeptAnswers = Map<string, { readonly datasetId: Hex; readonly answering: ReturnType<typeof release> }>;

/** The answer that was given to a request of this name before a restart, as the host kept it; null where it has none. */
export type RecallAnswer = (name: string) => Promise<Uint8Array | undefined>;

/**
 * The guardian's one duty: a signed release or a signed refusal for a well-formed request.
 * The same request from the same enclave key gets the same answer again, so a host cannot collect differing ones. Each time
 * the chain is asked anew: what may not be released any more is refused, whatever was answered before.
 * @throws PersonaError REQUEST_INVALID when the request cannot be read at all, and as {@link checkRelease}.
 */
export function createReleaseAnswerer(
  context: GuardianContext,
  log: AccessLog,
  recall: RecallAnswer,
  released: KeptAnswers = new Map(),
): (body: Uint8Array) => Promise<Uint8Array> {
  // Promises, so that a request that comes while the same one is being answered gets that very answer.
  return async (body) => {
    const call = decodeReleaseCall(body);
    const check = await checkRelease(context, call);
    if (check.status === "refused") return refuse(context, log, call, check, body);

    const { checked, signer } = check;
    const { jobId, attempt, input } = call.request;
    const name = [jobId, attempt, input, signer, call.request.kemKeyHash].join();
    const known = released.get(name);
    const answering = known?.answering ?? answerFirst(context, log, recall, call, check, checked, name);
    const [oldest] = released.keys();
    if (known === undefined && released.size >= maxAnswers && oldest !== undefined) released.delete(oldest);
    released.set(name, { datasetId: check.datasetId, answering });
    try {
      const answer = await answering;
      if (answer instanceof Uint8Array) return answer;
      released.delete(name);
      return refuse(context, log, call, { ...check, status: "refused", code: answer.code }, body);
    } catch (error) {
      released.delete(name);
      throw error;
    } finally {
      zeroise(checked.bundleKey);
    }
  };
}

/** The host looks for an earlier answer while the new one is sealed. */
async function answerFirst(
  context: GuardianContext,
  log: AccessLog,
  recall: RecallAnswer,
  call: ReleaseCall,
  check: ReleaseCheck & { status: "passed" },
  checked: CheckedRelease,
  name: string,
): ReturnType<typeof release> {
  const [old, keys] = await Promise.all([
    recallRelease(context, recall, name, check),
    sealKeys(context, call, checked, check),
  ]);
  if (keys === undefined) context.keyBoxes.drop(checked.keyBox);
  else context.keyBoxes.keep(checked.keyBox);
  if (old !== undefined) return old;
  return keys === undefined ? { code: "SHARE_UNKNOWN" } : release(context, log, call, check, checked, keys, name);
}

/** What the host kept is given again only if this guardian signed it, for this very request. */
async function recallRelease(
  { chain, identity, nodeId }: GuardianContext,
  recall: RecallAnswer,
  name: string,
  { jobId, signer, ...check }: ReleaseCheck & { status: "passed" },
): Promise<Uint8Array | undefined> {
  const bytes = await recall(name);
  if (bytes === undefined) return undefined;
  try {
    const answer = decodeReleaseAnswer(bytes);
    if (answer.status !== "released") return undefined;
    const { release: message, signature, keys } = answer;
    const by = recoverSigner(typedDigest(typedData.release(chain.view.deployment, message)), signature);
    const fits =
      by === identity.account.address &&
      message.jobId === jobId &&
      message.signer === signer &&
      message.guardian === nodeId &&
      message.datasetId === check.datasetId &&
      message.jobSpecHash === check.checked.jobSpecHash &&
      message.sealedHash === sealedHashOf(keys);
    return fits ? bytes : undefined;
  } catch {
    return undefined; // Damaged on the host's disk: as if it had none.
  }
}

async function release(
  context: GuardianContext,
  log: AccessLog,
  call: ReleaseCall,
  { jobId, datasetId, signer, block }: ReleaseCheck,
  checked: CheckedRelease,
  keys: ReleasedKeys,
  name: string,
): Promise<Uint8Array | { code: "SHARE_UNKNOWN" }> {
  const { chain, identity, nodeId } = context;
  const { deployment } = chain.view;
  const { attempt, input } = call.request;
  const entry = { kind: "release", reason: 0, jobId, attempt, input, datasetId, signer } as const;
  const { answer } = await log.append({ ...entry, blockNumber: block.number }, async (logHead) => {
    const message = {
      jobId,
      jobSpecHash: checked.jobSpecHash,
      datasetId,
      segments: checked.input.segments,
      signer,
      guardian: nodeId,
      blockNumber: block.number,
      blockHash: block.hash,
      logHead,
      sealedHash: sealedHashOf(keys),
    };
    const signature = await identity.account.signDigest(typedDigest(typedData.release(deployment, message)));
    const bytes = encodeReleaseAnswer({ status: "released", release: message, signature, keys });
    return { answer: { name, bytes, until: checked.until }, revocation: undefined };
  });
  return answer.bytes;
}

/**
 * For the asking enclave's key alone; undefined when a share is not there.
 * @throws PersonaError SEALED_BOX_INVALID when the key that the chain has for it is none
 */
async function sealKeys(
  context: GuardianContext,
  call: ReleaseCall,
  checked: CheckedRelease,
  { jobId, signer }: ReleaseCheck,
): Promise<ReleasedKeys | undefined> {
  const { chain, nodeId, askers } = context;
  const publicKey = askers.ready(call.request.kemKeyHash, call.kemKey);
  const shares = await resealShares(context, publicKey, checked, signer);
  if (shares === undefined) return undefined;
  const info = releaseBundleInfo(chain.view.deployment, { jobId, guardian: nodeId, signer });
  return { bundleKey: await seal({ publicKey, info, plaintext: checked.bundleKey }), shares };
}

/** Each share leaves one box and enters the next inside this function; undefined when one of them is not there. */
async function resealShares(
  { chain: { view }, identity, nodeId }: GuardianContext,
  publicKey: KemPublicKey,
  { jobSpecHash, input, keyBox: { head, body } }: CheckedRelease,
  signer: `0x${string}`,
): Promise<ReleasedKeys["shares"] | undefined> {
  const { chainId, datasetRegistry: registry } = view.deployment;
  const { datasetId, keyEpoch } = input;
  const shares: ReleasedKeys["shares"][number][] = [];
  for (const segment of segmentIndexes(input.segments)) {
    const sealed = body.shares.find(({ index, guardian }) => index === segment && guardian === nodeId);
    if (sealed === undefined) return undefined;
    try {
      const opened = await openShare({
        chainId,
        registry,
        datasetId,
        keyEpoch,
        head,
        segment,
        guardian: nodeId,
        keyPair: identity.kem,
        sealed,
      });
      const info = releaseShareInfo({ jobSpecHash, datasetId, segment, guardian: nodeId, signer });
      shares.push({ index: segment, ...(await seal({ publicKey, info, plaintext: opened.share })) });
      zeroise(opened.share);
    } catch (error) {
      if (isPersonaError(error)) return undefined;
      throw error;
    }
  }
  return shares;
}

async function refuse(
  { chain, identity, nodeId }: GuardianContext,
  log: AccessLog,
  call: ReleaseCall,
  check: ReleaseCheck & { status: "refused" },
  body: Uint8Array,
): Promise<Uint8Array> {
  const { datasetId, signer, block, code } = check;
  const reason = reasonOfCode(code);
  if (reason === undefined)
    throw new PersonaError("INTERNAL", "A guardian may refuse only with a shared reason.", { data: { code } });
  const { jobId, attempt, input } = call.request;
  // A stranger must not be able to fill the log: its refusal is answered and not recorded.
  const logged = code !== "NODE_KEY_UNKNOWN" && code !== "REQUEST_INVALID";
  const entry = {
    kind: "refusal",
    reason,
    jobId,
    attempt,
    input,
    datasetId,
    signer,
    blockNumber: block.number,
  } as const;
  const logHead = logged ? await log.appendRefusal(entry) : logHeadHash(log.durable());
  const message = {
    jobId,
    attempt,
    input,
    signer,
    guardian: nodeId,
    requestHash: keccak256(body),
    reason,
    blockNumber: block.number,
    blockHash: block.hash,
    logHead,
  };
  const signature = await identity.account.signDigest(typedDigest(typedData.refusal(chain.view.deployment, message)));
  return encodeReleaseAnswer({ status: "refused", refusal: message, signature });
}
