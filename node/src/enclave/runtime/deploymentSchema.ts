import type { Deployment } from "@persona-protocol/sdk/contracts";
import { getAddress, isAddress } from "viem";
import { z } from "zod";

const address = z
  .string()
  .refine((text) => isAddress(text, { strict: false }), "not an address")
  .transform((text) => getAddress(text));

/** A deployment as it comes over the door or from a file; `fromBlock` is a decimal string there. */
export const deploymentSchema: z.ZodType<Deployment, unknown> = z.object({
  chainId: z.number().int().positive(),
  datasetRegistry: address,
  grantRegistry: address,
  nodeRegistry: address,
  measurementPolicy: address,
  jobMarket: address,
  appRegistry: address,
  ownerKeys: address,
  chainReads: z.enum(["proof", "quorum"]).default("proof"),
  fromBlock: z.union([z.string().regex(/^\d+$/), z.number().int().min(0)]).transform((text) => BigInt(text)),
});

/** The same deployment for the door and for files, which know no bigint. */
export const plainDeployment = (deployment: Deployment) => ({ ...deployment, fromBlock: String(deployment.fromBlock) });
