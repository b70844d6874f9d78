import { type Address, getAddress, type Hex, type PublicClient } from "viem";
import { callContract } from "../contracts/callContract.ts";
import { type ChainClient, type Deployment, datasetRegistryAbi, ownerKeysAbi } from "../contracts/index.ts";
import { PersonaError } from "../errors/index.ts";
import { recoveryTypedData } from "./recoveryTypedData.ts";

/** What OwnerKeys keeps of an owner (docs/protocol.md 3.4). `version` 0 where it keeps nothing. */
export type Custody = {
  readonly rootKeyId: Hex;
  /** Zero where no people are named. */
  readonly planHash: Hex;
  /** Zero where there is none. */
  readonly secondWallet: Address;
  /** Seconds. */
  readonly delay: number;
  readonly version: number;
};

/** Times are Unix seconds. */
export type RecoveryRequest = {
  readonly deviceKeyId: Hex;
  readonly requestedAt: number;
  readonly ripeAt: number;
  readonly version: number;
  readonly status: "none" | "open" | "vetoed" | "unknown";
};

/** As the contract takes it: whom the owner named, and the digest of the plan that they keep. */
export type RecoveryPlanOnChain = { readonly people: readonly Address[]; readonly digest: Hex };

type Context = { readonly client: ChainClient; readonly deployment: Deployment };

/** Seconds after it is ripe for which a request counts. */
export const recoveryLifetime = 30 * 86_400;

const statuses = ["none", "open", "vetoed"] as const;
const at = ({ ownerKeys }: Deployment) => ({ address: ownerKeys, abi: ownerKeysAbi }) as const;

/** Custody, one request and the backup of an owner, of one block. */
export async function readRecovery(
  client: Pick<PublicClient, "readContract">,
  deployment: Deployment,
  ids: { readonly owner: Address; readonly requester: Address },
  blockNumber: bigint,
): Promise<{ readonly custody: Custody; readonly request: RecoveryRequest }> {
  const [custody, request] = await Promise.all([
    client.readContract({ ...at(deployment), functionName: "custodyOf", args: [ids.owner], blockNumber }),
    client.readContract({
      ...at(deployment),
      functionName: "recoveryOf",
      args: [ids.owner, ids.requester],
      blockNumber,
    }),
  ]);
  return { custody, request: { ...request, status: statuses[request.status] ?? "unknown" } };
}

export async function custodyOf(
  client: Pick<PublicClient, "readContract">,
  deployment: Deployment,
  owner: Address,
): Promise<Custody> {
  return client.readContract({ ...at(deployment), functionName: "custodyOf", args: [owner] });
}

/** Digest for `loadOwnerBackup`; zero where there is none. */
export async function backupOf(
  client: Pick<PublicClient, "readContract">,
  deployment: Deployment,
  owner: Address,
): Promise<Hex> {
  return client.readContract({ ...at(deployment), functionName: "backupOf", args: [owner] });
}

/**
 * Registers the caller's first custody at once, or announces another: that one counts after the present delay and
 * {@link concludeCustody}, unless owner or second wallet call {@link cancelCustody}.
 * @returns whether it counts already
 */
export async function setCustody(
  { client, deployment }: Context,
  wanted: Pick<Custody, "rootKeyId" | "planHash" | "secondWallet" | "delay">,
): Promise<{ readonly version: number; readonly announced: boolean }> {
  const { version } = await custodyOf(client, deployment, client.account.address);
  const { rootKeyId, planHash, secondWallet, delay } = wanted;
  const args = [rootKeyId, planHash, secondWallet, delay, version + 1] as const;
  await callContract(client, { ...at(deployment), functionName: "setCustody", args });
  return { version: version + 1, announced: version > 0 };
}

export async function concludeCustody({ client, deployment }: Context, owner: Address): Promise<void> {
  await callContract(client, { ...at(deployment), functionName: "concludeChange", args: [owner] });
}

export async function cancelCustody({ client, deployment }: Context, owner: Address): Promise<void> {
  await callContract(client, { ...at(deployment), functionName: "cancelChange", args: [owner] });
}

export async function setBackup({ client, deployment }: Context, digest: Hex): Promise<void> {
  await callContract(client, { ...at(deployment), functionName: "setBackup", args: [digest] });
}

/** Asks as the second wallet (`plan` left out) or as one of the people of the plan. */
export async function requestRecovery(
  { client, deployment }: Context,
  {
    owner,
    plan,
    deviceKeyId,
  }: { readonly owner: Address; readonly plan?: RecoveryPlanOnChain; readonly deviceKeyId: Hex },
): Promise<RecoveryRequest> {
  const named = plan ?? { people: [], digest: `0x${"00".repeat(32)}` };
  const args = [owner, { ...named, people: [...named.people] }, deviceKeyId] as const;
  const { blockNumber } = await callContract(client, { ...at(deployment), functionName: "requestRecovery", args });
  const ids = { owner, requester: client.account.address };
  return (await readRecovery(client, deployment, ids, blockNumber)).request;
}

/** By the owner or its second wallet. */
export async function vetoRecovery(
  { client, deployment }: Context,
  { owner, requester }: { readonly owner: Address; readonly requester: Address },
): Promise<void> {
  await callContract(client, { ...at(deployment), functionName: "vetoRecovery", args: [owner, requester] });
}

/** The owner's word against one request, for anyone to send: a wallet without ether stops a recovery, too. */
export async function signRecoveryVeto({ client, deployment }: Context, requester: Address): Promise<Hex> {
  const owner = client.account.address;
  const { number } = await client.getBlock();
  const { request } = await readRecovery(client, deployment, { owner, requester }, number);
  const { version, requestedAt } = request;
  return client.signTypedData(recoveryTypedData.recoveryVeto(deployment, { owner, requester, version, requestedAt }));
}

/** Sends what {@link signRecoveryVeto} gave; the caller pays. */
export async function sendRecoveryVeto(
  { client, deployment }: Context,
  veto: { readonly owner: Address; readonly requester: Address; readonly signature: Hex },
): Promise<void> {
  const args = [veto.owner, veto.requester, veto.signature] as const;
  await callContract(client, { ...at(deployment), functionName: "vetoRecoveryBySig", args });
}

/** Makes the caller, a second wallet whose recovery is ripe, the dataset's owner, in a new key epoch. */
export async function takeOverDataset({ client, deployment }: Context, datasetId: Hex): Promise<void> {
  const registry = { address: deployment.datasetRegistry, abi: datasetRegistryAbi } as const;
  await callContract(client, { ...registry, functionName: "recoverDataset", args: [datasetId] });
}

/** Everyone who is asked about the chain, and how deep what they say must lie. */
export type RecoveryChain = {
  /** Independent endpoints: each must say the same. */
  readonly clients: readonly Pick<PublicClient, "readContract" | "getBlock">[];
  readonly deployment: Deployment;
  readonly confirmations: bigint;
  /** Unix seconds of a clock that no endpoint sets; undefined on a local chain, whose time is not the world's. */
  readonly now: number | undefined;
};

/**
 * A recovery that counts: open, of the present custody, its delay over, not expired; at the newest block and at the confirmed
 * one, by the word of every endpoint, and by the own clock.
 * @throws PersonaError RECOVERY_REFUSED, RECOVERY_TOO_EARLY; CHAIN_DISAGREES where endpoints do not say the same
 */
export async function requireRipeRecovery(
  chain: RecoveryChain,
  ids: { readonly owner: Address; readonly requester: Address },
): Promise<{ readonly custody: Custody; readonly request: RecoveryRequest }> {
  const { clients, deployment, confirmations } = chain;
  const answers = await Promise.all(
    clients.map(async (client) => {
      const newest = await client.getBlock({ blockTag: "latest" });
      // A chain that is younger than that is confirmed by nothing but its first block.
      const confirmed = newest.number > confirmations ? newest.number - confirmations : 0n;
      const states = [];
      const blocks = confirmations === 0n ? [newest] : [newest, await client.getBlock({ blockNumber: confirmed })];
      for (const { number, timestamp } of blocks) {
        const state = await readRecovery(client, deployment, ids, number);
        requireRipe(state, Number(timestamp), ids);
        if (chain.now !== undefined) requireRipe(state, chain.now, ids);
        states.push(state);
      }
      return states;
    }),
  );
  const [state, ...others] = answers.flat();
  if (state === undefined) throw new RangeError("no endpoint to ask");
  const text = JSON.stringify(state);
  if (others.every((other) => JSON.stringify(other) === text)) return state;
  throw new PersonaError("CHAIN_DISAGREES", "The chain's endpoints do not say the same of this recovery.", {
    data: { owner: ids.owner, requester: ids.requester },
  });
}

function requireRipe(
  { custody, request }: { readonly custody: Custody; readonly request: RecoveryRequest },
  now: number,
  { owner, requester }: { readonly owner: Address; readonly requester: Address },
): void {
  const refuse = (why: string) => {
    throw new PersonaError("RECOVERY_REFUSED", `No share is released: ${why}.`, {
      data: { owner: getAddress(owner), requester: getAddress(requester) },
    });
  };
  if (custody.version === 0) refuse("the owner has registered no root key");
  if (request.status === "none") refuse("nobody has asked for it on chain");
  if (request.status === "vetoed") refuse("it was vetoed");
  if (request.status !== "open") refuse("the chain says of it what this version does not know");
  if (request.version !== custody.version) refuse("the owner has changed its custody since");
  if (now >= request.ripeAt + recoveryLifetime) refuse("it has expired");
  if (now < request.ripeAt) {
    throw new PersonaError("RECOVERY_TOO_EARLY", "No share is released yet: the owner can still veto the recovery.", {
      data: { owner: getAddress(owner), requester: getAddress(requester), ripeAt: request.ripeAt },
    });
  }
}
