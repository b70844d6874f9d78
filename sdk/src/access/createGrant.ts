import { type Address, type Hex, zeroHash } from "viem";
import {
  ArgsRule,
  type ChainClient,
  type ContractCall,
  type Deployment,
  explainChainError,
  GrantKind,
  grantHashOf,
  grantRegistryAbi,
  measurementPolicyAbi,
  type NodePolicy,
  type Scope,
  scopeHashOf,
  sendCall,
  type Terms,
  typedData,
  Vendor,
  VerifierKind,
  VersionRule,
  waitForCall,
} from "../contracts/index.ts";
import { randomBytes, toHex } from "../crypto/index.ts";
import { PersonaError } from "../errors/index.ts";
import { grantCall, revokeAllCall, revokeCall } from "./grantCalls.ts";
import type { GrantPackage } from "./grantPackage.ts";
import type { Dataset } from "./publishDataset.ts";
import { segmentBitmap } from "./segments.ts";

type Context = { readonly client: ChainClient; readonly deployment: Deployment };

/** What an owner agrees to. Every field is a limit; none has a value that means "everything". */
export type GrantParameters = {
  readonly dataset: Dataset;
  readonly grantee: Address;
  /** Names of segments of the dataset. */
  readonly segments: readonly string[];
  /** The one program it covers: id, shape and class of its result, and whether it takes arguments (`grantedProgramOf`). */
  readonly program: {
    readonly programId: Hex;
    readonly outputSchemaHash: Hex;
    readonly outputClass: number;
    readonly takesArgs: boolean;
  };
  readonly uses: number;
  /** Unix seconds. */
  readonly expiresAt: number;
  /** Per use, in the token's smallest unit. */
  readonly price: bigint;
  readonly token: Address;
  readonly maxOutputBytes: bigint;
  /** Versioned code of what the data will be used for; 1 when the parties have agreed on none. */
  readonly purpose?: number;
  /** sha256 of the notice the person was shown; zero when there was none. */
  readonly noticeHash?: Hex;
  readonly nodePolicy?: NodePolicy;
  /** Seconds: every later version counts, too, and none that was published longer before its job than so. Default: this version alone. */
  readonly maxAge?: number | undefined;
  /** Every later version counts, of any age: for a writer, which must open what it replaces after a restart as well. Default false. */
  readonly laterVersions?: boolean | undefined;
};

/** Terms and Scope for these parameters, at the chain's present epochs. Nothing is sent or signed. */
export async function buildGrant({ client, deployment }: Context, parameters: GrantParameters): Promise<GrantPackage> {
  const { dataset, program } = parameters;
  const owner = client.account.address;
  const [ownerEpoch, measurementEpoch] = await Promise.all([
    client.readContract({
      address: deployment.grantRegistry,
      abi: grantRegistryAbi,
      functionName: "ownerEpochOf",
      args: [owner],
    }),
    client.readContract({
      address: deployment.measurementPolicy,
      abi: measurementPolicyAbi,
      functionName: "currentEpoch",
    }),
  ]);
  const scope: Scope = {
    catalogueLength: dataset.catalogue.length,
    cataloguePrefix: dataset.head.catalogueHash,
    segments: segmentBitmap(parameters.segments.map((name) => indexOf(dataset, name))),
    ...versionsOf(dataset, parameters),
    programId: program.programId,
    // The program id covers the schema of its arguments; the supervisor holds them to it.
    argsRule: program.takesArgs ? ArgsRule.schema : ArgsRule.none,
    argsHash: program.takesArgs ? program.programId : zeroHash,
    outputClass: program.outputClass,
    outputSchemaHash: program.outputSchemaHash,
    minOwners: 1,
    purpose: parameters.purpose ?? 1,
    noticeHash: parameters.noticeHash ?? zeroHash,
    recipientKeyHash: zeroHash,
    salt: toHex(randomBytes(32)),
  };
  const terms: Terms = {
    owner,
    grantee: parameters.grantee,
    datasetId: dataset.datasetId,
    kind: GrantKind.compute,
    maxUses: parameters.uses,
    price: parameters.price,
    token: parameters.token,
    notBefore: 0,
    expiresAt: parameters.expiresAt,
    keyEpoch: dataset.keyEpoch,
    ownerEpoch,
    measurementEpoch,
    followUpgrades: false,
    maxOutputBytes: parameters.maxOutputBytes,
    nodePolicy: parameters.nodePolicy ?? defaultNodePolicy(deployment),
    scopeHash: scopeHashOf(scope),
    salt: toHex(randomBytes(32)),
  };
  const { version, keyEpoch, head, catalogue, guardians, threshold } = dataset;
  return { terms, scope, signature: undefined, dataset: { version, keyEpoch, head, catalogue, guardians, threshold } };
}

/** Grants on chain, in a transaction of the owner. */
export async function grant(
  context: Context,
  parameters: GrantParameters,
): Promise<GrantPackage & { readonly gasUsed: bigint }> {
  const { client, deployment } = context;
  const built = await buildGrant(context, parameters);
  const { gasUsed } = await sent(client, grantCall(deployment, built.terms));
  return { ...built, gasUsed };
}

/** Grants by signature: no gas for the owner, whoever submits it pays. */
export async function signGrant(context: Context, parameters: GrantParameters): Promise<GrantPackage> {
  const built = await buildGrant(context, parameters);
  try {
    return {
      ...built,
      signature: await context.client.signTypedData(typedData.terms(context.deployment, built.terms)),
    };
  } catch (error) {
    throw await explainChainError(error, "the grant");
  }
}

/**
 * Ends a grant for ever, also one that was signed and never submitted. Keys already released cannot be called back.
 * @throws PersonaError OWNER_MISMATCH: the registry would take a stranger's revocation, and it would end nothing.
 */
export async function revoke(
  context: Context,
  granted: Pick<GrantPackage, "terms">,
): Promise<{ readonly gasUsed: bigint }> {
  return sent(context.client, revokeCall(context, granted));
}

/** Ends all of the owner's grants at once, whatever their number. */
export async function revokeAll({ client, deployment }: Context): Promise<{ readonly gasUsed: bigint }> {
  return sent(client, revokeAllCall(deployment));
}

const sent = async (client: ChainClient, call: ContractCall): Promise<{ readonly gasUsed: bigint }> =>
  waitForCall(client, { hash: await sendCall(client, call), functionName: call.functionName });

export const grantHash = (deployment: Deployment, { terms }: Pick<GrantPackage, "terms">): Hex =>
  grantHashOf(deployment, terms);

function versionsOf(dataset: Dataset, { maxAge, laterVersions = false }: GrantParameters) {
  const version = BigInt(dataset.version);
  if (maxAge === undefined)
    return laterVersions
      ? { versionRule: VersionRule.range, versionFrom: version, versionTo: lastVersion, maxAge: 0n }
      : { versionRule: VersionRule.exact, versionFrom: version, versionTo: version, maxAge: 0n };
  if (!Number.isSafeInteger(maxAge) || maxAge < 1)
    throw new PersonaError("REQUEST_INVALID", "maxAge is a number of seconds, 1 or more.", { data: { maxAge } });
  return { versionRule: VersionRule.live, versionFrom: version, versionTo: lastVersion, maxAge: BigInt(maxAge) };
}

const lastVersion = 2n ** 48n - 1n;

/** A simulated TEE is acceptable on local chains only; elsewhere the owner says which silicon counts. */
function defaultNodePolicy({ chainId }: Deployment): NodePolicy {
  if (chainId !== 31_337 && chainId !== 1_337) {
    throw new PersonaError(
      "CONFIG_INVALID",
      "Say which attestation the nodes must have: nodePolicy has no default on a public chain.",
      { data: { chainId } },
    );
  }
  return { verifierKinds: VerifierKind.simulated, vendors: Vendor.none, minStake: 0n, requesterMayNameNode: false };
}

function indexOf(dataset: Dataset, name: string): number {
  const segment = dataset.segments.find((candidate) => candidate.name === name);
  if (segment !== undefined) return segment.index;
  throw new PersonaError("SEGMENT_NOT_GRANTED", "The dataset has no segment of this name.", {
    data: { segment: name, has: dataset.segments.map((candidate) => candidate.name).join(" ") },
  });
}
