import { randomUUID } from "node:crypto";
import { rename } from "node:fs/promises";
import type { Deployment } from "@persona-protocol/sdk/contracts";
import { zeroise } from "@persona-protocol/sdk/crypto";
import { isPersonaError, PersonaError } from "@persona-protocol/sdk/errors";
import { type BlobStore, createReplicatedStore } from "@persona-protocol/sdk/storage";
import { toHex } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { createLocalIpfs, openStores } from "../storage/index.ts";
import { askPassphrase } from "./ask.ts";
import { type Connected, connectAll } from "./connectAll.ts";
import { writeNewFile } from "./files.ts";
import type { AccountOptions, StoreOptions } from "./importOptions.ts";
import { unlockKeystore } from "./keystore.ts";
import { readNetwork } from "./networkFolder.ts";

/** The owner's account on a chain that answers, with ether to pay for a transaction. */
export async function connectAccount(
  options: AccountOptions & StoreOptions,
): Promise<Connected & { readonly deployment: Deployment }> {
  const deployment = await readNetwork(options);
  const passphrase = await askPassphrase(options.accountPassphraseFile, "account");
  const secret = await unlockKeystore(options.account, "account", passphrase);
  const account = privateKeyToAccount(toHex(secret));
  zeroise(secret);
  const { client, nodes } = await connectAll(options.rpc, { deployment, account });
  if ((await client.getBalance({ address: account.address })) === 0n) {
    throw new PersonaError("GAS_INSUFFICIENT", "The account has no ether to pay for the transaction.", {
      data: { account: account.address },
    });
  }
  return { client, nodes, deployment };
}

export async function openTarget({ storeDir, storesFile }: StoreOptions): Promise<BlobStore> {
  if (storesFile === undefined) return createLocalIpfs({ path: storeDir });
  return createReplicatedStore(await openStores(storesFile));
}

/** The file is ours and whole at every moment. */
export async function replaceFile(path: string, text: string): Promise<void> {
  const next = `${path}.${randomUUID()}`;
  await writeNewFile(next, text);
  await rename(next, path);
}

/** What failed after the record was written may have come after the registration too. */
export function withRecord(
  error: unknown,
  { out, datasetId }: { readonly out: string; readonly datasetId: string },
): Error {
  const known = isPersonaError(error)
    ? error
    : new PersonaError("INTERNAL", error instanceof Error ? error.name : String(error), { cause: error });
  return new PersonaError(
    known.code,
    `${known.shortMessage} The dataset's record is kept, its registration not confirmed: throw it away only when the chain has no such dataset.`,
    { data: { ...known.data, datasetId, record: out }, cause: error },
  );
}
