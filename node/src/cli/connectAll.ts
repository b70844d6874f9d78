import {
  type ChainClient,
  createAgreeingNodeView,
  createNodeView,
  type Deployment,
  type NodeView,
} from "@persona-protocol/sdk/contracts";
import type { LocalAccount } from "viem";
import { connectChain } from "../chain/connectChain.ts";
import { parseUrl } from "./importOptions.ts";

export type Connected = {
  /** By the first endpoint. */
  readonly client: ChainClient;
  /** Who the nodes are, where there are several endpoints: as all of them say. */
  readonly nodes: NodeView | undefined;
};

/**
 * The chain by every endpoint of `--rpc`: one URL, or several with commas between them.
 * @throws PersonaError USAGE, CHAIN_UNREACHABLE, CHAIN_WRONG, DEPLOYMENT_UNKNOWN
 */
export async function connectAll(
  rpc: string,
  { deployment, account }: { readonly deployment: Deployment; readonly account: LocalAccount },
): Promise<Connected> {
  const urls = rpc.split(",").map((url) => parseUrl(url.trim()));
  const [client, ...others] = await Promise.all(urls.map((rpcUrl) => connectChain({ rpcUrl, deployment, account })));
  // A split text has one part at least.
  const first = client as ChainClient;
  const viewOf = (each: ChainClient) => createNodeView(each, deployment);
  const nodes = others.length === 0 ? undefined : createAgreeingNodeView([viewOf(first), ...others.map(viewOf)]);
  return { client: first, nodes };
}
