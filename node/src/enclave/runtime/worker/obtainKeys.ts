import { checkScope, inputReleasesHash, segmentIndexes } from "@persona-protocol/sdk/access";
import {
  argsCommitmentOf,
  checkGuardianLists,
  codeDigestOf,
  decodeArgs,
  decodeCode,
  decodeProgram,
  decodeSealedBundle,
  type JobBundle,
  maxBundleBytes,
  maxCodeBytes,
  maxProgramBytes,
  outputClassOf,
  outputSchemaHashOf,
  type Program,
  type ProgramArgs,
} from "@persona-protocol/sdk/compute";
import { grantHashOf, type InputSpec, jobSpecHashOf } from "@persona-protocol/sdk/contracts";
import { keyIdOf, zeroise } from "@persona-protocol/sdk/crypto";
import { type ErrorCode, isPersonaError, PersonaError } from "@persona-protocol/sdk/errors";
import {
  catalogueHash,
  combineShares,
  type KeyBoxHead,
  MAX_KEY_BOX_HEAD_BYTES,
  type ManifestSegment,
  verifyKeyBoxHead,
  verifyShare,
} from "@persona-protocol/sdk/storage";
import type { Hex } from "viem";
import { ageObjection } from "../chain/ageObjection.ts";
import { askGuardians, type GuardianAnswer, type JobContext, openBundleOf, openShares } from "./collectKeys.ts";
import { readManifest, type SignedBlock } from "./readManifest.ts";

/** One segment, fetched and keyed, still encrypted. */
export type PlannedSegment = {
  readonly input: InputSpec;
  readonly segment: ManifestSegment;
  readonly ciphertext: Uint8Array;
};

/** All that a job needs, fetched whole before anything is decrypted: a running program causes no host I/O. */
export type JobPlan = {
  readonly bundle: JobBundle;
  readonly jobSpecHash: Hex;
  readonly program: Program;
  /** Of a program of version 2. */
  readonly code: Uint8Array | undefined;
  readonly args: ProgramArgs;
  readonly segments: readonly PlannedSegment[];
};

export type ObtainedKeys = {
  readonly plan: JobPlan;
  /** DEKs by `datasetId/index`. The caller zeroises them. */
  readonly deks: ReadonlyMap<string, Uint8Array>;
  /** For each input: keccak over its release signatures in the order of the guardians. */
  readonly releases: readonly Hex[];
};

/** Ciphertext of one job, held in memory together with its plaintext. */
const maxCiphertextBytes = 512 * 1024 * 1024;

/**
 * @param withinMs guardians that hold the line longer count as silent: the node's bond hangs on a receipt in time
 * @param onOpening called right before the first share is opened: from then on no failure may claim to be earlier.
 */
export async function obtainKeys(
  context: JobContext,
  { withinMs, onOpening }: { readonly withinMs: number; readonly onOpening: () => void },
): Promise<ObtainedKeys> {
  const block = await context.host.block(context.params.order.bundleDigest, maxBundleBytes);
  const sealed = decodeSealedBundle(block, context.params.order.bundleDigest);
  checkGuardianLists(sealed, context.params.order.inputs.length);
  const answers: GuardianAnswer[] = [];
  let plan: JobPlan | undefined;
  let heads: readonly KeyBoxHead[] = [];

  const asking = askGuardians(context, { sealed, bundle: block, withinMs });
  for await (const answer of asking.answers) {
    answers.push(answer);
    if (plan === undefined) {
      const bundle = await openBundleOf(context, sealed, answer);
      if (bundle === undefined || answer.status !== "released") continue;
      const { blockNumber: number, blockHash: hash } = answer.answer.release;
      [heads, plan] = await Promise.all([fetchHeads(context, bundle), fetchPlan(context, bundle, { number, hash })]);
      for (const [input, { threshold }] of heads.entries()) asking.atLeast(input, threshold);
    }
    if (plan !== undefined && heads.every((head, input) => releasedTo(answers, input).length >= head.threshold)) {
      onOpening();
      const deks = await combine(context, plan, heads, answers);
      if (deks !== undefined) return { plan, deks, releases: releasesOf(answers, heads.length) };
    }
  }
  throw notEnough(answers, heads);
}

/** The supervisor's own check of what it is about to run: the same Scope rules, on its own reading of the bundle. */
async function fetchPlan(context: JobContext, bundle: JobBundle, releasedAt: SignedBlock): Promise<JobPlan> {
  const {
    chain,
    host,
    jobId,
    params: { order },
  } = context;
  const { spec } = bundle;
  const programBytes = await host.block(spec.programId, maxProgramBytes);
  const program = decodeProgram(programBytes);
  const code =
    program.v === 1 ? undefined : decodeCode(program, await host.block(codeDigestOf(program), maxCodeBytes + 16));
  const args = decodeArgs(program, bundle.args);
  // Rebuilt from what will run and whom it will be encrypted to, not copied from the bundle.
  const jobSpecHash = jobSpecHashOf(chain.deployment, {
    ...spec,
    jobId,
    argsCommitment: argsCommitmentOf(bundle.argsSalt, bundle.args),
    resultKeyHash: keyIdOf(bundle.resultKey),
    outputClass: outputClassOf(program),
    outputSchemaHash: outputSchemaHashOf(program),
  });
  if (jobSpecHash !== order.specHash)
    throw new PersonaError("BUNDLE_INVALID", "The bundle does not describe the job on chain.");

  const owners = new Set(bundle.inputs.map(({ terms }) => terms.owner)).size;
  for (const [i, input] of spec.inputs.entries()) {
    const opened = bundle.inputs[i];
    if (
      opened === undefined ||
      grantHashOf(chain.deployment, opened.terms) !== input.grantHash ||
      order.inputs[i]?.grantHash !== input.grantHash
    ) {
      throw new PersonaError("BUNDLE_INVALID", "The bundle's grants are not the job's.");
    }
    const { terms, scope, catalogue } = opened;
    const catalogueHashAt = (length: number) =>
      length <= catalogue.length ? catalogueHash(catalogue.slice(0, length)) : undefined;
    const objection = checkScope({ terms, scope, spec, input, catalogueHashAt, args: bundle.args, owners });
    if (objection !== undefined)
      throw new PersonaError("GUARDIANS_REFUSED", "The supervisor itself refuses this job.", { data: { objection } });
  }
  const listed: Omit<PlannedSegment, "ciphertext">[] = [];
  for (const [i, opened] of bundle.inputs.entries()) {
    const input = spec.inputs[i];
    if (input === undefined) continue;
    for (const segment of await readManifest(context, input, opened, releasedAt)) listed.push({ input, segment });
    if (opened.scope.maxAge === 0n) continue;
    const { raceBlock } = await chain.job(jobId, releasedAt.number);
    if ((await ageObjection(chain, input, opened, BigInt(raceBlock))) !== undefined)
      throw new PersonaError("DATA_TOO_OLD", "The version is older than the grant allows.");
  }
  return { bundle, jobSpecHash, program, code, args, segments: await fetchSegments(context, listed) };
}

/** One after the other, and only when all together fit: a manifest may claim any size, and its data may be made of nothing. */
async function fetchSegments(
  { host }: JobContext,
  listed: readonly Omit<PlannedSegment, "ciphertext">[],
): Promise<PlannedSegment[]> {
  const bytes = listed.reduce((sum, { segment }) => sum + segment.size, 0);
  if (bytes > maxCiphertextBytes) {
    throw new PersonaError("MANIFEST_INVALID", "The job's data is larger than this node takes.", {
      data: { bytes, maxCiphertextBytes },
    });
  }
  const planned: PlannedSegment[] = [];
  for (const entry of listed) planned.push({ ...entry, ciphertext: await host.blob(entry.segment) });
  return planned;
}

async function fetchHeads({ host }: JobContext, bundle: JobBundle): Promise<KeyBoxHead[]> {
  return Promise.all(
    bundle.spec.inputs.map(async ({ keyBoxDigest, datasetId, keyEpoch }, i) => {
      const bytes = await host.block(keyBoxDigest, MAX_KEY_BOX_HEAD_BYTES);
      const guardianSetHash = bundle.inputs[i]?.head.guardianSetHash ?? "0x";
      return verifyKeyBoxHead(bytes, { keyBoxDigest, datasetId, keyEpoch, guardianSetHash });
    }),
  );
}

/** DEKs of all inputs, or undefined while too few good shares have come. */
async function combine(
  context: JobContext,
  plan: JobPlan,
  heads: readonly KeyBoxHead[],
  answers: readonly GuardianAnswer[],
): Promise<Map<string, Uint8Array> | undefined> {
  const deks = new Map<string, Uint8Array>();
  const opened: Uint8Array[] = [];
  let isWhole = false;
  try {
    isWhole = await combineAll(context, plan, heads, answers, { deks, opened });
    return isWhole ? deks : undefined;
  } finally {
    // What was opened in vain goes as well: more answers come, and all is opened again.
    zeroise(...opened, ...(isWhole ? [] : deks.values()));
  }
}

/** @param into all keys and shares that came to be in clear, whatever happens */
async function combineAll(
  context: JobContext,
  plan: JobPlan,
  heads: readonly KeyBoxHead[],
  answers: readonly GuardianAnswer[],
  { deks, opened }: { readonly deks: Map<string, Uint8Array>; readonly opened: Uint8Array[] },
): Promise<boolean> {
  for (const [i, head] of heads.entries()) {
    const input = plan.bundle.spec.inputs[i];
    if (input === undefined) return false;
    const bound = { jobSpecHash: plan.jobSpecHash, datasetId: input.datasetId, segments: input.segments };
    const bySegment = new Map<number, { position: number; share: Uint8Array }[]>();
    for (const answer of releasedTo(answers, i)) {
      const position = head.guardians.indexOf(answer.guardian);
      for (const [segment, share] of await openShares(context, answer, bound)) {
        opened.push(share);
        if (isCommitted({ head, segment, position, share }))
          bySegment.set(segment, [...(bySegment.get(segment) ?? []), { position, share }]);
      }
    }
    for (const segment of segmentIndexes(input.segments)) {
      const shares = bySegment.get(segment) ?? [];
      if (shares.length < head.threshold) return false;
      deks.set(dekName(input.datasetId, segment), await combineShares({ head, segment, shares }));
    }
  }
  return true;
}

export const dekName = (datasetId: Hex, segment: number): string => `${datasetId}/${segment}`;

/** A share that is not the committed one is left out, and its guardian with it; the threshold decides. */
function isCommitted(share: Parameters<typeof verifyShare>[0]): boolean {
  try {
    verifyShare(share);
    return true;
  } catch (error) {
    if (isPersonaError(error, "KEYBOX_INVALID")) return false;
    throw error;
  }
}

type Released = Extract<GuardianAnswer, { status: "released" }>;

function releasedTo(answers: readonly GuardianAnswer[], input: number): Released[] {
  return answers.filter((answer): answer is Released => answer.status === "released" && answer.input === input);
}

function releasesOf(answers: readonly GuardianAnswer[], inputs: number): Hex[] {
  return Array.from({ length: inputs }, (_, input) => {
    const released = releasedTo(answers, input).sort((a, b) => a.guardian - b.guardian);
    return inputReleasesHash(released.map(({ answer }) => answer.signature));
  });
}

/** Refusals that are about the node or the moment, and so prove nothing against the job. All others are its own fault. */
const aboutTheNode: readonly ErrorCode[] = [
  "REQUEST_INVALID",
  "NODE_KEY_UNKNOWN",
  "NODE_KEY_EXPIRED",
  "NODE_KEY_INACTIVE",
  "MEASUREMENT_BANNED",
  "JOB_UNKNOWN",
  "JOB_PARAMS_MISMATCH",
  "JOB_NOT_CLAIMED",
  "JOB_CLAIMED_BY_OTHER",
  "JOB_DEADLINE_PASSED",
  "MEASUREMENT_NOT_GRANTED",
  "NODE_POLICY_MISMATCH",
  "GUARDIAN_CONFLICT",
];

/** The least any KeyBox may have: what a job whose bundle nobody opened is judged by. */
const leastThreshold = 2;

/**
 * A refusal is proved when, for some input, even all the silent guardians together could not have made up the threshold, and
 * the refusals are about the job. Otherwise another node may have better luck.
 */
function notEnough(answers: readonly GuardianAnswer[], heads: readonly KeyBoxHead[]): PersonaError {
  const refused = answers.filter((answer) => answer.status === "refused");
  const silent = answers.filter((answer) => answer.status === "silent").length;
  const data = { refused: refused.length, silent, reasons: [...new Set(refused.map(({ code }) => code))].join(" ") };
  for (const [input, ofInput] of Map.groupBy(answers, (answer) => answer.input)) {
    const against = ofInput.filter(
      (answer) => answer.status === "refused" && !aboutTheNode.includes(answer.code),
    ).length;
    const threshold = heads[input]?.threshold ?? leastThreshold;
    if (ofInput.length - against < threshold) {
      // One reason of its own for whoever asks for fresh data: another version may be taken.
      const tooOld = refused.every(({ code }) => code === "DATA_TOO_OLD");
      return new PersonaError(tooOld ? "DATA_TOO_OLD" : "GUARDIANS_REFUSED", "Too many guardians refused.", { data });
    }
  }
  // Who was not judged may have answered: its host asks again.
  const unjudged = answers.find((answer) => answer.status === "silent" && answer.chain !== undefined);
  if (unjudged?.status === "silent" && unjudged.chain !== undefined) return unjudged.chain;
  return new PersonaError("GUARDIANS_UNAVAILABLE", "Too few guardians answered.", { data });
}
