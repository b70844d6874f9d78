import { PersonaError } from "@persona-protocol/sdk/errors";
import { confirm } from "../ask.ts";
import { readStoredDataset } from "../datasetRecord.ts";
import { openPersona, type PersonaFlags } from "../openPersona.ts";
import { show } from "../show.ts";

/** `persona erase RECORD`: begins an erasure, takes it back while it can be, or makes it final. */
export async function erase(
  record: string,
  flags: PersonaFlags & { readonly restore?: boolean; readonly conclude?: boolean; readonly yes?: boolean },
): Promise<void> {
  if (flags.restore === true && flags.conclude === true)
    throw new PersonaError("USAGE", "Say --restore or --conclude, not both.");
  const { dataset } = await readStoredDataset(record);
  const persona = await openPersona(flags);
  const { datasetId } = dataset;
  if (flags.restore === true) {
    const { hash } = await persona.restoreDatasetAndWait(dataset);
    return show(flags.json, { datasetId, transaction: hash, status: "active" }, [`${datasetId} is restored.`]);
  }
  const final = flags.conclude === true;
  await confirm(
    final
      ? "The dataset is erased for good: nobody can use it again."
      : "All grants of the dataset stop at once, and in a week it can be erased for good.",
    flags,
  );
  const { hash } = await (final ? persona.concludeErasureAndWait(dataset) : persona.eraseDatasetAndWait(dataset));
  show(flags.json, { datasetId, transaction: hash, status: final ? "erased" : "erasing" }, [
    final
      ? `${datasetId} is erased.`
      : `${datasetId} is being erased. persona erase --restore takes it back for a week.`,
  ]);
}
