import { aeadOpen, aeadSeal, hkdfSha256, keyIdOf, utf8, zeroise } from "@persona-protocol/sdk/crypto";
import { generateOwnerRootKey, ownerKemKeyPair } from "@persona-protocol/sdk/storage";
import type { Address, Hex } from "viem";
import { keep, readKept } from "./database.ts";
import { type Lock, openLock, type Place, replaceLocks } from "./locks.ts";
import type { DatasetRecord } from "./records.ts";

/**
 * An owner's private things on this device: the root key under its locks, and what is sealed under it. Open from the unlocking until the
 * page is closed or locked; the root key is in this page's memory for so long, and nowhere else in clear.
 */
export type VaultContent = {
  readonly records: readonly DatasetRecord[];
  /** Heads of guardians' logs, by dataset and guardian: a log that is shown again must begin with what was seen. */
  readonly heads: Readonly<Record<string, string>>;
};

export type Vault = {
  readonly owner: Address;
  readonly rootKeyId: Hex;
  readonly publicKey: Uint8Array;
  readonly content: VaultContent;
};

type Opened = Vault & { readonly rootKey: Uint8Array };

const nothing: VaultContent = { records: [], heads: {} };
const opened = new Map<string, Opened>();
const listeners = new Set<() => void>();
const channel = "BroadcastChannel" in globalThis ? new BroadcastChannel("persona-portal-vault") : undefined;

const keyOf = ({ chainId, owner }: Place) => `${chainId} ${owner.toLowerCase()}`;
const nameOf = ({ owner }: Place) => owner.toLowerCase();

export function subscribeVault(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export const openedVault = (place: Place): Vault | undefined => opened.get(keyOf(place));

/** A new root key, or one that came back from a kit, under a lock. What lay here under another key is replaced. */
export async function createVault(
  place: Place,
  lock: Lock,
  restored?: { readonly rootKey: Uint8Array; readonly records: readonly DatasetRecord[] },
): Promise<Vault> {
  const rootKey = restored?.rootKey ?? generateOwnerRootKey();
  const content = { ...nothing, records: restored?.records ?? [] };
  await replaceLocks(place, rootKey, lock);
  await seal(place, rootKey, content);
  return remember(place, rootKey, content);
}

/** @throws PersonaError KEYSTORE_PASSPHRASE_WRONG, KEYSTORE_PASSKEY_FAILED */
export async function unlockVault(place: Place, lock: Lock): Promise<Vault> {
  const rootKey = await openLock(place, lock);
  return remember(place, rootKey, await readContent(place, rootKey));
}

export function lockVault(place: Place): void {
  const vault = opened.get(keyOf(place));
  if (vault === undefined) return;
  opened.delete(keyOf(place));
  zeroise(vault.rootKey);
  tell();
}

/** Changes what is kept, on top of what another tab may have kept meanwhile: one tab at a time. */
export async function changeVault(place: Place, change: (content: VaultContent) => VaultContent): Promise<void> {
  await navigator.locks.request(`persona-portal ${keyOf(place)}`, async () => {
    const vault = opened.get(keyOf(place));
    if (vault === undefined) throw new Error("Your private records are locked.");
    const there = (await readSealed(place)) === undefined ? vault.content : await readContent(place, vault.rootKey);
    const content = change(there);
    await seal(place, vault.rootKey, content);
    opened.set(keyOf(place), { ...vault, content });
  });
  tell();
  channel?.postMessage(keyOf(place));
}

/** For who needs the root key itself: a kit, a backup, opening an own dataset. The key is a copy, zeroised afterwards. */
export async function withRootKey<T>(place: Place, work: (rootKey: Uint8Array) => Promise<T>): Promise<T> {
  const vault = opened.get(keyOf(place));
  if (vault === undefined) throw new Error("Your private records are locked.");
  const copy = Uint8Array.from(vault.rootKey);
  try {
    return await work(copy);
  } finally {
    zeroise(copy);
  }
}

async function remember(place: Place, rootKey: Uint8Array, content: VaultContent): Promise<Vault> {
  const { publicKey, privateKey } = await ownerKemKeyPair(rootKey);
  zeroise(privateKey);
  const vault = { owner: place.owner, rootKeyId: keyIdOf(publicKey), publicKey, content, rootKey };
  opened.set(keyOf(place), vault);
  tell();
  return vault;
}

async function readSealed(place: Place): Promise<Uint8Array | undefined> {
  const kept = await readKept(place.chainId, "sealed", nameOf(place));
  return kept instanceof Uint8Array ? kept : undefined;
}

async function readContent(place: Place, rootKey: Uint8Array): Promise<VaultContent> {
  const sealed = await readSealed(place);
  if (sealed === undefined) return nothing;
  const key = contentKey(rootKey);
  try {
    const text = new TextDecoder().decode(await aeadOpen({ key, sealed, aad: utf8(keyOf(place)) }));
    return JSON.parse(text) as VaultContent;
  } finally {
    zeroise(key);
  }
}

async function seal(place: Place, rootKey: Uint8Array, content: VaultContent): Promise<void> {
  const key = contentKey(rootKey);
  try {
    const sealed = await aeadSeal({ key, plaintext: utf8(JSON.stringify(content)), aad: utf8(keyOf(place)) });
    await keep(place.chainId, "sealed", nameOf(place), sealed);
  } finally {
    zeroise(key);
  }
}

const contentKey = (rootKey: Uint8Array) =>
  hkdfSha256({ ikm: rootKey, info: utf8("persona/portal-records/v1"), length: 32 });

function tell(): void {
  for (const listener of listeners) listener();
}

/** Another tab has changed what is kept: read it again, with the key that this tab has. */
channel?.addEventListener("message", ({ data }) => {
  const vault = opened.get(String(data));
  if (vault === undefined) return;
  const [chainId = "0"] = String(data).split(" ");
  const place = { chainId: Number(chainId), owner: vault.owner };
  void readContent(place, vault.rootKey).then(
    (content) => {
      opened.set(String(data), { ...vault, content });
      tell();
    },
    () => lockVault(place),
  );
});
