import type { Account, Address } from "viem";
import type { Contract, GasChain } from "./chain.ts";

/** Blocks. As on a public chain: a race is part of what a claim costs. */
const raceUnit = 4n;
const claimBond = 10n * 10n ** 18n;
const protocolFeeBps = 100;
const burnedUnit = 10n ** 16n;

export type GasDeployment = {
  readonly governor: Account;
  readonly root: Account;
  readonly token: Contract;
  readonly measurements: Contract;
  readonly verifier: Contract;
  readonly datasets: Contract;
  readonly grants: Contract;
  readonly nodes: Contract;
  readonly market: Contract;
};

export async function deployForGas(chain: GasChain, measurement: `0x${string}`): Promise<GasDeployment> {
  const governor = chain.account(0);
  const root = chain.account(1);
  const deploy = (path: string, args: readonly unknown[] = []) => chain.deploy(path, args, governor);
  const manager = "@openzeppelin/contracts/access/manager/AccessManager.sol/AccessManager";
  const authority = (await deploy(manager, [governor.address])).address;
  const token = await deploy("contracts/dev/DevToken.sol/DevToken");
  const verifier = await deploy("contracts/attestation/SimulatedEvidenceVerifier.sol/SimulatedEvidenceVerifier", [
    root.address,
  ]);
  const metadata = await deploy("contracts/compute/NodeMetadata.sol/NodeMetadata");
  const [laterNodes, laterMarket] = [await chain.predict(governor, 2), await chain.predict(governor, 4)];
  const measurements = await deploy("contracts/attestation/MeasurementPolicy.sol/MeasurementPolicy", [
    authority,
    laterNodes,
  ]);
  const datasets = await deploy("contracts/storage/DatasetRegistry.sol/DatasetRegistry", datasetArguments(laterNodes));
  const nodes = await deploy("contracts/compute/NodeRegistry.sol/NodeRegistry", [
    token.address,
    measurements.address,
    laterMarket,
    authority,
    claimBond,
    metadata.address,
  ]);
  const grants = await deploy("contracts/access/GrantRegistry.sol/GrantRegistry", [datasets.address, laterMarket]);
  const market = await deploy("contracts/compute/JobMarket.sol/JobMarket", [
    grants.address,
    nodes.address,
    authority,
    raceUnit,
  ]);
  await chain.send(nodes, "allowVerifier", [verifier.address], governor);
  await chain.send(measurements, "allow", [measurement], governor);
  await chain.send(market, "allowToken", [token.address, protocolFeeBps, burnedUnit], governor);
  return { governor, root, token, measurements, verifier, datasets, grants, nodes, market };
}

const datasetArguments = (_keys: Address): readonly unknown[] => [];
