import type { Account } from "viem";
import { readArtifact } from "../../node/src/deploy/artifacts.ts";
import {
  type ContractName,
  predictAddresses,
  protocolContracts,
  resolveArguments,
} from "../../node/src/deploy/protocolContracts.ts";
import { localConstructors, localTokenTerms } from "../../node/src/deploy/protocolParameters.ts";
import type { Contract, GasChain } from "./chain.ts";

/** Blocks. As on a public chain: a race is part of what a claim costs. */
const raceUnit = 4n;

export type GasDeployment = {
  readonly governor: Account;
  readonly root: Account;
  readonly token: Contract;
  readonly verifier: Contract;
  readonly datasets: Contract;
  readonly grants: Contract;
  readonly nodes: Contract;
  readonly market: Contract;
};

/** What is deployed everywhere, by the same plan, with a root of evidence whose key we have. */
export async function deployForGas(chain: GasChain, measurement: `0x${string}`): Promise<GasDeployment> {
  const [governor, root] = [chain.account(0), chain.account(1)];
  const plan = protocolContracts({ simulated: true });
  const addresses = predictAddresses(plan, governor.address, 0);
  const constructors = { ...localConstructors(governor.address), simulatedRoot: root.address, raceUnit };
  const deployed = new Map<ContractName, Contract>();
  for (const contract of plan) {
    const args = resolveArguments(contract, addresses, constructors);
    deployed.set(contract.name, await chain.deploy(await readArtifact(contract.name), args, governor));
  }
  const at = (name: ContractName): Contract => {
    const contract = deployed.get(name);
    if (!contract || contract.address !== addresses[name]) throw new Error(`${name} is not where it was predicted.`);
    return contract;
  };
  const { protocolFeeBps, burnedUnit } = localTokenTerms;
  await chain.send(at("NodeRegistry"), "allowVerifier", [at("SimulatedEvidenceVerifier").address], governor);
  await chain.send(at("MeasurementPolicy"), "allow", [measurement], governor);
  await chain.send(at("JobMarket"), "allowToken", [at("DevToken").address, protocolFeeBps, burnedUnit], governor);
  return {
    governor,
    root,
    token: at("DevToken"),
    verifier: at("SimulatedEvidenceVerifier"),
    datasets: at("DatasetRegistry"),
    grants: at("GrantRegistry"),
    nodes: at("NodeRegistry"),
    market: at("JobMarket"),
  };
}
