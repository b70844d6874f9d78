import { aeadOpen, aeadSeal, hkdfSha256, keyIdOf, utf8, zeroise } from "@persona-protocol/sdk/crypto";
import { generateOwnerRootKey, ownerKemKeyPair } from "@persona-protocol/sdk/storage";
import type { Address, Hex } from "viem";
import { keep, readKept } from "./database.ts";
import { keptLocks, type Lock, openLock, type Place, replaceLocks } from "./locks.ts";
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

/**
 * A new root key, or one that came back from a kit, under a lock. A key that is here already is never replaced by another: with it
 * everything would be lost that it alone opens. What it has sealed here stays, with what came back added.
 */
export async function createVault(
  place: Place,
  lock: Lock,
  restored?: { readonly rootKey: Uint8Array; readonly records: readonly DatasetRecord[] },
): Promise<Vault> {
  return oneAtATime(place, async () => {
    const isHere = (await keptLocks(place)).length > 0;
    if (isHere && restored === undefined)
      throw new Error("This device has a key of this account already: unlock it, or restore it from its kit");
    const rootKey = restored?.rootKey ?? generateOwnerRootKey();
    const there = isHere ? await readContent(place, rootKey).catch(refuseAnother) : nothing;
    const isNew = ({ dataset }: DatasetRecord) =>
      !there.records.some((each) => each.dataset.datasetId === dataset.datasetId);
    const content = { ...there, records: [...there.records, ...(restored?.records ?? []).filter(isNew)] };
    await replaceLocks(place, rootKey, lock);
    await seal(place, rootKey, content);
    return remember(place, rootKey, content);
  });
}

function refuseAnother(): never {
  throw new Error("The kit is of another key than the one on this device: unlock that one, and make its kit, first");
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

/** Changes what is kept, on top of what another tab may have kept meanwhile. Locked in the midst of it, it still ends. */
export async function changeVault(place: Place, change: (content: VaultContent) => VaultContent): Promise<void> {
  await oneAtATime(place, () =>
    withRootKey(place, async (rootKey, vault) => {
      const there = (await readSealed(place)) === undefined ? vault.content : await readContent(place, rootKey);
      const content = change(there);
      await seal(place, rootKey, content);
      const now = opened.get(keyOf(place));
      if (now !== undefined) opened.set(keyOf(place), { ...now, content });
    }),
  );
  tell();
  channel?.postMessage(keyOf(place));
}

/**
 * For who needs the root key itself: a kit, a backup, opening an own dataset. The key is a copy, zeroised afterwards: locking the vault
 * meanwhile overwrites the other one, and nothing may be sealed under what that leaves.
 */
export async function withRootKey<T>(
  place: Place,
  work: (rootKey: Uint8Array, vault: Vault) => Promise<T>,
): Promise<T> {
  const vault = opened.get(keyOf(place));
  if (vault === undefined) throw new Error("Your private records are locked.");
  const copy = Uint8Array.from(vault.rootKey);
  try {
    return await work(copy, vault);
  } finally {
    zeroise(copy);
  }
}

/** In all tabs. */
const oneAtATime = <T>(place: Place, work: () => Promise<T>): Promise<T> =>
  navigator.locks.request(`persona-portal ${keyOf(place)}`, work);

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

/** Another tab has changed what is kept: read it again, with the key that this tab has, unless it is locked meanwhile. */
channel?.addEventListener("message", ({ data }) => {
  const key = String(data);
  const vault = opened.get(key);
  if (vault === undefined) return;
  const place = { chainId: Number(key.split(" ")[0]), owner: vault.owner };
  void withRootKey(place, (rootKey) => readContent(place, rootKey)).then(
    (content) => {
      if (opened.get(key) !== vault) return;
      opened.set(key, { ...vault, content });
      tell();
    },
    () => opened.get(key) === vault && lockVault(place),
  );
});
