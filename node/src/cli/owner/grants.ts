import { openPersona } from "../openPersona.ts";
import { isoTime, show } from "../show.ts";
import { type WhoseFlags, whose } from "./whose.ts";

/** `persona grants`: whom an account has granted what, as the chain tells it. */
export async function grants(flags: WhoseFlags & { readonly all?: boolean }): Promise<void> {
  const owner = await whose(flags);
  const { account: _, ...look } = flags;
  const persona = await openPersona(look);
  const all = await persona.grantsOf(owner);
  const found = flags.all === true ? all : all.filter(({ state }) => state === "active");
  show(flags.json, { owner, grants: found }, [
    found.length === 0 ? `${owner} has no ${flags.all === true ? "" : "active "}grant here.` : `grants of ${owner}`,
    ...found.flatMap(({ grantHash, grantee, datasetId, usesLeft, expiresAt, state }) => [
      `  ${grantHash}  ${state}`,
      `    to ${grantee}, ${usesLeft} uses left, until ${isoTime(expiresAt)}`,
      `    dataset ${datasetId}`,
    ]),
    "Grants that were signed and not used yet are not on the chain; persona revoke --all ends them, too.",
  ]);
}
