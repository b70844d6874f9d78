import type { Address } from "viem";
import {
  type ChainClient,
  type CoreClient,
  createChainView,
  type Deployment,
  type NodeView,
  nodeRegistryAbi,
} from "../contracts/index.ts";
import { PersonaError } from "../errors/index.ts";
import type { BlobStore } from "../storage/index.ts";

/** What a person sets once for all actions. Whatever is missing is asked for by the action that needs it. */
export type PersonaOptions = {
  /** Default: the one that the SDK knows for the client's chain. */
  readonly deployment?: Deployment | undefined;
  /** Where blobs are kept: bundles and programs of jobs, segments of datasets. */
  readonly storage?: BlobStore | undefined;
  /** The same, by its older name. */
  readonly store?: BlobStore | undefined;
  /** Of an owner: `await ownerKemKeyPair(rootKey)`; only the public half is used here. */
  readonly keys?: { readonly publicKey: Uint8Array } | undefined;
  /** Node ids of the guardians that an owner trusts. Default: on a local chain all that there are; elsewhere none. */
  readonly guardians?: readonly number[] | undefined;
  /**
   * Who the nodes are, as several chain endpoints say alike (`createAgreeingNodeView`): what is sealed to guardians is sealed to keys
   * that all of them name. Default: the client's endpoint alone is believed.
   */
  readonly nodes?: NodeView | undefined;
  /** How many of them together release a key. Default: more than half, at least 2. */
  readonly threshold?: number | undefined;
  /** ERC-20 of prices and fees. Default: on a local chain its test money. */
  readonly token?: Address | undefined;
};

/** What all actions share: where the protocol lives, and where blobs are kept. */
export type PersonaContext = {
  readonly deployment: Deployment;
  readonly store: BlobStore;
  readonly nodes: NodeView | undefined;
};

export type ActionContext<client extends CoreClient = ChainClient> = PersonaContext & {
  readonly client: client;
  readonly options: PersonaOptions;
  /** Test money of a local chain. */
  readonly localToken: Address | undefined;
};

const localChainIds = [31_337, 1_337];
export const isLocal = (chainId: number): boolean => localChainIds.includes(chainId);

type Known = Deployment & { readonly stakeToken?: Address };

/**
 * @param known deployments by chain id, for who gives none
 * @throws PersonaError DEPLOYMENT_UNKNOWN, CHAIN_WRONG when the client is for another chain than the deployment
 */
export function actionContext<client extends CoreClient>(
  client: client,
  options: PersonaOptions,
  known: Readonly<Record<number, Known>> = {},
): ActionContext<client> {
  const { id } = client.chain;
  const deployment = options.deployment ?? known[id];
  if (deployment === undefined)
    throw new PersonaError("DEPLOYMENT_UNKNOWN", "The SDK knows no deployment on this chain: give `deployment`.", {
      data: { chainId: id, known: Object.keys(known).join(" ") },
    });
  if (id !== deployment.chainId) {
    const data = { got: id, wanted: deployment.chainId };
    throw new PersonaError("CHAIN_WRONG", "The client is for another chain than the deployment.", { data });
  }
  const store = options.storage ?? options.store;
  // The local network's stake token is its test money, too.
  const localToken = isLocal(id) ? (known[id] ?? (deployment as Known)).stakeToken : undefined;
  // Reading the chain needs no store; what does says so.
  return { client, deployment, options, nodes: options.nodes, store: store ?? missingStore, localToken };
}

const missingStore = new Proxy({} as BlobStore, {
  get(_, name) {
    // Whoever awaits or prints the client must not fail.
    if (typeof name === "symbol" || name === "then" || name === "toJSON") return undefined;
    throw new PersonaError("CONFIG_INVALID", "This needs a store: give `storage` to createPersonaClient.");
  },
});

export function tokenOf({ options, localToken }: ActionContext<CoreClient>, token: Address | undefined): Address {
  const chosen = token ?? options.token ?? localToken;
  if (chosen !== undefined) return chosen;
  throw new PersonaError("CONFIG_INVALID", "Say in which token prices and fees are: `token` has no default here.");
}

/** Of these two bits: an ingestor has both, and keeps nobody's shares. */
const guardianRole = 2;

/** Whom to trust is the owner's to say; on a local chain there is nobody to distrust. */
export async function guardiansOf(
  { client, deployment, options }: ActionContext,
  chosen: { readonly guardians?: readonly number[] | undefined; readonly threshold?: number | undefined },
): Promise<{ readonly guardians: readonly number[]; readonly threshold: number }> {
  const guardians =
    chosen.guardians ?? options.guardians ?? (isLocal(deployment.chainId) ? await allGuardians() : undefined);
  if (guardians === undefined)
    throw new PersonaError("CONFIG_INVALID", "Name the guardians you trust: `guardians` has no default here.");
  const threshold = chosen.threshold ?? options.threshold ?? Math.max(2, Math.floor(guardians.length / 2) + 1);
  return { guardians, threshold };

  async function allGuardians(): Promise<number[]> {
    const nodes = { address: deployment.nodeRegistry, abi: nodeRegistryAbi } as const;
    const count = await client.readContract({ ...nodes, functionName: "nodeCount" });
    const chain = createChainView(client, deployment);
    const { number } = await chain.block("latest");
    const ids = Array.from({ length: Math.min(count, 64) }, (_, i) => i + 1);
    const states = await Promise.all(ids.map((id) => chain.node(id, number)));
    return ids.filter((_, i) => ((states[i]?.roles ?? 0) & 6) === guardianRole).slice(0, 16);
  }
}
