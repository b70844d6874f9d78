import { access } from "node:fs/promises";
import { join } from "node:path";
import type { Deployment } from "@persona-protocol/sdk/contracts";
import { PersonaError } from "@persona-protocol/sdk/errors";
import { deploymentSchema } from "../enclave/runtime/deploymentSchema.ts";
import { readSmallFile } from "./files.ts";

/**
 * The deployment in a run folder of `persona dev`, whose store is there too.
 * @throws PersonaError DEPLOYMENT_UNKNOWN when the folder is not one that `persona dev` has made.
 */
export async function readNetwork({
  deploymentFile,
  storeDir,
}: {
  readonly deploymentFile: string;
  readonly storeDir: string;
}): Promise<Deployment> {
  const text = await readSmallFile(deploymentFile, 64 * 1_024, "DEPLOYMENT_UNKNOWN");
  const invalid = (why: string, cause?: unknown) =>
    new PersonaError("DEPLOYMENT_UNKNOWN", `${deploymentFile} ${why}.`, { cause });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw invalid("is not JSON", cause);
  }
  const parsed = deploymentSchema.safeParse(value);
  if (!parsed.success) throw invalid("holds no contract addresses", parsed.error);
  await access(storeDir).catch((cause) => {
    throw new PersonaError(
      "DEPLOYMENT_UNKNOWN",
      `${storeDir} is not there: --network takes the --dir of persona dev.`,
      { cause },
    );
  });
  return parsed.data;
}

const usualRpc = "http://127.0.0.1:8545";
/** Beside deployment.json, for as long as `persona dev` runs. */
export const networkStateName = "network.json";

/** Where the chain of a network folder answers: what `persona dev` has written there, else the usual place. */
export async function rpcOfNetwork(folder: string): Promise<string> {
  const path = join(folder, networkStateName);
  const isThere = await access(path).then(
    () => true,
    () => false,
  );
  if (!isThere) return usualRpc;
  const text = await readSmallFile(path, 64 * 1_024, "DEPLOYMENT_UNKNOWN");
  const found = /"rpcUrl":"(http:\/\/127\.0\.0\.1:\d{1,5})"/.exec(text)?.[1];
  return found ?? usualRpc;
}
