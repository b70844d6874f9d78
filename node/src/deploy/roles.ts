import { type Abi, type Address, encodeFunctionData, type Hex, toFunctionSelector } from "viem";
import { accessManagerAbi } from "./accessManagerAbi.ts";
import { addressOf, type ContractName, type ProtocolAddresses } from "./protocolContracts.ts";
import { type GovernanceParameters, localTokenTerms } from "./protocolParameters.ts";

export type RoleName = "GOVERNOR" | "GUARD" | "PAUSER";

export type Role = {
  readonly name: RoleName;
  readonly id: bigint;
  /** Who holds it, and how long each of its calls waits in public before it can be carried out. */
  readonly holder: "governor" | "guard" | "pauser";
  readonly delay: "wideningDelaySeconds" | "none";
  /** May cancel what this role has scheduled. */
  readonly cancelledBy?: RoleName;
  readonly functions: Readonly<Partial<Record<ContractName, readonly string[]>>>;
  readonly why: string;
};

/**
 * Who may call what is `restricted`. The deployment sets this table, docs/deployment.md shows it, `verifyDeployment` holds a
 * chain against it. What widens trust waits, what narrows it does not. A test fails when a `restricted` function is missing here.
 */
export const roles: readonly Role[] = [
  {
    name: "GOVERNOR",
    id: 1n,
    holder: "governor",
    delay: "wideningDelaySeconds",
    cancelledBy: "GUARD",
    functions: {
      MeasurementPolicy: ["allow"],
      TcbPolicy: ["allowAdvisory", "lowerEvaluation"],
      QuorumVerifier: ["addMember"],
      NodeRegistry: ["allowVerifier", "unfreezeEnclaveKey"],
      JobMarket: ["allowToken"],
      AppRegistry: ["allowAttestor"],
    },
    why: "Widens trust. Owners see it scheduled and can revoke before it counts.",
  },
  {
    name: "GUARD",
    id: 2n,
    holder: "guard",
    delay: "none",
    functions: {
      MeasurementPolicy: ["ban"],
      PckRegistry: ["banPlatform"],
      TcbPolicy: ["raiseEvaluation", "endGrace", "banModel", "removeAdvisory"],
      QuorumVerifier: ["removeMember", "banPlatform"],
      NodeRegistry: ["removeVerifier", "freezeEnclaveKey", "cancelSlash"],
      JobMarket: ["removeToken"],
      AppRegistry: ["removeAttestor"],
    },
    why: "Narrows trust at once, and hears appeals in their three days. Can stop data from being released, can never let it out.",
  },
  {
    name: "PAUSER",
    id: 3n,
    holder: "pauser",
    delay: "none",
    functions: { NodeRegistry: ["pauseClaims", "unpauseClaims"] },
    why: "Stops new claims, and nothing else: what is claimed ends, and withdrawals never stop.",
  },
];

/** Of AccessManager itself: grants and takes the roles, and whatever is not in the table. */
export const adminRole = 0n;

export function delayOf({ delay }: Role, parameters: GovernanceParameters): number {
  return delay === "none" ? 0 : parameters[delay];
}

export const roleIdOf = (name: RoleName): bigint => roles.find((role) => role.name === name)?.id ?? adminRole;

/** @throws RangeError when the contract has no such function, or two */
export function selectorOf(abi: Abi, name: string): Hex {
  const [found, second] = abi.filter((entry) => entry.type === "function" && entry.name === name);
  if (found?.type !== "function" || second !== undefined) throw new RangeError(`There is not one function ${name}.`);
  return toFunctionSelector(found);
}

/**
 * The calls that end a deployment, for one `AccessManager.multicall`: there is no block in which half of them hold. First what
 * is allowed from the start, by the deployer as the only admin; then the roles; then the deployer gives its own right away.
 */
export function governanceCalls(options: {
  readonly addresses: ProtocolAddresses;
  readonly abis: Readonly<Partial<Record<ContractName, Abi>>>;
  readonly deployer: Address;
  readonly parameters: GovernanceParameters;
}): readonly Hex[] {
  const { addresses, abis, deployer, parameters } = options;
  const abiOf = (name: ContractName): Abi => abis[name] ?? [];
  const first = (name: ContractName, functionName: string, args: readonly unknown[]): Hex =>
    encodeFunctionData({
      abi: accessManagerAbi,
      functionName: "execute",
      args: [addressOf(addresses, name), encodeFunctionData({ abi: abiOf(name), functionName, args })],
    });
  const grant = (role: bigint, account: Address, delay: number): Hex =>
    encodeFunctionData({ abi: accessManagerAbi, functionName: "grantRole", args: [role, account, delay] });
  const verifiers = [addressOf(addresses, "DcapVerifier"), ...quorumOf(addresses, parameters), ...parameters.verifiers];
  const money = addresses.DevToken;
  const tokens = money === undefined ? parameters.tokens : [{ token: money, ...localTokenTerms }, ...parameters.tokens];

  const calls = [
    ...verifiers.map((verifier) => first("NodeRegistry", "allowVerifier", [verifier])),
    ...parameters.advisories.map((name) => first("TcbPolicy", "allowAdvisory", [name])),
    ...parameters.quorumMembers.map((member) => first("QuorumVerifier", "addMember", [member])),
    ...parameters.measurements.map((measurement) => first("MeasurementPolicy", "allow", [measurement])),
    ...tokens.map(({ token, protocolFeeBps, burnedUnit }) =>
      first("JobMarket", "allowToken", [token, protocolFeeBps, burnedUnit]),
    ),
  ];
  for (const role of roles) {
    calls.push(
      encodeFunctionData({ abi: accessManagerAbi, functionName: "labelRole", args: [role.id, role.name] }),
      grant(role.id, parameters[role.holder], delayOf(role, parameters)),
    );
    if (role.cancelledBy !== undefined)
      calls.push(
        encodeFunctionData({
          abi: accessManagerAbi,
          functionName: "setRoleGuardian",
          args: [role.id, roleIdOf(role.cancelledBy)],
        }),
      );
    for (const [target, selectors] of selectorsOf(role, abiOf))
      calls.push(
        encodeFunctionData({
          abi: accessManagerAbi,
          functionName: "setTargetFunctionRole",
          args: [addressOf(addresses, target), selectors, role.id],
        }),
      );
  }
  if (parameters.admin !== deployer)
    calls.push(
      grant(adminRole, parameters.admin, parameters.adminDelaySeconds),
      encodeFunctionData({ abi: accessManagerAbi, functionName: "renounceRole", args: [adminRole, deployer] }),
    );
  return calls;
}

/** Without members it lets nobody in; it is allowed when it has some. */
function quorumOf(addresses: ProtocolAddresses, { quorumMembers }: GovernanceParameters): readonly Address[] {
  return quorumMembers.length === 0 ? [] : [addressOf(addresses, "QuorumVerifier")];
}

export function selectorsOf({ functions }: Role, abiOf: (name: ContractName) => Abi): [ContractName, Hex[]][] {
  return (Object.entries(functions) as [ContractName, readonly string[]][]).map(([target, names]) => [
    target,
    names.map((name) => selectorOf(abiOf(target), name)),
  ]);
}
