import { toHex } from "@persona-protocol/sdk/crypto";
import { isPersonaError } from "@persona-protocol/sdk/errors";
import {
  createPasskey,
  generateOwnerRootKey,
  openPasskeyKeystore,
  type Passkey,
  type PasskeyAuthenticator,
  parseKeystore,
  sealPasskeyKeystore,
} from "@persona-protocol/sdk/storage";
import type { Hex } from "viem";

const { credentials } = globalThis.navigator as unknown as { credentials: PasskeyAuthenticator };

/** Results are values, so that a code arrives as it is. */
type Outcome<T> = { readonly value: T } | { readonly code: string };

export const create = (rpId: string): Promise<Outcome<Passkey>> =>
  outcome(() => createPasskey(credentials, { rpId, userName: "ann" }));

export const sealNewKey = (passkey: Passkey): Promise<Outcome<{ secret: Hex; file: string }>> =>
  outcome(async () => {
    const secret = generateOwnerRootKey();
    const keystore = await sealPasskeyKeystore({ kind: "owner-root", secret, passkey, authenticator: credentials });
    return { secret: toHex(secret), file: JSON.stringify(keystore) };
  });

export const openFile = (file: string): Promise<Outcome<Hex>> =>
  outcome(async () => toHex((await openPasskeyKeystore(file, credentials)).secret));

/** The file as if another credential had made it. */
export const move = (file: string, passkey: Passkey): string => {
  const keystore = parseKeystore(file);
  return JSON.stringify({ ...keystore, kdf: { ...keystore.kdf, ...passkey } });
};

async function outcome<T>(work: () => Promise<T>): Promise<Outcome<T>> {
  try {
    return { value: await work() };
  } catch (error) {
    if (!isPersonaError(error)) throw error;
    return { code: error.code };
  }
}
