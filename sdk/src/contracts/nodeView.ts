import type { Address, Hex, PublicClient } from "viem";
import { PersonaError } from "../errors/index.ts";
import { nodeRegistryCoreAbi } from "./coreAbis.ts";
import type { Deployment } from "./deployment.ts";

export type ChainBlock = { readonly number: bigint; readonly hash: Hex; readonly timestamp: bigint };

export type EnclaveKeyState = {
  readonly nodeId: number;
  readonly keyClass: number;
  readonly state: "none" | "active" | "draining" | "frozen" | "destroyed";
  readonly sealUntil: number;
  readonly openUntil: number;
  readonly measurement: Hex;
  readonly kemKeyHash: Hex;
};

export type NodeState = { readonly operator: Address; readonly endpoint: string; readonly roles: number };

/** The part of a ChainView that says whose a key is: what who seals something to a node must know. */
export type NodeView = {
  readonly deployment: Deployment;
  block(tag: "latest" | bigint): Promise<ChainBlock>;
  enclaveKey(signer: Address, blockNumber: bigint): Promise<EnclaveKeyState>;
  node(nodeId: number, blockNumber: bigint): Promise<NodeState>;
};

const keyState = ["none", "active", "draining", "frozen", "destroyed"] as const;

export function createNodeView(
  client: Pick<PublicClient, "getBlock" | "readContract">,
  deployment: Deployment,
): NodeView {
  const nodes = { address: deployment.nodeRegistry, abi: nodeRegistryCoreAbi } as const;
  return {
    deployment,
    async block(tag) {
      const block = await client.getBlock(tag === "latest" ? { blockTag: "latest" } : { blockNumber: tag });
      if (block.hash === null || block.number === null) {
        throw new PersonaError("CHAIN_UNREACHABLE", "The chain endpoint answered with a pending block.");
      }
      return { number: block.number, hash: block.hash, timestamp: block.timestamp };
    },
    async enclaveKey(signer, blockNumber) {
      const key = await client.readContract({ ...nodes, functionName: "enclaveKeyOf", args: [signer], blockNumber });
      const { nodeId, keyClass, sealUntil, openUntil, measurement, kemKeyHash } = key;
      return { nodeId, keyClass, sealUntil, openUntil, measurement, kemKeyHash, state: keyState[key.state] ?? "none" };
    },
    async node(nodeId, blockNumber) {
      const { operator, endpoint, roles } = await client.readContract({
        ...nodes,
        functionName: "nodeOf",
        args: [nodeId],
        blockNumber,
      });
      return { operator, endpoint, roles };
    },
  };
}
