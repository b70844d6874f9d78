import { access } from "node:fs/promises";
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
