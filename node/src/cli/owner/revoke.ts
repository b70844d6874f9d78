import { PersonaError } from "@persona-protocol/sdk/errors";
import { confirm } from "../ask.ts";
import { openPersona, type PersonaFlags, readGrantFile } from "../openPersona.ts";
import { show } from "../show.ts";

/** `persona revoke FILE`, `persona revoke --all`: ends grants for ever, also those that were signed and never used. */
export async function revoke(
  file: string | undefined,
  flags: PersonaFlags & { readonly all?: boolean; readonly yes?: boolean },
): Promise<void> {
  if ((file === undefined) === (flags.all !== true))
    throw new PersonaError("USAGE", "Say which grant (its file), or --all.");
  const granted = file === undefined ? undefined : await readGrantFile(file);
  const persona = await openPersona(flags);
  await confirm(
    granted === undefined
      ? `Every grant of ${persona.client.account.address} ends for ever.`
      : `The grant to ${granted.terms.grantee} ends for ever.`,
    flags,
  );
  const { hash } = granted === undefined ? await persona.revokeAllAndWait() : await persona.revokeAndWait(granted);
  show(flags.json, { transaction: hash, all: granted === undefined }, [
    `${granted === undefined ? "all grants" : "the grant"} revoked, in transaction ${hash}`,
    "Keys that were released before cannot be called back.",
  ]);
}
