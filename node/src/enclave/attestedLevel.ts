import { type ChainClient, type Deployment, nodeRegistryAbi } from "@persona-protocol/sdk/contracts";
import type { AccountsOptions } from "./openLiveAccounts.ts";

/**
 * `ingest-enclave` while the registry has the enclave's key, under the very measurement that its statements name, and lets it be used; else `none`. A
 * process that is no attested enclave has no such key, whatever it signs.
 */
export const attestedLevel =
  ({
    client,
    deployment,
  }: {
    readonly client: ChainClient;
    readonly deployment: Deployment;
  }): AccountsOptions["level"] =>
  async ({ enclave }) => {
    const [measurement, usable] = await client.readContract({
      address: deployment.nodeRegistry,
      abi: nodeRegistryAbi,
      functionName: "attestedKeyOf",
      args: [enclave.signer],
    });
    return usable && measurement.toLowerCase() === enclave.measurement.toLowerCase() ? "ingest-enclave" : "none";
  };
