import { zeroise } from "@persona-protocol/sdk/crypto";
import { PersonaError } from "@persona-protocol/sdk/errors";
import { generateOwnerRootKey, type KeystoreKind, openKeystore, sealKeystore } from "@persona-protocol/sdk/storage";
import { type Hex, hexToBytes } from "viem";
import { generatePrivateKey } from "viem/accounts";
import { askNewPassphrase } from "./ask.ts";
import { readSmallFile, requireNewFile, writeNewFile } from "./files.ts";
import { jsonLine } from "./jsonLine.ts";
import { printable } from "./runCommand.ts";

const maxKeystoreBytes = 16 * 1_024;

/** `persona keystore new`: a random secret under a passphrase, in a new file that only its owner reads. */
export async function keystoreNew(options: {
  readonly kind: string;
  readonly out: string;
  readonly passphraseFile?: string;
  readonly json: boolean;
}): Promise<void> {
  const { kind, out } = options;
  if (kind !== "account" && kind !== "owner-root") {
    throw new PersonaError("USAGE", "--kind takes account or owner-root.", { data: { kind } });
  }
  await requireNewFile(out);
  const secret = kind === "account" ? hexToBytes(generatePrivateKey()) : generateOwnerRootKey();
  try {
    const publicKeyId = await createKeystore({
      kind,
      secret,
      out,
      passphrase: await askNewPassphrase(options.passphraseFile, kind === "account" ? "account" : "root key's"),
    });
    // The id of an account's keystore is its address, left-padded.
    const id = kind === "account" ? { address: `0x${publicKeyId.slice(-40)}` } : { publicKeyId };
    const [name, value] = Object.entries(id)[0] ?? [];
    process.stdout.write(
      options.json
        ? jsonLine({ ok: true, kind, file: out, ...id })
        : `${kind} keystore ${printable(out)}\n${name} ${value}\nKeep a copy: without file and passphrase its key is lost.\n`,
    );
  } finally {
    zeroise(secret);
  }
}

/** @returns the id of the key's public part */
export async function createKeystore(parameters: {
  readonly kind: KeystoreKind;
  readonly secret: Uint8Array;
  readonly passphrase: string;
  readonly out: string;
}): Promise<Hex> {
  const { out, ...content } = parameters;
  const keystore = await sealKeystore(content);
  await writeNewFile(out, `${JSON.stringify(keystore, null, 2)}\n`);
  return keystore.publicKeyId;
}

/** The secret in a keystore file; the caller zeroises it. @throws PersonaError KEYSTORE_INVALID, KEYSTORE_PASSPHRASE_WRONG */
export async function unlockKeystore(file: string, kind: KeystoreKind, passphrase: string): Promise<Uint8Array> {
  const text = await readSmallFile(file, maxKeystoreBytes, "KEYSTORE_INVALID");
  const opened = await openKeystore(text, passphrase);
  if (opened.kind === kind) return opened.secret;
  zeroise(opened.secret);
  throw new PersonaError("KEYSTORE_INVALID", `${file} is a keystore of another kind.`, {
    data: { file, got: opened.kind, wanted: kind },
  });
}
