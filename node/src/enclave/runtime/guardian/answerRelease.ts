import {
  decodeReleaseCall,
  encodeReleaseAnswer,
  type ReleaseCall,
  type ReleasedKeys,
  releaseBundleInfo,
  releaseShareInfo,
  sealedHashOf,
  segmentIndexes,
} from "@persona-protocol/sdk/access";
import { typedData } from "@persona-protocol/sdk/contracts";
import { seal, zeroise } from "@persona-protocol/sdk/crypto";
import { isPersonaError, PersonaError, reasonOfCode } from "@persona-protocol/sdk/errors";
import { openShare } from "@persona-protocol/sdk/storage";
import { type Hex, keccak256, zeroHash } from "viem";
import type { AccessLog } from "./accessLog.ts";
import { type CheckedRelease, checkRelease, type GuardianContext, type ReleaseCheck } from "./checkRelease.ts";

/** Answers kept for repeats; older ones are made anew, which gives the same share in another box. */
const maxAnswers = 1_024;

/**
 * The guardian's one duty: a signed release or a signed refusal for a well-formed request.
 * The same request from the same enclave key gets the same answer again, so a host cannot collect differing ones.
 * @throws PersonaError REQUEST_INVALID when the request cannot be read at all.
 */
export function createReleaseAnswerer(
  context: GuardianContext,
  log: AccessLog,
): (body: Uint8Array) => Promise<Uint8Array> {
  // Promises, so that a request that comes while the same one is being answered gets that very answer.
  const released = new Map<string, ReturnType<typeof release>>();
  return async (body) => {
    const call = decodeReleaseCall(body);
    const check = await checkRelease(context, call);
    const requestHash = keccak256(body);
    if (check.status === "refused") return refuse(context, log, call, check, requestHash);

    const { jobId, attempt, input } = call.request;
    const repeat = [jobId, attempt, input, check.signer].join();
    const known = released.get(repeat);
    if (known !== undefined) zeroise(check.checked.bundleKey);
    const answering = known ?? release(context, log, call, check, check.checked);
    const [oldest] = released.keys();
    if (known === undefined && released.size >= maxAnswers && oldest !== undefined) released.delete(oldest);
    released.set(repeat, answering);
    try {
      const answer = await answering;
      if (answer instanceof Uint8Array) return answer;
      released.delete(repeat);
      return refuse(context, log, call, { ...check, status: "refused", code: answer.code }, requestHash);
    } catch (error) {
      released.delete(repeat);
      throw error;
    }
  };
}

async function release(
  context: GuardianContext,
  log: AccessLog,
  call: ReleaseCall,
  { jobId, datasetId, signer, block }: ReleaseCheck,
  checked: CheckedRelease,
): Promise<Uint8Array | { code: "SHARE_UNKNOWN" }> {
  const { chain, identity, nodeId } = context;
  const shares = await resealShares(context, call, checked, signer);
  if (shares === undefined) return { code: "SHARE_UNKNOWN" };
  const bundleInfo = releaseBundleInfo(chain.deployment, { jobId, guardian: nodeId, signer });
  const bundleKey = await seal({ publicKey: call.kemKey, info: bundleInfo, plaintext: checked.bundleKey });
  zeroise(checked.bundleKey);

  const keys: ReleasedKeys = { bundleKey, shares };
  const message = {
    jobId,
    jobSpecHash: checked.jobSpecHash,
    datasetId,
    segments: checked.input.segments,
    signer,
    guardian: nodeId,
    blockNumber: block.number,
    blockHash: block.hash,
    logHead: log.append({ jobId, datasetId, signer, reason: 0, blockNumber: block.number }),
    sealedHash: sealedHashOf(keys),
  };
  const signature = await identity.account.signTypedData(typedData.release(chain.deployment, message));
  return encodeReleaseAnswer({ status: "released", release: message, signature, keys });
}

/** Each share leaves one box and enters the next inside this function; undefined when one of them is not there. */
async function resealShares(
  { chain, identity, nodeId }: GuardianContext,
  call: ReleaseCall,
  { jobSpecHash, input, head, body }: CheckedRelease,
  signer: `0x${string}`,
): Promise<ReleasedKeys["shares"] | undefined> {
  const { chainId, datasetRegistry: registry } = chain.deployment;
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
      shares.push({ index: segment, ...(await seal({ publicKey: call.kemKey, info, plaintext: opened.share })) });
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
  requestHash: Hex,
): Promise<Uint8Array> {
  const { datasetId, signer, block, code } = check;
  const reason = reasonOfCode(code);
  if (reason === undefined)
    throw new PersonaError("INTERNAL", "A guardian may refuse only with a shared reason.", { data: { code } });
  const { jobId, attempt, input } = call.request;
  // A stranger must not be able to fill the log: its refusal is answered and not recorded.
  const logged = code !== "NODE_KEY_UNKNOWN" && code !== "REQUEST_INVALID";
  const logHead = logged
    ? log.append({ jobId, datasetId: datasetId ?? zeroHash, signer, reason, blockNumber: block.number })
    : log.head();
  const message = {
    jobId,
    attempt,
    input,
    signer,
    guardian: nodeId,
    requestHash,
    reason,
    blockNumber: block.number,
    blockHash: block.hash,
    logHead,
  };
  const signature = await identity.account.signTypedData(typedData.refusal(chain.deployment, message));
  return encodeReleaseAnswer({ status: "refused", refusal: message, signature });
}
