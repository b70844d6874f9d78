/**
 * How the supervisor obtains a job's data keys (docs/protocol.md 4.4): it asks the guardians named in the bundle, opens the
 * bundle with the first honest answer, rebuilds jobSpecHash from what it will really run, and only then can open shares.
 */
import {
  decodeReleaseAnswer,
  encodeReleaseCall,
  type ReleaseAnswer,
  releaseBundleInfo,
  releaseShareInfo,
  sealedHashOf,
  segmentIndexes,
} from "@persona-protocol/sdk/access";
import { type JobBundle, openJobBundle, type SealedBundle } from "@persona-protocol/sdk/compute";
import {
  type ChainBlock,
  type ChainView,
  type JobParams,
  KeyClass,
  keyOpens,
  typedData,
  typedDigest,
} from "@persona-protocol/sdk/contracts";
import { open, zeroise } from "@persona-protocol/sdk/crypto";
import { codeOfReason, type ErrorCode, isPersonaError, PersonaError } from "@persona-protocol/sdk/errors";
import { concatHex, type Hex, keccak256, numberToHex } from "viem";
import type { EpochIdentity } from "../enclaveIdentity.ts";
import { recoverSigner } from "../secp256k1.ts";
import type { WorkerHost } from "./host.ts";
import { inWaves, type Waves } from "./inWaves.ts";

type Released = Extract<ReleaseAnswer, { status: "released" }>;

/** A guardian's answer, its signature already checked against the chain. */
export type GuardianAnswer = { readonly input: number; readonly guardian: number } & (
  | { readonly status: "released"; readonly answer: Released }
  | { readonly status: "refused"; readonly code: ErrorCode }
  /** `chain`: what it may have answered could not be judged, for the chain could not be read. */
  | { readonly status: "silent"; readonly chain?: PersonaError }
);

export type JobContext = {
  readonly chain: ChainView;
  /**
   * The newest block of each of the host's endpoints, the newest of all first. What one endpoint alone has it could make up: the
   * worker acts on what holds at all of these.
   */
  readonly heads: () => Promise<readonly [ChainBlock, ...ChainBlock[]]>;
  readonly host: WorkerHost;
  /** Its KEM key is this run's own: what guardians seal for it is of no use after it. */
  readonly identity: EpochIdentity;
  readonly jobId: Hex;
  readonly params: JobParams;
  readonly attempt: number;
};

/** Asks each input's guardians, no more of them than may be needed. Inputs are the groups. */
export function askGuardians(
  context: JobContext,
  { sealed, bundle, withinMs }: { sealed: SealedBundle; bundle: Uint8Array; withinMs: number },
): Waves<GuardianAnswer> {
  const inTurn = createTurns(maxAsksAtOnce);
  const ask = async (input: number, guardian: number): Promise<GuardianAnswer> => {
    const who = { input, guardian };
    try {
      return { ...who, ...(await inTurn(() => askGuardian(context, who, bundle))) };
    } catch (error) {
      // Unreachable, malformed or badly signed: to the supervisor that is a guardian who did not answer.
      return isOfChain(error) ? { ...who, status: "silent", chain: error } : { ...who, status: "silent" };
    }
  };
  const groups = context.params.order.inputs.map((_, input) =>
    guardiansInTurn(sealed, input, context.jobId).map((guardian) => () => ask(input, guardian)),
  );
  return inWaves(groups, ({ status }) => status === "released", withinMs);
}

/** It passes: nothing that was asked has been answered. */
export const isOfChain = (error: unknown): error is PersonaError =>
  isPersonaError(error, "CHAIN_UNREACHABLE") || isPersonaError(error, "CHAIN_DISAGREES");

/** Another order for each job: the work is spread over the guardians. */
function guardiansInTurn({ keys }: SealedBundle, input: number, jobId: Hex): number[] {
  const placeOf = (guardian: number) => keccak256(concatHex([jobId, numberToHex(guardian, { size: 8 })]));
  return keys
    .filter(({ inputs }) => inputs.includes(input))
    .map(({ guardian }) => ({ guardian, place: placeOf(guardian) }))
    .sort((a, b) => (a.place < b.place ? -1 : 1))
    .map(({ guardian }) => guardian);
}

/** Each request carries the whole bundle: so many of them are in memory at once. */
const maxAsksAtOnce = 16;

/** Runs at most `width` works at once, the others in their order. */
function createTurns(width: number): <value>(work: () => Promise<value>) => Promise<value> {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (work) => {
    if (running >= width) await new Promise<void>((resolve) => waiting.push(resolve));
    else running += 1;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
}

async function askGuardian(
  { chain, heads, host, identity, jobId, params, attempt }: JobContext,
  { input, guardian }: { input: number; guardian: number },
  bundle: Uint8Array,
): Promise<{ status: "released"; answer: Released } | { status: "refused"; code: ErrorCode }> {
  const { deployment } = chain;
  const request = {
    jobId,
    attempt,
    guardian,
    input,
    kemKeyHash: identity.kemKeyHash,
    bundleDigest: params.order.bundleDigest,
  };
  const signature = await identity.account.signDigest(typedDigest(typedData.releaseRequest(deployment, request)));
  const body = encodeReleaseCall({ request, signature, kemKey: identity.kem.publicKey, params, bundle });
  const answer = decodeReleaseAnswer(await host.ask(guardian, body));
  const digest =
    answer.status === "released"
      ? typedDigest(typedData.release(deployment, answer.release))
      : typedDigest(typedData.refusal(deployment, answer.refusal));
  const signed = recoverSigner(digest, answer.signature);

  const { jobId: about, signer, guardian: named } = answer.status === "released" ? answer.release : answer.refusal;
  const forUs = about === jobId && signer === identity.account.address && named === guardian;
  const isItsKeyAt = async (block: ChainBlock): Promise<boolean> => {
    const key = await chain.enclaveKey(signed, block.number);
    // Nor one that has leaked since it was destroyed or banned: a guardian with such a key answers nobody.
    return key.nodeId === guardian && key.keyClass === KeyClass.guardian && keyOpens(key, block);
  };
  const found = forUs ? await Promise.all((await heads()).map(isItsKeyAt)) : [false];
  if (found.includes(false)) {
    if (found.includes(true))
      throw new PersonaError("CHAIN_DISAGREES", "Not every endpoint's newest block has the guardian's key.", {
        data: { guardian },
      });
    throw new PersonaError("REQUEST_INVALID", "The answer is not signed by the guardian for this job.", {
      data: { guardian },
    });
  }
  if (answer.status === "refused") {
    const { refusal } = answer;
    // Our host carried the request: a refusal of anything but exactly our words says nothing about the job.
    if (refusal.attempt !== attempt || refusal.input !== input || refusal.requestHash !== keccak256(body)) {
      throw new PersonaError("REQUEST_INVALID", "The refusal answers another request.", { data: { guardian } });
    }
    return { status: "refused", code: codeOfReason(refusal.reason) ?? "REQUEST_INVALID" };
  }
  if (sealedHashOf(answer.keys) !== answer.release.sealedHash) {
    throw new PersonaError("REQUEST_INVALID", "The sealed keys are not the ones the guardian signed.", {
      data: { guardian },
    });
  }
  return { status: "released", answer };
}

/** The bundle, opened with the key one guardian passed on; undefined when that guardian passed on rubbish. */
export async function openBundleOf(
  context: JobContext,
  sealed: SealedBundle,
  from: GuardianAnswer,
): Promise<JobBundle | undefined> {
  if (from.status !== "released") return undefined;
  const { chain, identity, jobId } = context;
  const info = releaseBundleInfo(chain.deployment, {
    jobId,
    guardian: from.guardian,
    signer: identity.account.address,
  });
  let bundleKey: Uint8Array | undefined;
  try {
    bundleKey = await open({ privateKey: identity.kem.privateKey, info, ...from.answer.keys.bundleKey });
    return await openJobBundle(sealed, jobId, bundleKey);
  } catch (error) {
    if (isPersonaError(error)) return undefined;
    throw error;
  } finally {
    zeroise(bundleKey);
  }
}

/**
 * The shares one guardian released, by segment index. `jobSpecHash` must be what this enclave computed from what it will
 * run: shares sealed for any other job do not open.
 */
export async function openShares(
  { identity }: JobContext,
  { answer, guardian }: { readonly answer: Released; readonly guardian: number },
  bound: { readonly jobSpecHash: Hex; readonly datasetId: Hex; readonly segments: bigint },
): Promise<Map<number, Uint8Array>> {
  const shares = new Map<number, Uint8Array>();
  for (const segment of segmentIndexes(bound.segments)) {
    const box = answer.keys.shares.find(({ index }) => index === segment);
    if (box === undefined) continue;
    const info = releaseShareInfo({ ...bound, segment, guardian, signer: identity.account.address });
    try {
      shares.set(segment, await open({ privateKey: identity.kem.privateKey, info, enc: box.enc, ct: box.ct }));
    } catch (error) {
      // A share that does not open counts as not given; the threshold decides.
      if (!isPersonaError(error, "SEALED_BOX_INVALID")) throw error;
    }
  }
  return shares;
}
