import { releasesHashOf } from "@persona-protocol/sdk/access";
import { RESULT_SEAL_BYTES, sealResult } from "@persona-protocol/sdk/compute";
import { type Receipt, typedData } from "@persona-protocol/sdk/contracts";
import { concatBytes, hkdfSha256, zeroise } from "@persona-protocol/sdk/crypto";
import { PersonaError } from "@persona-protocol/sdk/errors";
import { decryptEnvelopeBytes, openManifestEntry } from "@persona-protocol/sdk/storage";
import { bytesToHex, type Hex, hexToBytes, toBytes, zeroHash } from "viem";
import { isOfChain, type JobContext } from "./collectKeys.ts";
import { failureCodeOf } from "./jobFailure.ts";
import type { JobLatch } from "./jobLatch.ts";
import { dekName, type JobPlan, type ObtainedKeys, obtainKeys, type PlannedSegment } from "./obtainKeys.ts";
import { requireClaim } from "./requireClaim.ts";
import { type ProgramTable, runUnderPolicy } from "./runUnderPolicy.ts";
import type { SandboxPool } from "./sandboxPool.ts";

export type SignedReceipt = {
  readonly receipt: Receipt;
  readonly signature: Hex;
  /** Empty for a failure. */
  readonly ciphertext: Uint8Array;
  /** The hashes that `releasesHash` is over, one for each input; empty for a failure. Nothing secret: owners look for theirs. */
  readonly releases: readonly Hex[];
  /** For the operator's log: the code of what went wrong, never its text. */
  readonly failure: string | undefined;
};

/** Largest ciphertext that is settled on chain. */
const maxInlineBytes = 4_096;

/**
 * Runs one claimed job to a signed receipt. Whatever goes wrong with it becomes a signed failure; but for a chain that cannot be
 * read before a share was opened: that passes, nothing was done yet, and the host asks again while there is time.
 * @throws PersonaError, and signs nothing, when the chain does not say that this enclave has claimed exactly this job (`requireClaim`)
 */
export async function runJob(
  context: JobContext & { readonly sandboxes: SandboxPool; readonly latch: JobLatch },
): Promise<SignedReceipt> {
  const { dueBy } = await requireClaim(context);
  const { latch, jobId } = context;
  try {
    // Asked of the chain once: after a share was opened a look that fails would be a failure of the job.
    const endsAt = performance.now() + (await timeLeftMs(context, dueBy));
    const withinMs = (endsAt - performance.now()) * askingShare;
    const keys = await obtainKeys(context, { withinMs, onOpening: () => latch.open(jobId) });
    return await succeed(context, keys, endsAt);
  } catch (error) {
    const opened = latch.isOpened(jobId);
    if (!opened && isOfChain(error)) throw error;
    const code = failureCodeOf(error, opened);
    const failure = failureTextOf(error);
    return sign(context, { ...emptyReceipt, code }, new Uint8Array(), [], failure);
  }
}

/** A code, and for refusals the guardians' codes: this text leaves the enclave, so nothing else may be in it. */
function failureTextOf(error: unknown): string {
  if (!(error instanceof PersonaError)) return "INTERNAL";
  const refused = error.code === "GUARDIANS_REFUSED" || error.code === "GUARDIANS_UNAVAILABLE";
  return refused ? `${error.code} ${error.data["reasons"] ?? ""}`.trim() : error.code;
}

type Outcome = Omit<Receipt, "jobId" | "jobSpecHash" | "attempt">;

const emptyReceipt: Outcome = {
  code: 0,
  ciphertextDigest: zeroHash,
  plaintextCommitment: zeroHash,
  releasesHash: zeroHash,
  outputBytes: 0,
};

async function succeed(
  context: JobContext & { readonly sandboxes: SandboxPool },
  keys: ObtainedKeys,
  endsAt: number,
): Promise<SignedReceipt> {
  const { plan, deks, releases } = keys;
  const { bundle, program, code, args, jobSpecHash } = plan;
  const tables: ProgramTable[] = [];
  let plaintext: Uint8Array | undefined;
  try {
    await decryptTables(plan, deks, tables);
    const limitMs = Math.max(1, Math.min(program.limits.timeMs, endsAt - performance.now()));
    const minOwners = Math.max(...bundle.inputs.map(({ scope }) => scope.minOwners));
    const maxSealed = Math.min(bundle.spec.maxOutputBytes, maxInlineBytes);
    const maxBytes = maxSealed - RESULT_SEAL_BYTES;
    const work = { program, code, args, tables };
    ({ plaintext } = await runUnderPolicy(context.sandboxes, work, { minOwners, maxBytes }, limitMs));
    // Not only at the end: nothing of it is needed any more.
    for (const { parquet } of tables) zeroise(parquet);
    const { resultKey } = bundle;
    const { ciphertext, ...digests } = await sealResult({ resultKey, jobSpecHash, plaintext, maxBytes: maxSealed });
    return await sign(
      context,
      { code: 0, ...digests, releasesHash: releasesHashOf(releases), outputBytes: ciphertext.length },
      ciphertext,
      releases,
      undefined,
    );
  } finally {
    // A job that failed leaves no more behind than one that did not.
    zeroise(plaintext, ...deks.values(), ...tables.map(({ parquet }) => parquet));
  }
}

/** Of what is left, so much goes to guardians at most: a program must still run. */
const askingShare = 0.5;

/**
 * What is left until the receipt must be signed: later nobody takes it, and the node loses its bond. A quarter of the run's time, 15 to
 * 60 seconds, is for the way to the chain.
 */
async function timeLeftMs({ heads, params: { offer } }: JobContext, dueBy: number): Promise<number> {
  // The newest: one that is behind would have us be late.
  const [{ timestamp }] = await heads();
  const settleSeconds = Math.min(60, Math.max(15, offer.runSeconds / 4));
  return Math.max(1, (dueBy - Number(timestamp) - settleSeconds) * 1_000);
}

/** @param tables gets each as it is decrypted, so that whoever gave it can zeroise what there is when a later one fails */
async function decryptTables(plan: JobPlan, deks: ObtainedKeys["deks"], tables: ProgramTable[]): Promise<void> {
  const pseudonymOf = createPseudonyms(plan, deks);
  for (const planned of plan.segments) {
    const dek = deks.get(dekName(planned.input.datasetId, planned.segment.index));
    if (dek === undefined) throw new PersonaError("DATA_INVALID", "A segment has no key.");
    const schema = await schemaOf(planned, dek);
    const table = plan.program.tables.find((candidate) => candidate.schema === schema);
    // A granted segment that the program does not read stays encrypted.
    if (table === undefined) continue;
    tables.push({
      table: table.table,
      owner: pseudonymOf(planned.input.grantHash),
      parquet: await decrypt(planned, dek),
    });
  }
  const missing = plan.program.tables.find(({ table }) => !tables.some((given) => given.table === table));
  if (missing !== undefined)
    throw new PersonaError("DATA_INVALID", "No granted segment has a schema that the program reads.", {
      data: { table: missing.table },
    });
}

const idsOf = ({ input, segment }: PlannedSegment) => ({
  datasetId: input.datasetId,
  segment: segment.index,
  keyEpoch: input.keyEpoch,
  version: segment.version,
});

async function schemaOf(planned: PlannedSegment, dek: Uint8Array): Promise<string> {
  const entry = await openManifestEntry(planned.segment.entry, { ...idsOf(planned), dek });
  return entry.schema;
}

function decrypt(planned: PlannedSegment, dek: Uint8Array): Promise<Uint8Array> {
  return decryptEnvelopeBytes(planned.ciphertext, { ...idsOf(planned), dek });
}

/**
 * Tells owners apart within one job and nothing else: it is keyed by the job's data keys, so it cannot be computed from the
 * chain or linked to another job, and all segments of one owner share it.
 */
function createPseudonyms({ bundle, jobSpecHash }: JobPlan, deks: ObtainedKeys["deks"]): (grantHash: Hex) => string {
  const sorted = [...deks].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, dek]) => dek);
  const ikm = concatBytes(...sorted);
  const ownerOf = new Map(
    bundle.spec.inputs.map(({ grantHash }, i) => [grantHash, bundle.inputs[i]?.terms.owner ?? "0x"]),
  );
  const names = new Map<Hex, string>();
  for (const [grantHash, owner] of ownerOf) {
    const info = concatBytes(toBytes("persona/pseudonym/v1"), hexToBytes(owner));
    names.set(grantHash, bytesToHex(hkdfSha256({ ikm, salt: hexToBytes(jobSpecHash), info, length: 8 })).slice(2));
  }
  zeroise(ikm);
  return (grantHash) => names.get(grantHash) ?? "";
}

async function sign(
  { chain, identity, jobId, params, attempt }: JobContext,
  outcome: Outcome,
  ciphertext: Uint8Array,
  releases: readonly Hex[],
  failure: string | undefined,
): Promise<SignedReceipt> {
  const receipt: Receipt = { jobId, jobSpecHash: params.order.specHash, attempt, ...outcome };
  const signature = await identity.account.signTypedData(typedData.receipt(chain.deployment, receipt));
  return { receipt, signature, ciphertext, releases, failure };
}
