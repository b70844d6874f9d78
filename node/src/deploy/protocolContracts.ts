import { type Address, getContractAddress } from "viem";
import type { ConstructorParameters } from "./protocolParameters.ts";

export type ContractName =
  | "AccessManager"
  | "DevToken"
  | "DatasetRegistry"
  | "MeasurementPolicy"
  | "PckRegistry"
  | "TcbPolicy"
  | "DcapVerifier"
  | "QuorumVerifier"
  | "GrantRegistry"
  | "NodeMetadata"
  | "NodeRegistry"
  | "AppRegistry"
  | "JobMarket"
  | "OwnerKeys";

/** The address of another contract of this deployment, deployed or not, or one of the parameters. */
export type PlannedArgument = { readonly at: ContractName } | { readonly parameter: keyof ConstructorParameters };

export type PlannedContract = {
  readonly name: ContractName;
  /**
   * Constructor arguments in their order. Each is named after the public getter that reads it back from the deployed contract:
   * that is how `verifyDeployment` knows the wiring. A name without a getter must be in `withoutGetter`.
   */
  readonly args: Readonly<Record<string, PlannedArgument>>;
};

const at = (name: ContractName): PlannedArgument => ({ at: name });
const parameter = (name: keyof ConstructorParameters): PlannedArgument => ({ parameter: name });

/** Arguments that no getter reads back, or that governance changes later; the creation transaction proves them. */
export const withoutGetter: readonly string[] = ["AccessManager.initialAdmin", "TcbPolicy.firstEvaluation"];

/**
 * What is deployed, in this order and by one account, each with one transaction: the n-th contract has the address of the
 * deployer's n-th nonce. So a contract may be told the address of one that comes after it. To add an argument, add a line
 * here and, if it is no address of ours, one in protocolParameters.ts.
 *
 * @param simulated test money, and evidence under a development root: chain ids 31337 and 1337 only, elsewhere both revert
 */
export function protocolContracts({ simulated }: { readonly simulated: boolean }): readonly PlannedContract[] {
  const contracts: (PlannedContract | false)[] = [
    { name: "AccessManager", args: { initialAdmin: parameter("deployer") } },
    simulated && { name: "DevToken", args: {} },
    { name: "DatasetRegistry", args: { KEYS: at("NodeRegistry"), OWNER_KEYS: at("OwnerKeys") } },
    { name: "MeasurementPolicy", args: { authority: at("AccessManager"), WATCHER: at("NodeRegistry") } },
    {
      name: "PckRegistry",
      args: {
        authority: at("AccessManager"),
        TCBS: at("TcbPolicy"),
        ROOT_X: parameter("rootX"),
        ROOT_Y: parameter("rootY"),
        ROOT_NAME: parameter("rootName"),
      },
    },
    {
      name: "TcbPolicy",
      args: {
        authority: at("AccessManager"),
        PCKS: at("PckRegistry"),
        TD_QE_SIGNER: parameter("tdQeSigner"),
        SGX_QE_SIGNER: parameter("sgxQeSigner"),
        firstEvaluation: parameter("tcbEvaluation"),
      },
    },
    { name: "DcapVerifier", args: { PCKS: at("PckRegistry") } },
    { name: "QuorumVerifier", args: { authority: at("AccessManager"), THRESHOLD: parameter("quorumThreshold") } },
    { name: "GrantRegistry", args: { DATASETS: at("DatasetRegistry"), MARKET: at("JobMarket") } },
    { name: "AppRegistry", args: { authority: at("AccessManager") } },
    { name: "NodeMetadata", args: {} },
    {
      name: "NodeRegistry",
      args: {
        STAKE_TOKEN: simulated ? at("DevToken") : parameter("stakeToken"),
        MEASUREMENTS: at("MeasurementPolicy"),
        MARKET: at("JobMarket"),
        authority: at("AccessManager"),
        CLAIM_BOND: parameter("claimBond"),
        METADATA: at("NodeMetadata"),
      },
    },
    {
      name: "JobMarket",
      args: {
        GRANTS: at("GrantRegistry"),
        NODES: at("NodeRegistry"),
        authority: at("AccessManager"),
        RACE_UNIT: parameter("raceUnit"),
      },
    },
    { name: "OwnerKeys", args: {} },
  ];
  return contracts.filter((contract) => contract !== false);
}

export type ProtocolAddresses = Readonly<Partial<Record<ContractName, Address>>>;

/** Where each contract will be when the deployer sends nothing else from `startNonce` on. */
export function predictAddresses(
  contracts: readonly PlannedContract[],
  deployer: Address,
  startNonce: number,
): ProtocolAddresses {
  return Object.fromEntries(
    contracts.map(({ name }, index) => [
      name,
      getContractAddress({ from: deployer, nonce: BigInt(startNonce + index) }),
    ]),
  );
}

/** @throws RangeError when this deployment has no such contract: a mistake in the plan */
export function addressOf(addresses: ProtocolAddresses, name: ContractName): Address {
  const address = addresses[name];
  if (address === undefined) throw new RangeError(`${name} is not part of this deployment.`);
  return address;
}

export function resolveArguments(
  { args }: PlannedContract,
  addresses: ProtocolAddresses,
  parameters: ConstructorParameters,
): unknown[] {
  return Object.values(args).map((arg) => ("at" in arg ? addressOf(addresses, arg.at) : parameters[arg.parameter]));
}
