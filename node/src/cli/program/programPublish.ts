import { join } from "node:path";
import { PersonaError } from "@persona-protocol/sdk/errors";
import { type BlobStore, confirmStored, createReplicatedStore } from "@persona-protocol/sdk/storage";
import { createLocalIpfs, openStores } from "../../storage/index.ts";
import { jsonLine } from "../jsonLine.ts";
import { summaryOf, tableOf } from "./programBuild.ts";
import { readProgram } from "./programFile.ts";

/** `persona program publish PROGRAM`: manifest and code are stored, pinned and read back. */
export async function programPublish(
  file: string,
  flags: { readonly network?: string; readonly stores?: string; readonly json: boolean },
): Promise<void> {
  const program = await readProgram(file);
  const store = await openTarget(flags);
  for (const block of [program.codeBlock, program.manifestBytes]) await store.putBlock(block, "dag-cbor");
  // The manifest links to its code.
  await store.pin(program.manifestCid);
  await confirmStored(store, [program.manifest.code, program.manifestCid]);
  const said = summaryOf(program);
  process.stdout.write(flags.json ? jsonLine({ ok: true, ...said }) : `${tableOf(said)}\n`);
}

async function openTarget(flags: { readonly network?: string; readonly stores?: string }): Promise<BlobStore> {
  if ((flags.network === undefined) === (flags.stores === undefined))
    throw new PersonaError("USAGE", "Say where to publish to: --network or --stores, one of them.");
  if (flags.network !== undefined) return createLocalIpfs({ path: join(flags.network, "ipfs") });
  const { stores, wanted } = await openStores(flags.stores ?? "");
  return createReplicatedStore({ stores, wanted });
}
