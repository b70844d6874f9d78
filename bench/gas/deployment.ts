import type { Account } from "viem";
import { collateralCalls } from "../../node/src/attestation/feedCollateral.ts";
import { readArtifact } from "../../node/src/deploy/artifacts.ts";
import {
  type ContractName,
  predictAddresses,
  protocolContracts,
  resolveArguments,
} from "../../node/src/deploy/protocolContracts.ts";
import { localConstructors, localTokenTerms } from "../../node/src/deploy/protocolParameters.ts";
import { simulator } from "../../node/src/enclave/runtime/simulatedEvidence.ts";
import type { Contract, GasChain } from "./chain.ts";

/** Blocks. As on a public chain: a race is part of what a claim costs. */
const raceUnit = 4n;

export type GasDeployment = {
  readonly governor: Account;
  readonly token: Contract;
  readonly verifier: Contract;
  readonly pcks: Contract;
  readonly datasets: Contract;
  readonly grants: Contract;
  readonly nodes: Contract;
  readonly market: Contract;
};

/** What is deployed everywhere, by the same plan, under the development root, with all that it is told of a platform. */
export async function deployForGas(chain: GasChain, measurement: `0x${string}`): Promise<GasDeployment> {
  const governor = chain.account(0);
  const plan = protocolContracts({ simulated: true });
  const addresses = predictAddresses(plan, governor.address, 0);
  const constructors = { ...localConstructors(governor.address), raceUnit };
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
  await chain.send(at("NodeRegistry"), "allowVerifier", [at("DcapVerifier").address], governor);
  await chain.send(at("MeasurementPolicy"), "allow", [measurement], governor);
  await chain.send(at("JobMarket"), "allowToken", [at("DevToken").address, protocolFeeBps, burnedUnit], governor);
  const { timestamp } = await chain.client.getBlock();
  const { chain: certificates, collateral } = simulator();
  const issuedAt = Number(timestamp);
  for (const { contract, functionName, args } of collateralCalls({
    chain: certificates,
    collateral: collateral({ tee: "tdx", issuedAt }),
  })) {
    const target = at(contract === "tcbPolicy" ? "TcbPolicy" : "PckRegistry");
    await chain.send(target, functionName, args, governor);
  }
  return {
    governor,
    token: at("DevToken"),
    verifier: at("DcapVerifier"),
    pcks: at("PckRegistry"),
    datasets: at("DatasetRegistry"),
    grants: at("GrantRegistry"),
    nodes: at("NodeRegistry"),
    market: at("JobMarket"),
  };
}
