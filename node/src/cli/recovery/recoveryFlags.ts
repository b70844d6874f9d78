import { join, resolve } from "node:path";
import type { ChainClient, Deployment } from "@persona-protocol/sdk/contracts";
import { zeroise } from "@persona-protocol/sdk/crypto";
import { PersonaError } from "@persona-protocol/sdk/errors";
import { type Address, getAddress, isAddress, toHex } from "viem";
import { type PrivateKeyAccount, privateKeyToAccount } from "viem/accounts";
import { connectChain } from "../../chain/connectChain.ts";
import { askPassphrase } from "../ask.ts";
import { parseUrl } from "../importOptions.ts";
import { unlockKeystore } from "../keystore.ts";
import { readNetwork, rpcOfNetwork } from "../networkFolder.ts";

/** What the steps of a recovery share, as commander gives it. */
export type ChainFlags = { readonly network: string; readonly rpc?: string };
export type AccountFlags = { readonly account: string; readonly accountPassphraseFile?: string };
export type KeyFlags = { readonly keystore: string; readonly passphraseFile?: string | undefined };
export type OutputFlags = { readonly json: boolean };

export type RecoveryContext = {
  readonly deployment: Deployment;
  readonly storeDir: string;
  /** One for each `--rpc` URL; the first sends. */
  readonly clients: readonly [ChainClient, ...ChainClient[]];
  readonly account: PrivateKeyAccount;
};

/** @throws PersonaError USAGE, DEPLOYMENT_UNKNOWN, KEYSTORE_*, CHAIN_* */
export async function openRecoveryContext(flags: ChainFlags & AccountFlags): Promise<RecoveryContext> {
  const folder = resolve(flags.network);
  const storeDir = join(folder, "ipfs");
  const rpc = flags.rpc ?? (await rpcOfNetwork(folder));
  const [first = "", ...others] = rpc.split(",").map((url) => parseUrl(url.trim()));
  const deployment = await readNetwork({ deploymentFile: join(folder, "deployment.json"), storeDir });
  const account = await openAccount(flags);
  const connect = (rpcUrl: string) => connectChain({ rpcUrl, deployment, account });
  return {
    deployment,
    storeDir,
    account,
    clients: [await connect(first), ...(await Promise.all(others.map(connect)))],
  };
}

export async function openAccount(flags: AccountFlags): Promise<PrivateKeyAccount> {
  const passphrase = await askPassphrase(flags.accountPassphraseFile, "account");
  const secret = await unlockKeystore(flags.account, "account", passphrase);
  try {
    return privateKeyToAccount(toHex(secret));
  } finally {
    zeroise(secret);
  }
}

/** A root key, or that of a person or a new device: all are of one kind. The caller zeroises it. */
export async function openRootKey({ keystore, passphraseFile }: KeyFlags): Promise<Uint8Array> {
  return unlockKeystore(keystore, "owner-root", await askPassphrase(passphraseFile, "root key's"));
}

/** @throws PersonaError USAGE */
export function parseAddress(text: string, flag: string): Address {
  if (isAddress(text, { strict: false })) return getAddress(text);
  throw new PersonaError("USAGE", `${flag} takes an address.`, { data: { got: text } });
}

/** @throws PersonaError USAGE */
export function parseCount(text: string, flag: string, least: number, most: number): number {
  const count = /^\d{1,9}$/.test(text) ? Number(text) : -1;
  if (count >= least && count <= most) return count;
  throw new PersonaError("USAGE", `${flag} takes a number from ${least} to ${most}.`, { data: { got: text } });
}

export { show as tell } from "../show.ts";
