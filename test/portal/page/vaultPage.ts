import { generateOwnerRootKey } from "@persona-protocol/sdk/storage";
import type { Address } from "viem";
import {
  changeVault,
  createVault,
  lockVault,
  openedVault,
  unlockVault,
  type VaultContent,
  withRootKey,
} from "../../../portal/src/vault/vault.ts";

const owner: Address = "0x00000000000000000000000000000000000000A1";
const place = { chainId: 31_337, owner };
const lock = { kind: "passphrase", passphrase: "four words of a person" } as const;

const withHead = (content: VaultContent, name: string) => ({ ...content, heads: { ...content.heads, [name]: "1" } });

export const create = async (): Promise<string> => (await createVault(place, lock)).rootKeyId;

/** Locks it between reading what is kept and sealing what it becomes. What is there afterwards, and whether it was open meanwhile. */
export async function lockWhileSaving(): Promise<{ wasOpen: boolean; kept: readonly string[] }> {
  await changeVault(place, (content) => withHead(content, "before"));
  await changeVault(place, (content) => {
    lockVault(place);
    return withHead(content, "meanwhile");
  });
  const wasOpen = openedVault(place) !== undefined;
  const { content } = await unlockVault(place, lock);
  return { wasOpen, kept: Object.keys(content.heads) };
}

/** Another tab says that something has changed, and this one is locked before it has read it. */
export async function lockWhileHearing(): Promise<boolean> {
  const [other, after] = [new BroadcastChannel("persona-portal-vault"), new BroadcastChannel("persona-portal-vault")];
  // Made after the vault's own, so it hears after it.
  const heard = new Promise<void>((resolve) => {
    after.onmessage = () => {
      lockVault(place);
      resolve();
    };
  });
  other.postMessage(`${place.chainId} ${owner.toLowerCase()}`);
  await heard;
  await new Promise((resolve) => setTimeout(resolve, 200));
  other.close();
  after.close();
  return openedVault(place) !== undefined;
}

/** A second key where one is, new or out of a kit: what it says, and whose the vault is afterwards. */
export async function createAgain(fromKit: boolean): Promise<{ said: string; rootKeyId: string }> {
  const other = { kind: "passphrase", passphrase: "another passphrase" } as const;
  const restored = fromKit ? { rootKey: generateOwnerRootKey(), records: [] } : undefined;
  const said = await createVault(place, other, restored).then(
    () => "made",
    (error: unknown) => String(error),
  );
  lockVault(place);
  return { said, rootKeyId: (await unlockVault(place, lock)).rootKeyId };
}

/** Who has forgotten the passphrase comes back with the kit: what is kept here after it, under the new one. */
export async function restoreHere(): Promise<readonly string[]> {
  const kit = await withRootKey(place, async (rootKey) => Uint8Array.from(rootKey));
  await changeVault(place, (content) => withHead(content, "before"));
  lockVault(place);
  const other = { kind: "passphrase", passphrase: "another passphrase" } as const;
  await createVault(place, other, { rootKey: kit, records: [] });
  lockVault(place);
  return Object.keys((await unlockVault(place, other)).content.heads);
}
