import type { Address, Hex } from "viem";
import type { GrantPackage } from "../access/grantPackage.ts";
import { findGuardians, type Guardian, type GuardianFailure } from "../access/resolveGuardians.ts";
import { segmentIndexes } from "../access/segments.ts";
import {
  type CoreClient,
  createNodeView,
  type Deployment,
  grantHashOf,
  type InputSpec,
  type JobParams,
  type JobSpec,
  jobIdOf,
  jobMarketCoreAbi,
  jobSpecHashOf,
  type NodePolicy,
  type NodeView,
} from "../contracts/index.ts";
import { generateKemKeyPair, type KemKeyPair, keyIdOf, randomBytes, toHex } from "../crypto/index.ts";
import { PersonaError } from "../errors/index.ts";
import type { Provenance } from "../storage/provenanceLevels.ts";
import { argsCommitmentOf, sealJobBundle } from "./jobBundle.ts";
import {
  encodeArgs,
  encodeProgram,
  outputClassOf,
  outputSchemaHashOf,
  type Program,
  type ProgramArgs,
} from "./program.ts";
import { decodeCode, encodeCode } from "./programManifest.ts";

export const defaultOutputBytes = 2_048;

export type JobRequest = {
  readonly program: Program;
  /** Code of a program of version 2, to be stored with the job. Left out where it is published already. */
  readonly code?: Uint8Array;
  readonly grants: readonly GrantPackage[];
  readonly args?: ProgramArgs;
  /** For the node, in the grants' token. The market adds its protocol fee to the escrow: some percent of fee and prices. */
  readonly fee: bigint;
  /** Of ciphertext: the sealed result is 1,140 bytes longer than its plaintext, and up to 12 % or 64 bytes of padding where there is room. Default 2,048. */
  readonly maxOutputBytes?: number;
  /** Seconds from now in which a node may claim. Default 600. */
  readonly claimSeconds?: number;
  /** Seconds from the claim in which it must bring the result. Default 1,200. Both together: at most a week. */
  readonly runSeconds?: number;
  /** A node of the requester's choice, only where every grant allows it. */
  readonly namedNode?: number;
  /** Catalogue bitmap per input; default all that the grant covers. */
  readonly segments?: readonly bigint[];
  /** Lowest level of origin that all segments of an input must have, per input. Lower ones end the job before any key is opened: prices come back. */
  readonly minimumProvenance?: readonly (Provenance | undefined)[];
};

/** A job ready to be submitted. Keep `resultKey`: only it opens the result. */
export type BuiltJob = {
  readonly jobId: Hex;
  /** Makes the job id, with market and requester. */
  readonly salt: Hex;
  readonly params: JobParams;
  readonly spec: JobSpec;
  /** What the spec commits to: a keeper of shares that cannot open the bundle must be shown both. */
  readonly args: Uint8Array;
  readonly argsSalt: Uint8Array;
  readonly program: Program;
  readonly grants: readonly GrantPackage[];
  readonly resultKey: KemKeyPair;
  readonly bundle: Uint8Array;
  readonly programBytes: Uint8Array;
  /** Block of the program's code, where it is to be stored with the job. */
  readonly codeBlock: Uint8Array | undefined;
};

/**
 * Builds spec, bundle and parameters. It does not judge whether the grants allow the job: contracts and guardians do. The
 * bundle is for the guardians that can be reached now, at least the threshold of each input's dataset.
 * @throws PersonaError GUARDIANS_UNAVAILABLE, naming who failed and why; REQUEST_INVALID, SEGMENT_NOT_GRANTED
 */
export async function buildJob(
  {
    client,
    deployment,
    nodes,
  }: {
    readonly client: CoreClient;
    readonly deployment: Deployment;
    /** Who the guardians are, as several endpoints say (`createAgreeingNodeView`). Default: as `client` says alone. */
    readonly nodes?: NodeView | undefined;
  },
  request: JobRequest,
): Promise<BuiltJob> {
  const { program, grants } = request;
  const requester = client.account.address;
  const salt = toHex(randomBytes(32));
  const jobId = jobIdOf(deployment, requester, salt);
  const { bytes: programBytes, programId } = encodeProgram(program);
  const codeBlock = codeBlockOf(program, request.code);
  const resultKey = await generateKemKeyPair();
  const argsSalt = randomBytes(32);
  const args = encodeArgs(program, request.args ?? {});
  const first = grants[0];
  if (first === undefined) throw new PersonaError("REQUEST_INVALID", "A job needs at least one grant.");

  const spec: JobSpec = {
    jobId,
    programId,
    argsCommitment: argsCommitmentOf(argsSalt, args),
    resultKeyHash: keyIdOf(resultKey.publicKey),
    outputClass: outputClassOf(program),
    outputSchemaHash: outputSchemaHashOf(program),
    maxOutputBytes: request.maxOutputBytes ?? defaultOutputBytes,
    inputs: grants.map((grant, i) => inputSpecOf(deployment, grant, request.segments?.[i])),
  };
  const wanted = [...new Set(grants.flatMap(({ dataset }) => dataset.guardians))];
  const { guardians, failures } = await findGuardians(nodes ?? createNodeView(client, deployment), wanted);
  for (const [input, grant] of grants.entries()) requireThreshold(input, grant, guardians, failures);
  const bundle = await sealJobBundle(
    deployment,
    {
      spec,
      argsSalt,
      args,
      resultKey: resultKey.publicKey,
      inputs: grants.map(({ terms, scope, dataset }, i) => ({
        terms,
        scope,
        catalogue: dataset.catalogue,
        head: dataset.head,
        provenance: request.minimumProvenance?.[i],
        published: dataset.published,
      })),
    },
    guardians.map(({ nodeId, kemPublicKey }) => ({
      nodeId,
      kemPublicKey,
      inputs: grants.flatMap(({ dataset }, i) => (dataset.guardians.includes(nodeId) ? [i] : [])),
    })),
  );
  const { token } = first.terms;
  const [{ timestamp }, { protocolFeeBps }] = await Promise.all([
    client.getBlock(),
    tokenTerms(client, deployment, token),
  ]);
  const paid = grants.reduce((sum, { terms }) => sum + terms.price, request.fee);
  const params: JobParams = {
    order: {
      requester,
      specHash: jobSpecHashOf(deployment, spec),
      bundleDigest: bundle.bundleDigest,
      token,
      fee: request.fee,
      protocolFee: (paid * BigInt(protocolFeeBps)) / 10_000n,
      maxOutputBytes: spec.maxOutputBytes,
      inputs: grants.map(({ terms }) => ({
        datasetId: terms.datasetId,
        grantHash: grantHashOf(deployment, terms),
        owner: terms.owner as Address,
        price: terms.price,
      })),
    },
    offer: {
      claimBy: Number(timestamp) + (request.claimSeconds ?? 600),
      runSeconds: request.runSeconds ?? 1_200,
      namedNode: request.namedNode ?? 0,
      nodePolicy: narrowest(grants.map(({ terms }) => terms.nodePolicy)),
    },
  };
  const built = { jobId, salt, params, spec, args, argsSalt, program, grants, resultKey };
  return { ...built, bundle: bundle.bytes, programBytes, codeBlock };
}

function codeBlockOf(program: Program, code: Uint8Array | undefined): Uint8Array | undefined {
  if (code === undefined) return undefined;
  if (program.v === 1) throw new PersonaError("REQUEST_INVALID", "A program of version 1 holds its statement itself.");
  const { bytes } = encodeCode(code);
  decodeCode(program, bytes);
  return bytes;
}

const tokenTerms = (client: Pick<CoreClient, "readContract">, { jobMarket }: Deployment, token: Address) =>
  client.readContract({ address: jobMarket, abi: jobMarketCoreAbi, functionName: "tokenOf", args: [token] });

function inputSpecOf(
  deployment: Deployment,
  { terms, scope, dataset }: GrantPackage,
  segments: bigint | undefined,
): InputSpec {
  const asked = segments ?? scope.segments;
  if (segmentIndexes(asked).length === 0) throw new PersonaError("SEGMENT_NOT_GRANTED", "The job asks for no segment.");
  return {
    datasetId: terms.datasetId,
    keyEpoch: dataset.keyEpoch,
    version: BigInt(dataset.version),
    manifestDigest: dataset.head.manifestDigest,
    keyBoxDigest: dataset.head.keyBoxDigest,
    segments: asked,
    grantHash: grantHashOf(deployment, terms),
  };
}

/** Fewer could not release the input's keys: the job would be paid for and fail. */
function requireThreshold(
  input: number,
  { terms, dataset }: GrantPackage,
  guardians: readonly Guardian[],
  failures: readonly GuardianFailure[],
): void {
  const reachable = guardians.filter(({ nodeId }) => dataset.guardians.includes(nodeId)).length;
  if (reachable >= dataset.threshold) return;
  const failed = failures.filter(({ nodeId }) => dataset.guardians.includes(nodeId));
  throw new PersonaError("GUARDIANS_UNAVAILABLE", "Fewer guardians can be reached than the dataset's threshold.", {
    data: {
      input,
      datasetId: terms.datasetId,
      threshold: dataset.threshold,
      reachable,
      ...Object.fromEntries(failed.map(({ nodeId, error }) => [`guardian ${nodeId}`, whyOf(error)])),
    },
    cause: new AggregateError(failed.map(({ error }) => error)),
  });
}

function whyOf(error: Error): string {
  if (error instanceof PersonaError) return `${error.code}: ${error.shortMessage}`;
  // viem's full messages quote the request.
  return "shortMessage" in error ? String(error.shortMessage) : error.name;
}

/** What all grants accept together. */
function narrowest(policies: readonly NodePolicy[]): NodePolicy {
  return policies.reduce((a, b) => ({
    verifierKinds: a.verifierKinds & b.verifierKinds,
    vendors: a.vendors & b.vendors,
    minStake: larger(a.minStake, b.minStake),
    requesterMayNameNode: a.requesterMayNameNode && b.requesterMayNameNode,
  }));
}

function larger(a: bigint, b: bigint): bigint {
  if (a > b) return a;
  return b;
}
