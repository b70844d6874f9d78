import type { ChainClient, Deployment } from "@persona-protocol/sdk/contracts";
import type { Address } from "viem";
import { deployProtocol } from "../deploy/deployProtocol.ts";
import { addressOf, type ProtocolAddresses } from "../deploy/protocolContracts.ts";
import { localConstructors, localGovernance } from "../deploy/protocolParameters.ts";
import { toDeployment } from "../deploy/toDeployment.ts";

export type LocalDeployment = {
  readonly deployment: Deployment;
  /** Test money: stake and payments. */
  readonly token: Address;
  /** The simulated TEE's verifier. It cannot exist on another chain id than 31337 and 1337. */
  readonly verifier: Address;
};

/**
 * Deploys the protocol as `npm run deploy` does, with a simulated TEE and this repository's own enclave build allowed. The
 * deployer becomes governance, without delays.
 * @param raceUnit blocks; 0 lets the first claim win, as a chain that mines only on demand wants it.
 */
export async function deployContracts(
  client: ChainClient,
  { raceUnit }: { readonly raceUnit: bigint } = { raceUnit: 0n },
): Promise<LocalDeployment> {
  const deployer = client.account.address;
  const fromBlock = await client.getBlockNumber();
  const { addresses } = await deployProtocol({
    client,
    simulated: true,
    constructors: { ...localConstructors(deployer), raceUnit },
    governance: localGovernance(deployer),
    confirmations: 1,
  });
  return localDeployment(addresses, await client.getChainId(), fromBlock);
}

function localDeployment(addresses: ProtocolAddresses, chainId: number, fromBlock: bigint): LocalDeployment {
  return {
    deployment: toDeployment({ addresses, chainId, fromBlock }),
    token: addressOf(addresses, "DevToken"),
    verifier: addressOf(addresses, "SimulatedEvidenceVerifier"),
  };
}
