import {
  createPasskey,
  type Keystore,
  openKeystore,
  openPasskeyKeystore,
  type PasskeyAuthenticator,
  parseKeystore,
  sealKeystore,
  sealPasskeyKeystore,
} from "@persona-protocol/sdk/storage";
import type { Address } from "viem";
import { keep, letGo, readKept } from "./database.ts";

export type Place = { readonly chainId: number; readonly owner: Address };

/** What opens the root key on this device: a keystore for each, of the same key. */
export type Lock = { readonly kind: "passphrase"; readonly passphrase: string } | { readonly kind: "passkey" };
export type LockKind = Lock["kind"];
const kinds: readonly LockKind[] = ["passphrase", "passkey"];

/** Of this host alone, and of no other on it: a browser gives passkeys to names, and to addresses none. */
export const canHavePasskey = (): boolean =>
  "PublicKeyCredential" in globalThis && isSecureContext && !/^\[|^[\d.]+$/.test(location.hostname);

const nameOf = ({ owner }: Place, kind: LockKind) => owner.toLowerCase() + (kind === "passkey" ? " passkey" : "");

/** Which locks the key has here; none where there is no key. */
export async function keptLocks(place: Place): Promise<readonly LockKind[]> {
  const kept = await Promise.all(kinds.map(async (kind) => (await read(place, kind)) !== undefined));
  return kinds.filter((_, i) => kept[i]);
}

/** @throws PersonaError KEYSTORE_PASSKEY_FAILED */
export async function addLock(place: Place, rootKey: Uint8Array, lock: Lock): Promise<void> {
  await keep(place.chainId, "keystores", nameOf(place, lock.kind), await seal(place, rootKey, lock));
}

/** Never the last one: another tab may have taken the other away. */
export async function removeLock(place: Place, kind: LockKind): Promise<void> {
  const others = (await keptLocks(place)).filter((each) => each !== kind);
  if (others.length > 0) await letGo(place.chainId, "keystores", nameOf(place, kind));
}

/** The one lock of a key that is new here: what opened another key opens nothing any more. */
export async function replaceLocks(place: Place, rootKey: Uint8Array, lock: Lock): Promise<void> {
  // The passkey is asked before anything is taken away: who declines has lost nothing.
  const keystore = await seal(place, rootKey, lock);
  await keep(place.chainId, "keystores", nameOf(place, lock.kind), keystore);
  for (const kind of kinds) if (kind !== lock.kind) await removeLock(place, kind);
}

/** The root key, which the caller zeroises. @throws PersonaError KEYSTORE_PASSPHRASE_WRONG, KEYSTORE_PASSKEY_FAILED */
export async function openLock(place: Place, lock: Lock): Promise<Uint8Array> {
  const keystore = await read(place, lock.kind);
  if (keystore === undefined) throw new Error("There is no such key of this account on this device");
  const { secret } =
    lock.kind === "passkey"
      ? await openPasskeyKeystore(keystore, authenticator())
      : await openKeystore(keystore, lock.passphrase);
  return secret;
}

async function read(place: Place, kind: LockKind): Promise<Keystore | undefined> {
  const kept = await readKept(place.chainId, "keystores", nameOf(place, kind));
  return kept === undefined ? undefined : parseKeystore(kept);
}

async function seal({ owner, chainId }: Place, secret: Uint8Array, lock: Lock): Promise<Keystore> {
  if (lock.kind === "passphrase") return sealKeystore({ kind: "owner-root", secret, passphrase: lock.passphrase });
  const site = { rpId: location.hostname, userName: `${owner.slice(0, 6)}…${owner.slice(-4)} on chain ${chainId}` };
  const passkey = await createPasskey(authenticator(), site);
  return sealPasskeyKeystore({ kind: "owner-root", secret, passkey, authenticator: authenticator() });
}

const authenticator = () => navigator.credentials as unknown as PasskeyAuthenticator;
