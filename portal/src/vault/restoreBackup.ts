import type { PersonaClient } from "@persona-protocol/sdk";
import { backupOf } from "@persona-protocol/sdk/access";
import { contractCall, ownerKeysAbi } from "@persona-protocol/sdk/contracts";
import { loadOwnerBackup, openRecoveryKit, storeOwnerBackup } from "@persona-protocol/sdk/storage";
import { type Address, type Hex, isAddressEqual, zeroHash } from "viem";
import { type DatasetRecord, forBackup } from "./records.ts";

export type Restored = { readonly rootKey: Uint8Array; readonly records: readonly DatasetRecord[] };

/** The root key of a kit, and the records that its owner has kept in a store under it. The caller zeroises the key. */
export async function restoreFromKit(
  persona: PersonaClient,
  { owner, kit, passphrase }: { readonly owner: Address; readonly kit: string; readonly passphrase: string },
): Promise<Restored> {
  const opened = await openRecoveryKit(kit, passphrase === "" ? undefined : passphrase);
  if (!isAddressEqual(opened.owner, owner) || opened.chainId !== persona.deployment.chainId)
    throw new Error("The kit is of another account or another network");
  return { rootKey: opened.rootKey, records: await loadRecords(persona, owner, opened.rootKey) };
}

export async function loadRecords(
  persona: PersonaClient,
  owner: Address,
  rootKey: Uint8Array,
): Promise<readonly DatasetRecord[]> {
  const digest = await backupOf(persona.client, persona.deployment, owner);
  if (digest === zeroHash) return [];
  const bytes = await loadOwnerBackup(persona.store, rootKey, digest);
  return JSON.parse(new TextDecoder().decode(bytes)) as readonly DatasetRecord[];
}

/** Seals the records under the root key and stores them. What makes it findable is the transaction that names its digest. */
export async function storeBackup(
  persona: PersonaClient,
  rootKey: Uint8Array,
  records: readonly DatasetRecord[],
): Promise<Hex> {
  const content = new TextEncoder().encode(JSON.stringify(records.map(forBackup)));
  return storeOwnerBackup(persona.store, rootKey, content);
}

export const setBackupCall = ({ deployment }: PersonaClient, digest: Hex) =>
  contractCall({ address: deployment.ownerKeys, abi: ownerKeysAbi, functionName: "setBackup", args: [digest] });
