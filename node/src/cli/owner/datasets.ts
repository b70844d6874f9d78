import { openPersona } from "../openPersona.ts";
import { show } from "../show.ts";
import { type WhoseFlags, whose } from "./whose.ts";

/** `persona datasets`: what an account owns, as the chain tells it. Names are in its owner's records alone. */
export async function datasets(flags: WhoseFlags): Promise<void> {
  const owner = await whose(flags);
  const { account: _, ...look } = flags;
  const persona = await openPersona(look);
  const found = await persona.datasetsOf(owner);
  show(flags.json, { owner, datasets: found }, [
    found.length === 0 ? `${owner} owns no dataset here.` : `datasets of ${owner}`,
    ...found.map(
      ({ datasetId, status, version, keyEpoch }) =>
        `  ${datasetId}  ${status}, version ${version}, key epoch ${keyEpoch}`,
    ),
  ]);
}
