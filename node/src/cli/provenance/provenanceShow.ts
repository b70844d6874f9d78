import { createChainView } from "@persona-protocol/sdk/contracts";
import type { Hex } from "viem";
import { openPersona, type PersonaFlags } from "../openPersona.ts";
import { parseHex32 } from "../parse.ts";
import { show } from "../show.ts";
import { datasetProvenance, type OriginFlags } from "./datasetOrigin.ts";
import { reportOrigin } from "./reportOrigin.ts";

/**
 * `persona provenance show WHAT`: of an ended job its inputs, program, node and result, as a tree; of a dataset (by its id, or by the
 * owner's record of it) where each segment comes from, and who says so.
 */
export async function provenanceShow(what: string, flags: PersonaFlags & OriginFlags): Promise<void> {
  const persona = await openPersona(flags);
  const id = what.startsWith("0x") ? parseHex32(what, "The id of a dataset or a job") : undefined;
  if (id === undefined || (await isDataset(persona, id))) {
    const found = await datasetProvenance(persona, id === undefined ? { record: what } : { datasetId: id }, flags);
    return show(flags.json, { ...found }, reportOrigin(found));
  }
  const { text, ...tree } = await persona.provenance({ jobId: id });
  show(flags.json, tree, [text]);
}

async function isDataset({ client, deployment }: Awaited<ReturnType<typeof openPersona>>, id: Hex): Promise<boolean> {
  const chain = createChainView(client, deployment);
  const { number } = await chain.block("latest");
  return (await chain.dataset(id, number)).status !== "none";
}
