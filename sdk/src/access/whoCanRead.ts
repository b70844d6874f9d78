import type { Address, Hex } from "viem";
import {
  type ChainClient,
  createChainView,
  type Deployment,
  datasetRegistryAbi,
  GrantKind,
  grantHashOf,
  grantRegistryAbi,
  KeyClass,
  measurementPolicyAbi,
  nodeRegistryAbi,
} from "../contracts/index.ts";
import { eventRanges } from "./eventRanges.ts";
import type { GrantPackage } from "./grantPackage.ts";
import { type RootKeyHolders, rootKeyHolders } from "./rootKeyHolders.ts";
import { segmentIndexes } from "./segments.ts";

/** Who could open a dataset's segments at one block, alone or together. Whoever keeps the owner's root key always can. */
export type Readers = {
  readonly datasetId: Hex;
  readonly blockNumber: bigint;
  readonly owner: Address;
  readonly status: "none" | "active" | "erased" | "erasing";
  readonly keyEpoch: number;
  /** Guardians who hold a share each: any `threshold` of them together hold every key, grant or no grant. */
  readonly guardians: {
    readonly threshold: number;
    readonly members: readonly { readonly nodeId: number; readonly operator: Address }[];
    readonly operators: number;
    /** The fewest operators that make up the threshold together. 1: that one could open everything alone. */
    readonly fewestOperators: number;
    readonly operatorsAlone: readonly Address[];
  };
  readonly grants: readonly ReaderGrant[];
  /** Enclaves that could claim a job: what runs in them is what reads, for the time of a job. Needs a grant. */
  readonly enclaves: readonly {
    readonly nodeId: number;
    readonly operator: Address;
    readonly measurement: Hex;
    readonly simulated: boolean;
  }[];
  readonly writers: readonly {
    readonly kind: "key" | "measurement";
    readonly id: Hex;
    readonly segments: readonly number[];
  }[];
  /** Who could come by the owner's root key, and with it read everything. */
  readonly rootKey: RootKeyHolders;
};

export type ReaderGrant = {
  readonly grantHash: Hex;
  readonly grantee: Address;
  readonly usesLeft: number;
  readonly expiresAt: number;
  /** "planned" is the grant that was given to look at beforehand. */
  readonly state: "active" | "planned";
  /** What the owner's own copy of the grant says; undefined where it is not at hand: a Scope is not on chain. */
  readonly opened:
    | {
        readonly kind: "compute" | "read";
        readonly programId: Hex | undefined;
        readonly recipientKeyHash: Hex | undefined;
        readonly segments: readonly number[];
      }
    | undefined;
};

/**
 * Answers "who could read this now?" from chain state and the KeyBox head's guardians, and with `withGrant` what one more
 * grant would add before it is signed.
 *
 * It cannot see what has been read already, copies that somebody keeps, or people that an owner has told its keys.
 *
 * @param parameters.guardians of the dataset's KeyBox head, with its threshold
 * @param parameters.segment only what touches this segment
 * @param parameters.recoveryPlan the owner's present plan: without it the chain does not say who its people are
 * @param parameters.known grants of which the caller has the private half
 * @throws PersonaError RECOVERY_INVALID when the plan is another than the chain names.
 */
export async function whoCanRead(
  { client, deployment }: { readonly client: ChainClient; readonly deployment: Deployment },
  parameters: {
    readonly datasetId: Hex;
    readonly guardians: readonly number[];
    readonly threshold: number;
    readonly segment?: number;
    readonly known?: readonly Pick<GrantPackage, "terms" | "scope">[];
    readonly withGrant?: Pick<GrantPackage, "terms" | "scope">;
    readonly recoveryPlan?: Uint8Array;
  },
): Promise<Readers> {
  const { datasetId, segment, known = [], withGrant, recoveryPlan: plan } = parameters;
  const context = { client, deployment };
  const chain = createChainView(client, deployment);
  const { number: blockNumber, timestamp } = await chain.block("latest");
  const now = Number(timestamp);
  const { owner, status, keyEpoch } = await chain.dataset(datasetId, blockNumber);
  const members = await Promise.all(
    parameters.guardians.map(async (nodeId) => ({
      nodeId,
      operator: (await chain.node(nodeId, blockNumber)).operator,
    })),
  );
  const touches = (segments: readonly number[]) => segment === undefined || segments.includes(segment);

  const opened = new Map(known.map((grant) => [grantHashOf(deployment, grant.terms), grant]));
  const grants: ReaderGrant[] = [];
  if (status === "active") {
    for (const grant of await activeGrants(context, { datasetId, owner, keyEpoch, now, blockNumber }))
      grants.push({ ...grant, state: "active", opened: open(opened.get(grant.grantHash)) });
    if (withGrant !== undefined && withGrant.terms.datasetId === datasetId) {
      const { terms } = withGrant;
      const { grantee, maxUses: usesLeft, expiresAt } = terms;
      const grantHash = grantHashOf(deployment, terms);
      if (!grants.some((grant) => grant.grantHash === grantHash))
        grants.push({ grantHash, grantee, usesLeft, expiresAt, state: "planned", opened: open(withGrant) });
    }
  }
  const writers = status === "active" ? await activeWriters(context, { datasetId, keyEpoch, now, blockNumber }) : [];
  return {
    datasetId,
    blockNumber,
    owner,
    status,
    keyEpoch,
    guardians: { threshold: parameters.threshold, members, ...coalitions(members, parameters.threshold) },
    grants: grants.filter(({ opened: scope }) => scope === undefined || touches(scope.segments)),
    enclaves: status === "active" ? await workingEnclaves(context, now, blockNumber) : [],
    writers: writers.filter(({ segments }) => touches(segments)),
    rootKey: await rootKeyHolders(context, { owner, blockNumber, now, ...(plan === undefined ? {} : { plan }) }),
  };
}

function open(grant: Pick<GrantPackage, "terms" | "scope"> | undefined): ReaderGrant["opened"] {
  if (grant === undefined) return undefined;
  const { terms, scope } = grant;
  const isRead = terms.kind === GrantKind.read;
  return {
    kind: isRead ? "read" : "compute",
    programId: isRead ? undefined : scope.programId,
    recipientKeyHash: isRead ? scope.recipientKeyHash : undefined,
    segments: segmentIndexes(scope.segments),
  };
}

/** An operator with several guardians has as many shares: it counts once, with all of them. */
function coalitions(members: Readers["guardians"]["members"], threshold: number) {
  const shares = [...Map.groupBy(members, ({ operator }) => operator)].map(([operator, own]) => ({
    operator,
    shares: own.length,
  }));
  let missing = threshold;
  let fewestOperators = 0;
  for (const { shares: own } of shares.toSorted((a, b) => b.shares - a.shares)) {
    if (missing <= 0) break;
    missing -= own;
    fewestOperators += 1;
  }
  const operatorsAlone = shares.filter(({ shares: own }) => own >= threshold).map(({ operator }) => operator);
  return { operators: shares.length, fewestOperators, operatorsAlone };
}

type Context = { readonly client: ChainClient; readonly deployment: Deployment };
type Moment = { readonly now: number; readonly blockNumber: bigint };

async function activeGrants(
  { client, deployment }: Context,
  { datasetId, owner, keyEpoch, now, blockNumber }: Moment & { datasetId: Hex; owner: Address; keyEpoch: number },
): Promise<Omit<ReaderGrant, "state" | "opened">[]> {
  const registry = { address: deployment.grantRegistry, abi: grantRegistryAbi } as const;
  const ownerEpoch = await client.readContract({
    ...registry,
    functionName: "ownerEpochOf",
    args: [owner],
    blockNumber,
  });
  const found: Omit<ReaderGrant, "state" | "opened">[] = [];
  for (const range of eventRanges(deployment, blockNumber)) {
    const events = await client.getContractEvents({
      ...registry,
      ...range,
      eventName: "GrantCreated",
      args: { owner },
      strict: true,
    });
    for (const { args } of events.filter((event) => event.args.datasetId === datasetId)) {
      const { grantHash, grantee, maxUses, expiresAt } = args;
      const call = { functionName: "grantOf", args: [owner, grantHash], blockNumber } as const;
      const grant = await client.readContract({ ...registry, ...call });
      // A spent grant may still be in a job that is claimed: its keys may be released until that job ends.
      const active = grant.status === 1 && grant.ownerEpoch === ownerEpoch && grant.keyEpoch === keyEpoch;
      if (active && now < expiresAt) found.push({ grantHash, grantee, usesLeft: maxUses - grant.uses, expiresAt });
    }
  }
  return found;
}

async function activeWriters(
  { client, deployment }: Context,
  { datasetId, keyEpoch, now, blockNumber }: Moment & { datasetId: Hex; keyEpoch: number },
): Promise<Readers["writers"]> {
  const registry = { address: deployment.datasetRegistry, abi: datasetRegistryAbi } as const;
  const writers = new Map<Hex, Readers["writers"][number]>();
  for (const range of eventRanges(deployment, blockNumber)) {
    const events = await client.getContractEvents({ ...registry, ...range, strict: true });
    for (const event of events) {
      if (event.eventName === "DatasetWriterSet" && event.args.datasetId === datasetId) {
        const { writer, delegation, writerId } = event.args;
        const good = delegation.keyEpoch === keyEpoch && now < delegation.until;
        if (!good) writers.delete(writerId);
        else {
          const kind = writer.kind === 1 ? "key" : "measurement";
          writers.set(writerId, { kind, id: writer.id, segments: segmentIndexes(delegation.segments) });
        }
      }
      if (event.eventName === "DatasetWriterRemoved" && event.args.datasetId === datasetId)
        writers.delete(event.args.writerId);
    }
  }
  return [...writers.values()];
}

async function workingEnclaves(
  { client, deployment }: Context,
  now: number,
  blockNumber: bigint,
): Promise<Readers["enclaves"]> {
  const registry = { address: deployment.nodeRegistry, abi: nodeRegistryAbi } as const;
  const policy = { address: deployment.measurementPolicy, abi: measurementPolicyAbi } as const;
  const found: Readers["enclaves"][number][] = [];
  for (const range of eventRanges(deployment, blockNumber)) {
    const events = await client.getContractEvents({
      ...registry,
      ...range,
      eventName: "EnclaveKeyAdded",
      args: { keyClass: KeyClass.worker },
      strict: true,
    });
    for (const { args } of events) {
      const call = { functionName: "keyStatusOf", args: [args.signer], blockNumber } as const;
      const { nodeId, operator, state, openUntil, measurement, banned, verifierKind } = await client.readContract({
        ...registry,
        ...call,
      });
      if (banned || now >= openUntil || (state !== 1 && state !== 2)) continue;
      const allowed = { functionName: "isAllowed", args: [measurement], blockNumber } as const;
      if (await client.readContract({ ...policy, ...allowed }))
        found.push({ nodeId, operator, measurement, simulated: verifierKind === 0 });
    }
  }
  return found;
}
