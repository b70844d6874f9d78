import type { ChainClient, Deployment } from "@persona-protocol/sdk/contracts";
import type { Address } from "viem";
import { type CollateralContracts, feedCollateral } from "../attestation/feedCollateral.ts";
import { deployProtocol } from "../deploy/deployProtocol.ts";
import { addressOf, type ProtocolAddresses } from "../deploy/protocolContracts.ts";
import { localConstructors, localGovernance } from "../deploy/protocolParameters.ts";
import { toDeployment } from "../deploy/toDeployment.ts";
import { simulator } from "../enclave/runtime/simulatedEvidence.ts";

export type LocalDeployment = {
  readonly deployment: Deployment;
  /** Test money: stake and payments. */
  readonly token: Address;
  /** Of TDX and SGX quotes, under a development root: it cannot exist on another chain id than 31337 and 1337. */
  readonly verifier: Address;
  readonly pckRegistry: Address;
  readonly tcbPolicy: Address;
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
  const constructors = { ...localConstructors(deployer), raceUnit };
  const { addresses } = await deployProtocol({
    client,
    simulated: true,
    constructors,
    governance: localGovernance(deployer),
    confirmations: 1,
  });
  const local = localDeployment(addresses, await client.getChainId(), fromBlock);
  await feedSimulatedCollateral(client, local);
  return local;
}

/**
 * Tells the chain of the simulated machine what it would be told of a real one: certificates, revocations, and a TCB level that
 * lasts 30 days from the newest block on.
 */
async function feedSimulatedCollateral(client: ChainClient, contracts: CollateralContracts): Promise<void> {
  const { timestamp } = await client.getBlock();
  const { chain, collateral } = simulator();
  await feedCollateral(client, contracts, {
    chain,
    collateral: collateral({ tee: "tdx", issuedAt: Number(timestamp) }),
  });
}

function localDeployment(addresses: ProtocolAddresses, chainId: number, fromBlock: bigint): LocalDeployment {
  return {
    deployment: toDeployment({ addresses, chainId, fromBlock }),
    token: addressOf(addresses, "DevToken"),
    verifier: addressOf(addresses, "DcapVerifier"),
    pckRegistry: addressOf(addresses, "PckRegistry"),
    tcbPolicy: addressOf(addresses, "TcbPolicy"),
  };
}
