import { PersonaError } from "@persona-protocol/sdk/errors";
import { parseKeystore } from "@persona-protocol/sdk/storage";
import { type Address, getAddress } from "viem";
import { readSmallFile } from "../files.ts";
import type { PersonaFlags } from "../openPersona.ts";
import { parseAddress } from "../recovery/recoveryFlags.ts";

export type WhoseFlags = Omit<PersonaFlags, "account" | "passphraseFile"> & {
  readonly owner?: string;
  /** A keystore, which is not opened: its address stands in it. */
  readonly account?: string;
};

/** @throws PersonaError USAGE, KEYSTORE_INVALID */
export async function whose({ owner, account }: WhoseFlags): Promise<Address> {
  if (owner !== undefined) return parseAddress(owner, "--owner");
  if (account === undefined)
    throw new PersonaError("USAGE", "Say whose: --owner with an address, or --account with a keystore.");
  const { kind, publicKeyId } = parseKeystore(await readSmallFile(account, 16 * 1_024, "KEYSTORE_INVALID"));
  if (kind === "account") return getAddress(`0x${publicKeyId.slice(-40)}`);
  throw new PersonaError("KEYSTORE_INVALID", `${account} is a keystore of another kind.`, {
    data: { got: kind, wanted: "account" },
  });
}
