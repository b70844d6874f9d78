import { join, resolve } from "node:path";
import { zeroise } from "@persona-protocol/sdk/crypto";
import { PersonaError } from "@persona-protocol/sdk/errors";
import { makeRecoveryKit, openRecoveryKit, ownerKemKeyPair } from "@persona-protocol/sdk/storage";
import { askNewPassphrase } from "../ask.ts";
import { readPassphrase, readSmallFile, requireNewFile, writeNewFile } from "../files.ts";
import { createKeystore } from "../keystore.ts";
import { readNetwork } from "../networkFolder.ts";
import { printable } from "../runCommand.ts";
import { encodeCard } from "./recoveryFiles.ts";
import {
  type AccountFlags,
  type KeyFlags,
  type OutputFlags,
  openAccount,
  openRootKey,
  parseAddress,
  tell,
} from "./recoveryFlags.ts";

/** `persona recovery kit`: the root key as text to print. Plain only where that was said. */
export async function recoveryKit(
  flags: KeyFlags &
    OutputFlags & {
      readonly network: string;
      readonly owner: string;
      readonly out: string;
      readonly plain?: boolean;
      readonly kitPassphraseFile?: string;
    },
): Promise<void> {
  const { out, plain = false, kitPassphraseFile } = flags;
  if (plain === (kitPassphraseFile !== undefined))
    throw new PersonaError(
      "USAGE",
      "Say either --kit-passphrase-file, or --plain for a kit that opens for every reader.",
    );
  await requireNewFile(out);
  const folder = resolve(flags.network);
  const { chainId, ownerKeys } = await readNetwork({
    deploymentFile: join(folder, "deployment.json"),
    storeDir: join(folder, "ipfs"),
  });
  const passphrase = kitPassphraseFile === undefined ? undefined : await readPassphrase(kitPassphraseFile);
  const rootKey = await openRootKey(flags);
  try {
    const ids = { chainId, ownerKeys, owner: parseAddress(flags.owner, "--owner"), rootKey };
    await writeNewFile(out, await makeRecoveryKit(passphrase === undefined ? ids : { ...ids, passphrase }));
  } finally {
    zeroise(rootKey);
  }
  tell(flags.json, { file: out, form: plain ? "plain" : "sealed" }, [
    `recovery kit ${printable(out)} (${plain ? "plain: whoever reads it can read your data" : "sealed"})`,
    "Print it, file it away from this device, and delete the file.",
  ]);
}

/** `persona recovery restore`: a keystore from a kit. */
export async function recoveryRestore(
  flags: KeyFlags & OutputFlags & { readonly kit: string; readonly kitPassphraseFile?: string },
): Promise<void> {
  await requireNewFile(flags.keystore);
  const text = await readSmallFile(flags.kit, 16_384, "RECOVERY_KIT_INVALID");
  const kitPassphrase =
    flags.kitPassphraseFile === undefined ? undefined : await readPassphrase(flags.kitPassphraseFile);
  const { rootKey, owner, rootKeyId } = await openRecoveryKit(text, kitPassphrase);
  try {
    const passphrase = await askNewPassphrase(flags.passphraseFile, "root key's");
    await createKeystore({ kind: "owner-root", secret: rootKey, passphrase, out: flags.keystore });
  } finally {
    zeroise(rootKey);
  }
  tell(flags.json, { keystore: flags.keystore, owner, rootKeyId }, [
    `keystore ${printable(flags.keystore)} with the root key of ${owner}`,
  ]);
}

/** `persona recovery card`: what others need to seal something to a key of one's own. */
export async function recoveryCard(
  flags: KeyFlags & AccountFlags & OutputFlags & { readonly out: string },
): Promise<void> {
  await requireNewFile(flags.out);
  const { address } = await openAccount(flags);
  const secret = await openRootKey(flags);
  const { publicKey, privateKey } = await ownerKemKeyPair(secret);
  zeroise(secret, privateKey);
  const text = encodeCard({ address, publicKey });
  await writeNewFile(flags.out, text);
  const { keyId } = JSON.parse(text);
  tell(flags.json, { file: flags.out, address, keyId }, [
    `card ${printable(flags.out)}`,
    `account ${address}`,
    `key ${keyId}`,
    "Compare account and key by voice with whom you give it to.",
  ]);
}
