import { type ChainView, type Deployment, deployments } from "@persona-protocol/sdk/contracts";
import { PersonaError } from "@persona-protocol/sdk/errors";
import { createGuardianChain, type GuardianChain } from "../guardian/guardianChain.ts";
import type { Peer } from "../peer.ts";
import { relayedChain } from "../relayedChain.ts";
import { createHostRpc } from "./hostRpc.ts";
import { createProvedChain } from "./provedChain.ts";

/** Chains whose deployments are nobody's but the developer's. */
const localChains: readonly number[] = [31_337, 1_337];
/** On any other chain one endpoint alone is not believed. */
const leastEndpoints = 2;

/**
 * Where an enclave takes its contracts from: anywhere on a local chain, where the TEE is simulated, too; elsewhere from the
 * measured code alone. A host that could name a contract of its own as the market, or call for unproved reads, would need no
 * forged proof.
 * @throws PersonaError DEPLOYMENT_UNKNOWN
 */
export function requireDeployment(given: Deployment): Deployment {
  if (localChains.includes(given.chainId)) return given;
  const known: Readonly<Record<number, Deployment>> = deployments;
  const measured = known[given.chainId];
  if (measured === undefined || namesOf(measured) !== namesOf({ ...given, fromBlock: measured.fromBlock })) {
    throw new PersonaError("DEPLOYMENT_UNKNOWN", "This enclave was not built for that deployment.", {
      data: { chainId: given.chainId },
    });
  }
  return measured;
}

/**
 * Another host, or the same after a restart, goes on with the chain that the enclave has begun with: else it could begin in the past.
 * @throws PersonaError DEPLOYMENT_UNKNOWN
 */
export function requireSameDeployment(begun: Deployment, given: Deployment): void {
  if (namesOf(begun) === namesOf(given)) return;
  throw new PersonaError("DEPLOYMENT_UNKNOWN", "This enclave has started with another deployment.", {
    data: { chainId: given.chainId },
  });
}

/**
 * The chain as all of the host's endpoints show it: the same code for guardians and supervisors.
 * @throws PersonaError CONFIG_INVALID for one endpoint on a chain that is not local
 */
export function openHostChain(
  peer: Pick<Peer, "call">,
  deployment: Deployment,
  { endpoints, confirmations }: { readonly endpoints: number; readonly confirmations: bigint },
): GuardianChain {
  if (endpoints < leastEndpoints && !localChains.includes(deployment.chainId)) {
    throw new PersonaError("CONFIG_INVALID", `An enclave on this chain wants ${leastEndpoints} endpoints that agree.`, {
      data: { chainId: deployment.chainId, endpoints },
    });
  }
  const views = Array.from({ length: endpoints }, (_, endpoint) => endpointChain(peer, deployment, endpoint));
  return createGuardianChain(views as [ChainView, ...ChainView[]], { confirmations });
}

/** The chain as one endpoint shows it. */
function endpointChain(peer: Pick<Peer, "call">, deployment: Deployment, endpoint = 0): ChainView {
  const rpc = createHostRpc(peer, endpoint);
  return deployment.chainReads === "quorum" ? relayedChain(rpc, deployment) : createProvedChain(rpc, deployment);
}

/** Everything that an enclave takes from a deployment, in one order. */
function namesOf(deployment: Deployment): string {
  const { chainId, datasetRegistry, grantRegistry, nodeRegistry, measurementPolicy, jobMarket, appRegistry } =
    deployment;
  const { ownerKeys, fromBlock, chainReads = "proof" } = deployment;
  const all = [datasetRegistry, grantRegistry, nodeRegistry, measurementPolicy, jobMarket, appRegistry, ownerKeys];
  return [chainId, ...all, fromBlock, chainReads].join(" ").toLowerCase();
}
