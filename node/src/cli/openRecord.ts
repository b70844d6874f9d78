import { join, resolve } from "node:path";
import type { Dataset } from "@persona-protocol/sdk/access";
import type { ChainClient, Deployment } from "@persona-protocol/sdk/contracts";
import { zeroise } from "@persona-protocol/sdk/crypto";
import { PersonaError } from "@persona-protocol/sdk/errors";
import { isHex, toHex } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { z } from "zod";
import { connectChain } from "../chain/connectChain.ts";
import { deploymentSchema } from "../enclave/runtime/deploymentSchema.ts";
import { askPassphrase } from "./ask.ts";
import { readSmallFile } from "./files.ts";
import { unlockKeystore } from "./keystore.ts";
import { rpcOfNetwork } from "./networkFolder.ts";

/** As commander gives them, for commands about a dataset that its owner has published. */
export type RecordFlags = {
  readonly network: string;
  /** Default: that of the network that runs in the folder. */
  readonly rpc?: string;
  readonly account?: string;
  readonly passphraseFile?: string;
};

const hex32 = z.custom<`0x${string}`>((value) => isHex(value) && value.length === 66, "not 32 bytes of hex");
/** A record is the owner's own file: what is used of it is checked, the rest is left alone. */
const record = z.object({
  kind: z.literal("persona-dataset"),
  chainId: z.number(),
  dataset: z.object({
    datasetId: hex32,
    guardians: z.array(z.int().min(1)).min(2).max(16),
    threshold: z.int().min(2).max(16),
    segments: z.array(z.object({ index: z.int().min(0).max(255), name: z.string() })).max(256),
  }),
});
export type RecordedDataset = Pick<Dataset, "datasetId" | "guardians" | "threshold"> & {
  readonly segments: readonly Pick<Dataset["segments"][number], "index" | "name">[];
};

const maxRecordBytes = 16 * 1_024 * 1_024;

/**
 * A dataset's record, and a client of its chain. Without `--account` the client has an account that owns nothing: enough to look.
 * @throws PersonaError CONFIG_INVALID, DEPLOYMENT_UNKNOWN, CHAIN_*, KEYSTORE_*
 */
export async function openRecord(
  file: string,
  flags: RecordFlags,
): Promise<{ readonly dataset: RecordedDataset; readonly client: ChainClient; readonly deployment: Deployment }> {
  const parsed = record.safeParse(parseJson(file, await readSmallFile(file, maxRecordBytes, "CONFIG_INVALID")));
  if (!parsed.success)
    throw new PersonaError("CONFIG_INVALID", `${file} is not a dataset's record, as persona import writes it.`, {
      cause: parsed.error,
    });
  const path = join(resolve(flags.network), "deployment.json");
  const found = deploymentSchema.safeParse(
    parseJson(path, await readSmallFile(path, 64 * 1_024, "DEPLOYMENT_UNKNOWN")),
  );
  if (!found.success) throw new PersonaError("DEPLOYMENT_UNKNOWN", `${path} holds no contract addresses.`);
  const deployment = found.data;
  if (parsed.data.chainId !== deployment.chainId)
    throw new PersonaError("CHAIN_WRONG", "The record is of a dataset on another chain.", {
      data: { got: deployment.chainId, wanted: parsed.data.chainId },
    });
  const account = await openAccount(flags);
  const client = await connectChain({
    rpcUrl: flags.rpc ?? (await rpcOfNetwork(resolve(flags.network))),
    deployment,
    account,
  });
  return { dataset: parsed.data.dataset, client, deployment };
}

async function openAccount({ account, passphraseFile }: RecordFlags) {
  if (account === undefined) return privateKeyToAccount(generatePrivateKey());
  const secret = await unlockKeystore(resolve(account), "account", await askPassphrase(passphraseFile, "account"));
  try {
    return privateKeyToAccount(toHex(secret));
  } finally {
    zeroise(secret);
  }
}

function parseJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new PersonaError("CONFIG_INVALID", `${file} is not JSON.`, { cause });
  }
}
