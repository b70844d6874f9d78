import type { Address, Hex, PublicClient } from "viem";
import { PersonaError } from "../errors/index.ts";
import { nodeRegistryCoreAbi } from "./coreAbis.ts";
import type { Deployment } from "./deployment.ts";

export type ChainBlock = { readonly number: bigint; readonly hash: Hex; readonly timestamp: bigint };

export type EnclaveKeyState = {
  readonly nodeId: number;
  readonly keyClass: number;
  /** With its node's part in it: what a node has left its keys have, and of a node that leaves an active key drains. */
  readonly state: "none" | "active" | "draining" | "frozen" | "destroyed";
  readonly sealUntil: number;
  readonly openUntil: number;
  readonly measurement: Hex;
  readonly kemKeyHash: Hex;
  /** Governance does not allow its measurement now. */
  readonly banned: boolean;
};

export type NodeState = { readonly operator: Address; readonly endpoint: string; readonly roles: number };

/** The part of a ChainView that says whose a key is: what who seals something to a node must know. */
export type NodeView = {
  readonly deployment: Deployment;
  block(tag: "latest" | bigint): Promise<ChainBlock>;
  enclaveKey(signer: Address, blockNumber: bigint): Promise<EnclaveKeyState>;
  node(nodeId: number, blockNumber: bigint): Promise<NodeState>;
};

/** Whether a key may open something now, and so whether what it signs now counts: a guardian with another one answers nobody. */
export function keyOpens(key: EnclaveKeyState, { timestamp }: Pick<ChainBlock, "timestamp">): boolean {
  return (key.state === "active" || key.state === "draining") && !key.banned && timestamp < BigInt(key.openUntil);
}

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
      const of = { ...nodes, args: [signer], blockNumber } as const;
      const [key, { state, banned }] = await Promise.all([
        client.readContract({ ...of, functionName: "enclaveKeyOf" }),
        client.readContract({ ...of, functionName: "keyStatusOf" }),
      ]);
      const { nodeId, keyClass, sealUntil, openUntil, measurement, kemKeyHash } = key;
      const status = keyState[state] ?? "none";
      return { nodeId, keyClass, sealUntil, openUntil, measurement, kemKeyHash, state: status, banned };
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
