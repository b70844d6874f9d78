import { createHash } from "node:crypto";
import { readSmallBytes } from "../files.ts";
import { openPersona, type PersonaFlags } from "../openPersona.ts";
import { show } from "../show.ts";

const maxMetadataBytes = 1_024 * 1_024;

/** `persona app register`: an app whose name owners are shown. Its domain is claimed until an attestor has proved it. */
export async function appRegister(
  flags: PersonaFlags & { readonly name: string; readonly domain: string; readonly metadata: string },
): Promise<void> {
  const metadata = await readSmallBytes(flags.metadata, maxMetadataBytes, "CONFIG_INVALID");
  const metadataDigest = `0x${createHash("sha256").update(metadata).digest("hex")}` as const;
  const persona = await openPersona(flags);
  const { name, domain } = flags;
  const { appId, hash } = await persona.registerAppAndWait({ name, domain, metadataDigest });
  show(flags.json, { appId, name, domain, metadataDigest, transaction: hash }, [
    `app ${appId}`,
    `its domain ${domain} is claimed, not proved: docs/protocol.md 4.7 says how it is`,
  ]);
}
