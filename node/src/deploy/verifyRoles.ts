import { type Abi, type AbiEvent, type Address, getAbiItem, type Hex, toFunctionSelector } from "viem";
import { accessManagerAbi } from "./accessManagerAbi.ts";
import { addressOf, type ContractName } from "./protocolContracts.ts";
import { adminRole, delayOf, roleIdOf, roles, selectorsOf } from "./roles.ts";
import type { ChainReader, DeploymentToVerify } from "./verifyDeployment.ts";

/** Public endpoints refuse longer ranges. */
const blocksAtOnce = 10_000n;

/**
 * Holds AccessManager against the table of roles. It keeps no list of members, so every role that was ever granted is read
 * from its events and asked for again.
 */
export async function verifyRoles(
  client: ChainReader,
  { addresses, fromBlock, governance }: DeploymentToVerify,
  abiOf: (name: ContractName) => Abi,
): Promise<string[]> {
  const manager = { address: addressOf(addresses, "AccessManager"), abi: accessManagerAbi } as const;
  const problems: string[] = [];
  const say = (problem: string) => problems.push(problem);

  const wanted: { readonly id: bigint; readonly name: string; readonly account: Address; readonly delay: number }[] = [
    { id: adminRole, name: "ADMIN", account: governance.admin, delay: governance.adminDelaySeconds },
    ...roles.map((role) => ({
      id: role.id,
      name: role.name,
      account: governance[role.holder],
      delay: delayOf(role, governance),
    })),
  ];
  for (const { id, name, account, delay } of wanted) {
    const [since, current, pending, effect] = await client.readContract({
      ...manager,
      functionName: "getAccess",
      args: [id, account],
    });
    if (since === 0) say(`${name} is not held by ${account}.`);
    else if (current !== delay) say(`${name} of ${account} waits ${current} seconds, not ${delay}.`);
    if (effect !== 0) say(`${name} of ${account} will wait ${pending} seconds from ${effect} on.`);
  }
  for (const { roleId, account } of await grantsOf(client, manager.address, fromBlock)) {
    const [since] = await client.readContract({ ...manager, functionName: "getAccess", args: [roleId, account] });
    const known = wanted.some((role) => role.id === roleId && role.account === account);
    if (since !== 0 && !known) say(`${nameOf(roleId)} is also held by ${account}.`);
  }
  for (const role of roles) {
    const admin = await client.readContract({ ...manager, functionName: "getRoleAdmin", args: [role.id] });
    const guardian = await client.readContract({ ...manager, functionName: "getRoleGuardian", args: [role.id] });
    const cancels = role.cancelledBy === undefined ? adminRole : roleIdOf(role.cancelledBy);
    if (admin !== adminRole) say(`${role.name} is given by ${nameOf(admin)}, not by ADMIN.`);
    if (guardian !== cancels)
      say(`What ${role.name} schedules is cancelled by ${nameOf(guardian)}, not ${nameOf(cancels)}.`);
  }
  problems.push(...(await verifyFunctions(client, manager, addresses, abiOf)));
  return problems;
}

/** Every function that changes something has the role of the table, and what is not in the table is ADMIN's. */
async function verifyFunctions(
  client: ChainReader,
  manager: { readonly address: Address; readonly abi: typeof accessManagerAbi },
  addresses: DeploymentToVerify["addresses"],
  abiOf: (name: ContractName) => Abi,
): Promise<string[]> {
  const problems: string[] = [];
  const planned = new Map<string, bigint>();
  for (const role of roles)
    for (const [target, selectors] of selectorsOf(role, abiOf))
      for (const selector of selectors) planned.set(`${target} ${selector}`, role.id);
  for (const target of Object.keys(addresses) as ContractName[]) {
    const address = addressOf(addresses, target);
    if (await client.readContract({ ...manager, functionName: "isTargetClosed", args: [address] }))
      problems.push(`${target} is closed: ADMIN has switched off every restricted function of it.`);
    for (const { name, selector } of changingFunctions(abiOf(target))) {
      const got = await client.readContract({
        ...manager,
        functionName: "getTargetFunctionRole",
        args: [address, selector],
      });
      const wanted = planned.get(`${target} ${selector}`) ?? adminRole;
      if (got !== wanted) problems.push(`${target}.${name} belongs to ${nameOf(got)}, not to ${nameOf(wanted)}.`);
    }
  }
  return problems;
}

function changingFunctions(abi: Abi): { readonly name: string; readonly selector: Hex }[] {
  return abi.flatMap((entry) =>
    entry.type === "function" && ["nonpayable", "payable"].includes(entry.stateMutability)
      ? [{ name: entry.name, selector: toFunctionSelector(entry) }]
      : [],
  );
}

async function grantsOf(
  client: ChainReader,
  address: Address,
  fromBlock: bigint,
): Promise<{ readonly roleId: bigint; readonly account: Address }[]> {
  const event = getAbiItem({ abi: accessManagerAbi, name: "RoleGranted" }) satisfies AbiEvent;
  const head = await client.getBlockNumber();
  const found = new Map<string, { roleId: bigint; account: Address }>();
  for (let from = fromBlock; from <= head; from += blocksAtOnce) {
    const end = from + blocksAtOnce - 1n;
    const logs = await client.getLogs({
      address,
      event,
      fromBlock: from,
      toBlock: end < head ? end : head,
      strict: true,
    });
    for (const { args } of logs) found.set(`${args.roleId} ${args.account}`, args);
  }
  return [...found.values()];
}

function nameOf(id: bigint): string {
  if (id === adminRole) return "ADMIN";
  return roles.find((role) => role.id === id)?.name ?? `the role ${id}`;
}
