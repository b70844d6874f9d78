import { type Deployment, deployments, devTokenAbi } from "@persona-protocol/sdk/contracts";
import { isPersonaError } from "@persona-protocol/sdk/errors";
import { formatEther } from "viem";
import { connectAccount } from "./connectAccount.ts";
import type { DoctorFlags, Finding } from "./doctor.ts";

/** Does the keystore open, and can its account pay gas and prices? */
export async function accountChecks(
  flags: DoctorFlags & { readonly rpc: string },
  deployment: Deployment,
): Promise<Finding[]> {
  if (flags.account === undefined) return [];
  const fix = "Give --account (of `persona keystore new`, or of `persona dev`) and --passphrase-file.";
  try {
    const client = await connectAccount(flags, deployment);
    const { address } = client.account;
    const ether = await client.getBalance({ address });
    const findings: Finding[] = [
      { name: "account", ok: true, found: address },
      { name: "gas", ok: ether > 0n, found: `${formatEther(ether)} ether`, fix: `Send ether to ${address}.` },
    ];
    const known: Readonly<Record<number, { readonly stakeToken: `0x${string}` }>> = deployments;
    const token = known[deployment.chainId]?.stakeToken;
    if (token === undefined) return findings;
    const call = { address: token, abi: devTokenAbi, functionName: "balanceOf", args: [address] } as const;
    const held = await client.readContract(call);
    return [
      ...findings,
      {
        name: "test money",
        ok: held > 0n,
        found: `${formatEther(held)}`,
        fix: `Mint some to ${address}: anyone may on a local chain.`,
      },
    ];
  } catch (error) {
    if (!isPersonaError(error)) throw error;
    return [{ name: "account", ok: false, found: error.shortMessage, fix }];
  }
}
