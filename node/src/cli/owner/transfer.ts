import { PersonaError } from "@persona-protocol/sdk/errors";
import { confirm } from "../ask.ts";
import { readStoredDataset } from "../datasetRecord.ts";
import { openPersona, type PersonaFlags } from "../openPersona.ts";
import { parseHex32 } from "../parse.ts";
import { parseAddress } from "../recovery/recoveryFlags.ts";
import { show } from "../show.ts";

/** `persona transfer RECORD --to ADDRESS` offers; `persona transfer ID --accept` takes, two days later at the earliest. */
export async function transfer(
  what: string,
  flags: PersonaFlags & { readonly to?: string; readonly accept?: boolean; readonly yes?: boolean },
): Promise<void> {
  if ((flags.to === undefined) === (flags.accept !== true))
    throw new PersonaError("USAGE", "Say --to with the new owner's address, or --accept for what was offered to you.");
  const persona = await openPersona(flags);
  if (flags.to === undefined) {
    const datasetId = parseHex32(what, "The dataset's id");
    const { hash } = await persona.acceptDatasetAndWait({ datasetId });
    return show(flags.json, { datasetId, transaction: hash }, [
      `${datasetId} is yours. Its former owner has what it has read, and its keys: publish a version in the new key epoch.`,
    ]);
  }
  const to = parseAddress(flags.to, "--to");
  const { dataset } = await readStoredDataset(what);
  await confirm(`${to} can take the dataset in two days, and you cannot get it back.`, flags);
  const { datasetId } = dataset;
  const { hash } = await persona.offerDatasetAndWait({ datasetId, to });
  show(flags.json, { datasetId, to, transaction: hash }, [
    `${datasetId} is offered to ${to}, who can take it in two days: persona transfer ${datasetId} --accept`,
  ]);
}
