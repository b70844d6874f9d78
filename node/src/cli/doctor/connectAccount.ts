import { resolve } from "node:path";
import type { ChainClient, Deployment } from "@persona-protocol/sdk/contracts";
import { zeroise } from "@persona-protocol/sdk/crypto";
import { toHex } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { connectChain } from "../../chain/connectChain.ts";
import { askPassphrase } from "../ask.ts";
import { parseUrl } from "../importOptions.ts";
import { unlockKeystore } from "../keystore.ts";
import type { DoctorFlags } from "./doctor.ts";

/** @throws PersonaError KEYSTORE_*, CHAIN_* */
export async function connectAccount(
  flags: DoctorFlags & { readonly rpc: string },
  deployment: Deployment,
): Promise<ChainClient> {
  const passphrase = await askPassphrase(flags.passphraseFile, "account");
  const secret = await unlockKeystore(resolve(flags.account ?? ""), "account", passphrase);
  try {
    return await connectChain({ rpcUrl: parseUrl(flags.rpc), deployment, account: privateKeyToAccount(toHex(secret)) });
  } finally {
    zeroise(secret);
  }
}
