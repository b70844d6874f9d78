import { readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type ChainClient,
  callContract,
  type Deployment,
  jobMarketAbi,
  measurementPolicyAbi,
  nodeRegistryAbi,
} from "@persona-protocol/sdk/contracts";
import { PersonaError } from "@persona-protocol/sdk/errors";
import { type Abi, type Address, getAddress, getContractAddress, type Hex, parseEther } from "viem";
import { z } from "zod";
import { measureRuntime } from "../enclave/runtime/measureRuntime.ts";
import { simulatedRoot } from "../enclave/runtime/simulatedEvidence.ts";
import { repositoryRoot } from "./repositoryRoot.ts";

export type LocalDeployment = {
  readonly deployment: Deployment;
  /** Test money: stake and payments. */
  readonly token: Address;
  /** The simulated TEE's verifier. It cannot exist on another chain id than 31337 and 1337. */
  readonly verifier: Address;
};

const artifact = z.object({
  abi: z.custom<Abi>((value) => Array.isArray(value)),
  bytecode: z.custom<Hex>((value) => typeof value === "string" && value.startsWith("0x")),
});

/** A hundredth of the stake of a dev node: so many claims it can hold at once. */
const claimBond = parseEther("10");
const protocolFeeBps = 100;
/** One for one: the test money is the stake's own token. */
const burnedUnit = 10n ** 16n;

/**
 * Deploys the protocol with a simulated TEE and allows this repository's own enclave build. The deployer becomes governance.
 * @param raceUnit blocks; 0 lets the first claim win, as a chain that mines only on demand wants it.
 */
export async function deployContracts(
  client: ChainClient,
  { raceUnit }: { readonly raceUnit: bigint } = { raceUnit: 0n },
): Promise<LocalDeployment> {
  const governor = client.account.address;
  const fromBlock = await client.getBlockNumber();
  const authority = await deploy(client, "@openzeppelin/contracts/access/manager/AccessManager.sol/AccessManager", [
    governor,
  ]);
  const token = await deploy(client, "contracts/dev/DevToken.sol/DevToken", []);
  const measurementPolicy = await deploy(client, "contracts/attestation/MeasurementPolicy.sol/MeasurementPolicy", [
    authority,
  ]);
  const verifier = await deploy(
    client,
    "contracts/attestation/SimulatedEvidenceVerifier.sol/SimulatedEvidenceVerifier",
    [simulatedRoot],
  );

  const metadata = await deploy(client, "contracts/compute/NodeMetadata.sol/NodeMetadata", []);

  // Grants and nodes trust one market and no other, for ever: they are told its address before it exists.
  const nonce = BigInt(await client.getTransactionCount({ address: governor }));
  const market = getContractAddress({ from: governor, nonce: nonce + 3n });
  const datasetRegistry = await deploy(client, "contracts/storage/DatasetRegistry.sol/DatasetRegistry", []);
  const nodeRegistry = await deploy(client, "contracts/compute/NodeRegistry.sol/NodeRegistry", [
    token,
    measurementPolicy,
    market,
    authority,
    claimBond,
    metadata,
  ]);
  const grantRegistry = await deploy(client, "contracts/access/GrantRegistry.sol/GrantRegistry", [
    datasetRegistry,
    market,
  ]);
  const jobMarket = await deploy(client, "contracts/compute/JobMarket.sol/JobMarket", [
    grantRegistry,
    nodeRegistry,
    authority,
    raceUnit,
  ]);
  if (jobMarket !== market)
    throw new PersonaError("INTERNAL", "The market was deployed to another address than predicted.", {
      data: { got: jobMarket, wanted: market },
    });

  await callContract(client, {
    address: nodeRegistry,
    abi: nodeRegistryAbi,
    functionName: "allowVerifier",
    args: [verifier],
  });
  await callContract(client, {
    address: measurementPolicy,
    abi: measurementPolicyAbi,
    functionName: "allow",
    args: [measureRuntime()],
  });
  await callContract(client, {
    address: jobMarket,
    abi: jobMarketAbi,
    functionName: "allowToken",
    args: [token, protocolFeeBps, burnedUnit],
  });
  const chainId = await client.getChainId();
  return {
    deployment: { chainId, datasetRegistry, grantRegistry, nodeRegistry, measurementPolicy, jobMarket, fromBlock },
    token,
    verifier,
  };
}

async function deploy(client: ChainClient, path: string, args: readonly unknown[]): Promise<Address> {
  const file = join(repositoryRoot, "artifacts", `${path}.json`);
  const text = await readFile(file, "utf8").catch((cause) => {
    throw new PersonaError("PROCESS_FAILED", `The contract ${path} is not compiled.`, { data: { file }, cause });
  });
  const { abi, bytecode } = artifact.parse(JSON.parse(text));
  const hash = await client.deployContract({
    abi,
    bytecode,
    args: [...args],
    chain: client.chain,
    account: client.account,
  });
  const { contractAddress, status } = await client.waitForTransactionReceipt({ hash });
  if (status !== "success" || !contractAddress)
    throw new PersonaError("TRANSACTION_REVERTED", `The contract ${path} could not be deployed.`);
  return getAddress(contractAddress);
}
