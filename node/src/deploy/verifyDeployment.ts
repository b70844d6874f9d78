import type { ChainClient } from "@persona-protocol/sdk/contracts";
import { type Address, encodeDeployData, type Hex, isAddressEqual, size, slice } from "viem";
import { type ContractArtifact, readArtifact } from "./artifacts.ts";
import {
  addressOf,
  type ContractName,
  type PlannedContract,
  type ProtocolAddresses,
  protocolContracts,
  resolveArguments,
  withoutGetter,
} from "./protocolContracts.ts";
import type { ConstructorParameters, GovernanceParameters } from "./protocolParameters.ts";
import { verifyRoles } from "./verifyRoles.ts";

/** Reads only: any client of the chain will do. */
export type ChainReader = Pick<
  ChainClient,
  "getBlockNumber" | "getChainId" | "getCode" | "getLogs" | "getTransaction" | "getTransactionReceipt" | "readContract"
>;

export type DeploymentToVerify = {
  readonly chainId: number;
  readonly simulated: boolean;
  readonly addresses: ProtocolAddresses;
  /** Where it was deployed from: roles are looked for in every event since. */
  readonly fromBlock: bigint;
  readonly constructors: ConstructorParameters;
  readonly governance: GovernanceParameters;
  /** The transaction that created each contract, where it is known: proves what no getter tells. */
  readonly transactions?: Readonly<Partial<Record<ContractName, Hex>>>;
};

/**
 * Reads a live chain and says in what it differs from this repository's contracts and its table of roles. Nothing is taken
 * from the deployment's own word but the addresses.
 * @returns one sentence for each difference; none when the deployment is what it says
 */
export async function verifyDeployment(client: ChainReader, deployment: DeploymentToVerify): Promise<string[]> {
  const chainId = await client.getChainId();
  if (chainId !== deployment.chainId) return [`The endpoint serves chain ${chainId}, not ${deployment.chainId}.`];
  const contracts = protocolContracts(deployment);
  const artifacts = new Map<ContractName, ContractArtifact>();
  for (const { name } of contracts) artifacts.set(name, await readArtifact(name));
  const problems: string[] = [];
  for (const contract of contracts) {
    const artifact = artifacts.get(contract.name);
    if (artifact === undefined) continue;
    const found = await verifyCode(client, addressOf(deployment.addresses, contract.name), artifact);
    problems.push(...found);
    // What is no contract of ours cannot be asked for its wiring.
    if (found.length > 0) continue;
    problems.push(...(await verifyWiring(client, contract, artifact, deployment)));
    problems.push(...(await verifyCreation(client, contract, artifact, deployment)));
  }
  // Roles are read from AccessManager: if that is another program, its answers mean nothing.
  if (problems.length > 0) return problems;
  return verifyRoles(client, deployment, (name) => artifacts.get(name)?.abi ?? []);
}

/** The runtime code equals the compiler's, apart from the places where the constructor wrote immutables. */
async function verifyCode(client: ChainReader, address: Address, artifact: ContractArtifact): Promise<string[]> {
  const { contractName, deployedBytecode, immutableReferences } = artifact;
  const code = await client.getCode({ address });
  if (code === undefined) return [`${contractName}: there is no code at ${address}.`];
  if (size(code) !== size(deployedBytecode))
    return [`${contractName}: the code at ${address} has ${size(code)} bytes, not ${size(deployedBytecode)}.`];
  const masked = (text: Hex): string => {
    const bytes = Buffer.from(text.slice(2), "hex");
    for (const { start, length } of Object.values(immutableReferences).flat()) bytes.fill(0, start, start + length);
    return bytes.toString("hex");
  };
  return masked(code) === masked(deployedBytecode)
    ? []
    : [`${contractName}: the code at ${address} is not what this repository compiles to.`];
}

/** Each constructor argument, read back by the getter it is named after. */
async function verifyWiring(
  client: ChainReader,
  contract: PlannedContract,
  { abi }: ContractArtifact,
  { addresses, constructors }: DeploymentToVerify,
): Promise<string[]> {
  const problems: string[] = [];
  const wanted = resolveArguments(contract, addresses, constructors);
  for (const [index, getter] of Object.keys(contract.args).entries()) {
    if (withoutGetter.includes(`${contract.name}.${getter}`)) continue;
    const got = await client.readContract({ address: addressOf(addresses, contract.name), abi, functionName: getter });
    if (!isSame(got, wanted[index]))
      problems.push(`${contract.name}.${getter} is ${String(got)}, not ${String(wanted[index])}.`);
  }
  return problems;
}

/** The creating transaction holds the compiler's code with the planned arguments: then every immutable is what it must be. */
async function verifyCreation(
  client: ChainReader,
  contract: PlannedContract,
  { abi, bytecode }: ContractArtifact,
  { addresses, constructors, transactions }: DeploymentToVerify,
): Promise<string[]> {
  const hash = transactions?.[contract.name];
  if (hash === undefined) return [];
  const args = resolveArguments(contract, addresses, constructors);
  const [{ input, to, from }, { contractAddress }] = await Promise.all([
    client.getTransaction({ hash }),
    client.getTransactionReceipt({ hash }),
  ]);
  const created = contractAddress && isAddressEqual(contractAddress, addressOf(addresses, contract.name));
  if (!created || to !== null) return [`${contract.name}: the transaction ${hash} did not create it.`];
  if (!isAddressEqual(from, constructors.deployer)) return [`${contract.name}: it was deployed by ${from}.`];
  return input === encodeDeployData({ abi, bytecode, args })
    ? []
    : [
        `${contract.name}: it was created with other arguments: ${slice(input, Math.min(size(bytecode), size(input) - 1))}.`,
      ];
}

function isSame(got: unknown, wanted: unknown): boolean {
  if (typeof got === "string" && typeof wanted === "string") return got.toLowerCase() === wanted.toLowerCase();
  if (typeof got === "bigint" && typeof wanted === "number") return got === BigInt(wanted);
  return got === wanted;
}
