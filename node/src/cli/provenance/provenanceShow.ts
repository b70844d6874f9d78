import { openPersona, type PersonaFlags } from "../openPersona.ts";
import { parseHex32 } from "../parse.ts";
import { show } from "../show.ts";

/** `persona provenance show ID`: inputs, program, node and result of an ended job, as a tree. */
export async function provenanceShow(id: string, flags: PersonaFlags): Promise<void> {
  const persona = await openPersona(flags);
  const { text, ...tree } = await persona.provenance({ jobId: parseHex32(id, "A job's id") });
  show(flags.json, tree, [text]);
}
