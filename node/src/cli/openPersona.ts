import { join, resolve } from "node:path";
import { createPersonaClient, type PersonaClient } from "@persona-protocol/sdk";
import { decodeGrantPackage, type GrantPackage } from "@persona-protocol/sdk/access";
import { zeroise } from "@persona-protocol/sdk/crypto";
import { PersonaError } from "@persona-protocol/sdk/errors";
import { toHex } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { createLocalIpfs } from "../storage/index.ts";
import { askPassphrase } from "./ask.ts";
import { connectAll } from "./connectAll.ts";
import { readSmallBytes } from "./files.ts";
import { unlockKeystore } from "./keystore.ts";
import { readNetwork, rpcOfNetwork } from "./networkFolder.ts";
import { parseAddress } from "./recovery/recoveryFlags.ts";

/** As commander gives them, for commands that look at a chain; with an account, for those that write to it. */
export type PersonaFlags = {
  readonly network: string;
  readonly rpc?: string;
  readonly account?: string;
  readonly passphraseFile?: string;
  readonly token?: string;
  readonly json: boolean;
};

/**
 * The SDK over the network's chain and store. Without `--account` its account is a fresh one: enough to look.
 * @throws PersonaError USAGE, DEPLOYMENT_UNKNOWN, CHAIN_*, KEYSTORE_*
 */
export async function openPersona(flags: PersonaFlags): Promise<PersonaClient> {
  const folder = resolve(flags.network);
  const storeDir = join(folder, "ipfs");
  const deployment = await readNetwork({ deploymentFile: join(folder, "deployment.json"), storeDir });
  const account = await openAccount(flags);
  const { client, nodes } = await connectAll(flags.rpc ?? (await rpcOfNetwork(folder)), { deployment, account });
  const token = flags.token === undefined ? undefined : parseAddress(flags.token, "--token");
  return createPersonaClient({ client, deployment, storage: await createLocalIpfs({ path: storeDir }), token, nodes });
}

async function openAccount({ account, passphraseFile }: PersonaFlags) {
  if (account === undefined) return privateKeyToAccount(generatePrivateKey());
  const passphrase = await askPassphrase(passphraseFile, "account");
  const secret = await unlockKeystore(resolve(account), "account", passphrase);
  try {
    return privateKeyToAccount(toHex(secret));
  } finally {
    zeroise(secret);
  }
}

const maxGrantBytes = 64 * 1_024;

/** A grant package, as `persona grant` writes it. @throws PersonaError REQUEST_INVALID, CONFIG_INVALID */
export async function readGrantFile(path: string): Promise<GrantPackage> {
  return decodeGrantPackage(await readSmallBytes(path, maxGrantBytes, "CONFIG_INVALID"));
}

/** One line of letters, from a file, or from standard input where the path is `-`. */
export async function readLetters(path: string, maxBytes: number): Promise<string> {
  const bytes = path === "-" ? await readInput(maxBytes) : await readSmallBytes(path, maxBytes, "CONFIG_INVALID");
  return new TextDecoder().decode(bytes).trim();
}

async function readInput(maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of process.stdin as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > maxBytes)
      throw new PersonaError("CONFIG_INVALID", "Standard input is longer than anything that is asked for here.");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
