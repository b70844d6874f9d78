import type { PersonaClient } from "@persona-protocol/sdk";
import { KeyClass, measurementPolicyAbi, nodeRegistryAbi } from "@persona-protocol/sdk/contracts";
import { useQuery } from "@tanstack/react-query";
import type { Address, Hex } from "viem";
import { chainNow } from "./chainEvents.ts";

export type NodeKey = {
  readonly signer: Address;
  readonly keyClass: "worker" | "guardian" | "unknown";
  readonly state: "none" | "active" | "draining" | "frozen" | "destroyed" | "unknown";
  /** Unix seconds: its attestation counts until then. */
  readonly openUntil: number;
  readonly measurement: Hex;
  readonly isAllowed: boolean;
  readonly isSimulated: boolean;
};

export type NodeRow = {
  readonly nodeId: number;
  readonly operator: Address;
  readonly endpoint: string;
  readonly stake: bigint;
  readonly roles: readonly ("worker" | "guardian")[];
  readonly status: "none" | "active" | "exiting" | "exited" | "unknown";
  readonly exitAt: number;
  readonly settled: number;
  readonly failed: number;
  readonly openClaims: number;
  readonly burned: bigint;
  readonly keys: readonly NodeKey[];
};

const keyStates = ["none", "active", "draining", "frozen", "destroyed"] as const;
const nodeStates = ["none", "active", "exiting", "exited"] as const;
/** More are not listed on one page. */
const maxNodes = 256;

async function readNodes(persona: PersonaClient): Promise<readonly NodeRow[]> {
  const { client, deployment } = persona;
  const registry = { address: deployment.nodeRegistry, abi: nodeRegistryAbi } as const;
  const policy = { address: deployment.measurementPolicy, abi: measurementPolicyAbi } as const;
  const { blockNumber } = await chainNow(persona);
  const at = { ...registry, blockNumber } as const;
  const [count, added] = await Promise.all([
    client.readContract({ ...at, functionName: "nodeCount" }),
    client.getContractEvents({
      ...registry,
      eventName: "EnclaveKeyAdded",
      fromBlock: deployment.fromBlock,
      toBlock: blockNumber,
      strict: true,
    }),
  ]);
  const keys = await Promise.all(
    added.map(async ({ args: { signer } }) => {
      const key = await client.readContract({ ...at, functionName: "keyStatusOf", args: [signer] });
      const isAllowed = await client.readContract({
        ...policy,
        blockNumber,
        functionName: "isAllowed",
        args: [key.measurement],
      });
      const keyClass =
        key.keyClass === KeyClass.worker ? "worker" : key.keyClass === KeyClass.guardian ? "guardian" : "unknown";
      const state = keyStates[key.state] ?? "unknown";
      const { openUntil, measurement, nodeId } = key;
      const own: NodeKey = {
        signer,
        keyClass,
        state,
        openUntil,
        measurement,
        isAllowed: isAllowed && !key.banned,
        isSimulated: key.verifierKind === 0,
      };
      return { nodeId, own };
    }),
  );
  const ids = Array.from({ length: Math.min(count, maxNodes) }, (_, i) => i + 1);
  return Promise.all(
    ids.map(async (nodeId): Promise<NodeRow> => {
      const node = await client.readContract({ ...at, functionName: "nodeOf", args: [nodeId] });
      const roles = [
        ...((node.roles & 1) === 0 ? [] : ["worker" as const]),
        ...((node.roles & 2) === 0 ? [] : ["guardian" as const]),
      ];
      const { operator, endpoint, stake, exitAt, settled, failed, openClaims, burned } = node;
      return {
        nodeId,
        operator,
        endpoint,
        stake,
        roles,
        status: nodeStates[node.status] ?? "unknown",
        exitAt,
        settled,
        failed,
        openClaims,
        burned,
        keys: keys.filter((key) => key.nodeId === nodeId).map(({ own }) => own),
      };
    }),
  );
}

export function useNodes(persona: PersonaClient) {
  return useQuery({ queryKey: ["nodes", persona.deployment.chainId], queryFn: () => readNodes(persona) });
}
