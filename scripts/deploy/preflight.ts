import { execFileSync } from "node:child_process";
import type { ChainClient } from "@persona-protocol/sdk/contracts";
import type { Address } from "viem";
import type { GovernanceParameters } from "../../node/src/deploy/protocolParameters.ts";

/** Init code that runs CLZ, an instruction of the Osaka upgrade, and returns its result. The compiler may use it. */
const osakaProbe = "0x5f1e5f5260205ff3";

/**
 * What would make a deployment to a public chain worthless, found before the first transaction.
 * @returns one sentence for each problem
 */
export async function preflight(options: {
  readonly client: ChainClient;
  readonly stakeToken: Address | undefined;
  readonly governance: GovernanceParameters;
  readonly root: string;
  readonly allowDirty: boolean;
}): Promise<string[]> {
  const { client, stakeToken, governance, root } = options;
  const { admin, governor, guard, pauser, verifiers } = governance;
  const deployer = client.account.address;
  const problems: string[] = [];
  const runsOsaka = await client.call({ data: osakaProbe }).then(
    ({ data }) => data !== undefined && BigInt(data) === 256n,
    () => false,
  );
  if (!runsOsaka) problems.push("The chain does not run Osaka, which the contracts are compiled for.");
  for (const [what, address] of [
    ["The admin", admin],
    ["The governor", governor],
    ["The stake token", stakeToken],
    ...verifiers.map((verifier) => ["The verifier", verifier] as const),
  ] as const) {
    const code = address === undefined ? undefined : await client.getCode({ address });
    // A key of one person that has signed an EIP-7702 delegation has code, too.
    if (code === undefined || code.startsWith("0xef0100")) problems.push(`${what} ${address} is not a contract.`);
  }
  if ([admin, governor, guard, pauser].includes(deployer))
    problems.push(`The deployer ${deployer} would keep a role: its key has been on a machine with a network.`);
  const commit = commitOf(root);
  if (!options.allowDirty && !/^[0-9a-f]{40}$/.test(commit))
    problems.push(`What is deployed must be in git, unchanged; it is ${commit}.`);
  return problems;
}

/** The commit, with `-dirty` when a file under git was changed since; `unknown` outside of git. */
export function commitOf(root: string): string {
  try {
    const args = ["describe", "--always", "--abbrev=40", "--exclude=*", "--dirty"];
    return execFileSync("git", args, { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  } catch {
    return "unknown";
  }
}
