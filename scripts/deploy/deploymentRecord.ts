import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { PersonaError } from "@persona-protocol/sdk/errors";
import { type Address, getAddress, type Hex, isAddress, isHex } from "viem";
import { z } from "zod";
import {
  type ContractName,
  type ProtocolAddresses,
  protocolContracts,
} from "../../node/src/deploy/protocolContracts.ts";

const address = z
  .string()
  .refine((text) => isAddress(text))
  .transform((text) => getAddress(text));
const hash = z.custom<Hex>((value) => isHex(value) && value.length === 66);

/** `deployments/<chainId>.json`: what was deployed, by whom and from which sources. Written by `npm run deploy`, never by hand. */
const recordSchema = z.strictObject({
  chainId: z.number().int().positive(),
  network: z.string(),
  simulated: z.boolean(),
  deployer: address,
  startNonce: z.number().int().min(0),
  fromBlock: z.number().int().min(0).describe("Block of the first contract."),
  contracts: z.record(
    z.string(),
    z.strictObject({
      address,
      /** Absent in the record of local chains, which is predicted. */
      transaction: hash.optional(),
      constructorArguments: z.array(z.union([z.string(), z.number(), z.boolean()])).optional(),
    }),
  ),
  stakeToken: address,
  build: z
    .strictObject({
      commit: z.string(),
      compiler: z.string(),
      settingsHash: hash.describe("sha256 of the compiler's settings as JSON"),
    })
    .optional(),
});

export type DeploymentRecord = z.output<typeof recordSchema>;

export const recordFile = (root: string, chainId: number) => join(root, "deployments", `${chainId}.json`);

/** @throws PersonaError DEPLOYMENT_UNKNOWN, CONFIG_INVALID */
export async function readRecord(file: string): Promise<DeploymentRecord> {
  if (!existsSync(file))
    throw new PersonaError("DEPLOYMENT_UNKNOWN", "There is no record of a deployment here.", { data: { file } });
  const parsed = recordSchema.safeParse(JSON.parse(await readFile(file, "utf8")));
  if (!parsed.success)
    throw new PersonaError("CONFIG_INVALID", `${file} is no record of a deployment.`, {
      data: { problem: z.prettifyError(parsed.error) },
    });
  return parsed.data;
}

/** @throws PersonaError CONFIG_INVALID when the record lacks a contract */
export function addressesOf({ contracts, simulated }: DeploymentRecord): ProtocolAddresses {
  const entry = ({ name }: { readonly name: ContractName }): [ContractName, Address] => {
    const found = contracts[name];
    if (found === undefined) throw new PersonaError("CONFIG_INVALID", `The record of the deployment lacks ${name}.`);
    return [name, found.address];
  };
  return Object.fromEntries(protocolContracts({ simulated }).map(entry));
}

export function transactionsOf({ contracts }: DeploymentRecord): Partial<Record<ContractName, Hex>> {
  return Object.fromEntries(
    Object.entries(contracts).flatMap(([name, { transaction }]) =>
      transaction === undefined ? [] : [[name, transaction]],
    ),
  );
}
