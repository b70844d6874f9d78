import type { ChainClient } from "@persona-protocol/sdk/contracts";
import { zeroise } from "@persona-protocol/sdk/crypto";
import { PersonaError } from "@persona-protocol/sdk/errors";
import { type Address, createPublicClient, getAddress, http, isAddress, toHex } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { createChainClient } from "../../chain/connectChain.ts";
import { askPassphrase } from "../ask.ts";
import { parseUrl } from "../importOptions.ts";
import { unlockKeystore } from "../keystore.ts";

/** Of commands that send: by whom, and to which chain. */
export type SenderFlags = {
  readonly rpc: string;
  readonly keystore: string;
  readonly passphraseFile?: string;
  readonly json: boolean;
};

/**
 * A client that pays, of whatever chain the endpoint serves, once a contract was seen at `address`.
 * @throws PersonaError USAGE, CHAIN_UNREACHABLE, DEPLOYMENT_UNKNOWN, KEYSTORE_*
 */
export async function openSender(flags: SenderFlags, address: Address): Promise<ChainClient> {
  const rpcUrl = parseUrl(flags.rpc);
  const [chainId, code] = await asked(rpcUrl, address);
  if (code === undefined) {
    throw new PersonaError("DEPLOYMENT_UNKNOWN", "There is no contract at that address.", {
      data: { address, chainId },
    });
  }
  const secret = await unlockKeystore(flags.keystore, "account", await askPassphrase(flags.passphraseFile, "account"));
  try {
    return createChainClient({ rpcUrl, chainId, account: privateKeyToAccount(toHex(secret)) });
  } finally {
    zeroise(secret);
  }
}

async function asked(rpcUrl: string, address: Address) {
  const client = createPublicClient({ transport: http(rpcUrl, { retryCount: 0, timeout: 15_000 }) });
  try {
    return await Promise.all([client.getChainId(), client.getCode({ address })]);
  } catch (cause) {
    throw new PersonaError("CHAIN_UNREACHABLE", "The chain endpoint does not answer.", { data: { rpcUrl }, cause });
  }
}

/** @throws PersonaError USAGE */
export function contractFlag(text: string, flag: string): Address {
  if (isAddress(text, { strict: false })) return getAddress(text);
  throw new PersonaError("USAGE", `${flag} takes an address.`, { data: { got: text } });
}
