import { type Address, type Hex, zeroAddress, zeroHash } from "viem";
import { type ChainClient, type Deployment, ownerKeysAbi } from "../contracts/index.ts";
import { PersonaError } from "../errors/index.ts";
import { eventRanges } from "./eventRanges.ts";
import { type RecoveryRequest, readRecovery, recoveryLifetime } from "./ownerKeys.ts";
import { decodeRecoveryPlan, recoveryPlanHash } from "./recoveryPlan.ts";

/**
 * Who could come by an owner's root key, by what the owner has registered (docs/protocol.md 3.4). Undefined where there is nothing of it.
 * Keystore files and recovery kits are on no chain: whoever has one, and its passphrase, has the key, without any delay.
 */
export type RootKeyHolders = {
  readonly custody: { readonly rootKeyId: Hex; readonly version: number; readonly delay: number } | undefined;
  readonly people:
    | {
        readonly planHash: Hex;
        /** The plan itself, where the caller has it: the chain has its hash only. */
        readonly opened: { readonly threshold: number; readonly members: readonly Address[] } | undefined;
      }
    | undefined;
  /** It gets the datasets, and no key by itself. Barred: it was vetoed, and can neither ask nor veto under this custody. */
  readonly secondWallet: { readonly address: Address; readonly barred: boolean } | undefined;
  /** Open ones that the present custody's people or second wallet have made. Those that count can be answered now. */
  readonly requests: readonly {
    readonly requester: Address;
    readonly by: "second wallet" | "person";
    readonly deviceKeyId: Hex;
    readonly ripeAt: number;
    readonly expiresAt: number;
    readonly counts: boolean;
  }[];
  /** Announced, and not concluded. */
  readonly change:
    | { readonly rootKeyId: Hex; readonly planHash: Hex; readonly secondWallet: Address; readonly readyAt: number }
    | undefined;
  /** Plans of the past for the same root key. Their people still have their shares, whatever the chain says now. */
  readonly formerPlans: readonly { readonly planHash: Hex; readonly version: number }[];
};

/**
 * @param parameters.plan the plan that the owner's custody names, as any of its people's packets has it
 * @throws PersonaError RECOVERY_INVALID when it is another.
 */
export async function rootKeyHolders(
  { client, deployment }: { readonly client: ChainClient; readonly deployment: Deployment },
  parameters: {
    readonly owner: Address;
    readonly blockNumber: bigint;
    /** Unix seconds of that block. */
    readonly now: number;
    readonly plan?: Uint8Array;
  },
): Promise<RootKeyHolders> {
  const { owner, blockNumber, now, plan } = parameters;
  const contract = { address: deployment.ownerKeys, abi: ownerKeysAbi } as const;
  const [custody, change] = await Promise.all([
    client.readContract({ ...contract, functionName: "custodyOf", args: [owner], blockNumber }),
    client.readContract({ ...contract, functionName: "changeOf", args: [owner], blockNumber }),
  ]);
  const { rootKeyId, planHash, secondWallet, delay, version } = custody;
  if (plan !== undefined && (planHash === zeroHash || recoveryPlanHash(plan) !== planHash)) {
    throw new PersonaError("RECOVERY_INVALID", "The plan is not the one that the owner's custody names.", {
      data: { owner, planHash },
    });
  }

  const requesters = new Set<Address>();
  const formerPlans = new Map<Hex, number>();
  for (const range of eventRanges(deployment, blockNumber)) {
    const events = await client.getContractEvents({ ...contract, ...range, strict: true });
    for (const event of events) {
      if (event.eventName === "RecoveryRequested" && event.args.owner === owner) requesters.add(event.args.requester);
      if (event.eventName === "CustodySet" && event.args.owner === owner) {
        const { planHash: earlier, rootKeyId: key } = event.args;
        if (key === rootKeyId && earlier !== zeroHash && earlier !== planHash) {
          formerPlans.set(earlier, event.args.version);
        }
      }
    }
  }
  const requestOf = async (requester: Address): Promise<RecoveryRequest> =>
    (await readRecovery(client, deployment, { owner, requester }, blockNumber)).request;
  const requests: RootKeyHolders["requests"][number][] = [];
  for (const requester of requesters) {
    const { deviceKeyId, ripeAt, status, version: under } = await requestOf(requester);
    const expiresAt = ripeAt + recoveryLifetime;
    if (status !== "open" || under !== version || now >= expiresAt) continue;
    const by = requester === secondWallet ? "second wallet" : "person";
    requests.push({ requester, by, deviceKeyId, ripeAt, expiresAt, counts: now >= ripeAt });
  }
  const isBarred = async (): Promise<boolean> => {
    const { status, version: under } = await requestOf(secondWallet);
    return status === "vetoed" && under === version;
  };
  return {
    custody: version === 0 ? undefined : { rootKeyId, version, delay },
    people: planHash === zeroHash ? undefined : { planHash, opened: plan === undefined ? undefined : membersOf(plan) },
    secondWallet: secondWallet === zeroAddress ? undefined : { address: secondWallet, barred: await isBarred() },
    requests,
    change:
      change.readyAt === 0
        ? undefined
        : {
            rootKeyId: change.rootKeyId,
            planHash: change.planHash,
            secondWallet: change.secondWallet,
            readyAt: change.readyAt,
          },
    formerPlans: [...formerPlans].map(([hash, at]) => ({ planHash: hash, version: at })),
  };
}

function membersOf(plan: Uint8Array) {
  const { threshold, people } = decodeRecoveryPlan(plan);
  return { threshold, members: people.map(({ address }) => address) };
}
