import { createCollateralClient, intelPcs, parseCollateral, quoteChainOf } from "@persona-protocol/sdk/attestation";
import { type ChainClient, dcapVerifierAbi, explainChainError, pckRegistryAbi } from "@persona-protocol/sdk/contracts";
import type { Address } from "viem";
import { type CollateralContracts, feedCollateral } from "../../attestation/feedCollateral.ts";
import { readSmallFile } from "../files.ts";
import { parseUrl } from "../importOptions.ts";
import { jsonLine } from "../jsonLine.ts";
import { contractFlag, openSender, type SenderFlags } from "./chainFlags.ts";
import { fingerprintOf, MAX_COLLATERAL_BYTES, readEvidence } from "./judgeFile.ts";

type FeedFlags = SenderFlags & {
  readonly verifier: string;
  readonly collateral?: string;
  readonly pccs?: string;
  readonly root?: string;
};

/**
 * `persona attest feed QUOTE`: tells the chain what Intel has signed of the quote's platform, out of a file or from the service. Anyone may; the
 * contracts judge each signature by their own root.
 */
export async function attestFeed(file: string, flags: FeedFlags): Promise<void> {
  const verifier = contractFlag(flags.verifier, "--verifier");
  const quote = await readEvidence(file);
  const chain = quoteChainOf(quote);
  const collateral =
    flags.collateral === undefined
      ? await collateralOf(quote, flags)
      : parseCollateral(await readSmallFile(flags.collateral, MAX_COLLATERAL_BYTES, "COLLATERAL_INVALID"));
  const client = await openSender(flags, verifier);
  const calls = await feedCollateral(client, await contractsOf(client, verifier), { chain, collateral });
  const lines = calls.map(({ functionName, outcome }) => `${outcome === "sent" ? "sent " : "known"} ${functionName}`);
  process.stdout.write(flags.json ? jsonLine({ ok: true, calls }) : `${lines.join("\n")}\n`);
}

/** A cache has the root's list, too; Intel's service has it elsewhere. */
async function collateralOf(quote: Uint8Array, { pccs, root }: FeedFlags) {
  const baseUrl = pccs === undefined ? undefined : parseUrl(pccs);
  const service =
    baseUrl === undefined
      ? intelPcs
      : { baseUrl, rootCrlUrl: new URL("/sgx/certification/v4/rootcacrl", baseUrl).href };
  const rootFingerprint = root === undefined ? {} : { rootFingerprint: await fingerprintOf(root) };
  return createCollateralClient({ ...service, ...rootFingerprint }).collateralFor(quote);
}

/** The verifier says itself where it looks. */
async function contractsOf(client: ChainClient, verifier: Address): Promise<CollateralContracts> {
  try {
    const pckRegistry = await client.readContract({ address: verifier, abi: dcapVerifierAbi, functionName: "PCKS" });
    const tcbPolicy = await client.readContract({ address: pckRegistry, abi: pckRegistryAbi, functionName: "TCBS" });
    return { pckRegistry, tcbPolicy };
  } catch (error) {
    throw await explainChainError(error, "PCKS");
  }
}
