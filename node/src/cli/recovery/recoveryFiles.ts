import { KEM_PUBLIC_KEY_BYTES, keyIdOf } from "@persona-protocol/sdk/crypto";
import { PersonaError } from "@persona-protocol/sdk/errors";
import { type Address, getAddress, type Hex, isAddress } from "viem";
import { z } from "zod";
import { readSmallFile } from "../files.ts";

/** What is handed from one person to another, as JSON files. None of them is secret; a packet or answer opens for one key only. */
const maxFileBytes = 64 * 1_024;

/** A public key with the account that goes with it: a person's, or a new device's. */
export type Card = { readonly address: Address; readonly publicKey: Uint8Array; readonly keyId: Hex };

const cardSchema = z.strictObject({
  v: z.literal(1),
  kind: z.literal("persona-card"),
  address: z.string().refine((text) => isAddress(text), "not an address"),
  publicKey: z.base64(),
  keyId: z.string(),
});
const carried = (kind: string) => z.strictObject({ v: z.literal(1), kind: z.literal(kind), data: z.base64() });

export function encodeCard({ address, publicKey }: Omit<Card, "keyId">): string {
  const key = { publicKey: Buffer.from(publicKey).toString("base64"), keyId: keyIdOf(publicKey) };
  return `${JSON.stringify({ v: 1, kind: "persona-card", address, ...key }, null, 2)}\n`;
}

/** @throws PersonaError RECOVERY_INVALID */
export async function readCard(path: string): Promise<Card> {
  const card = parse(path, cardSchema, await readSmallFile(path, maxFileBytes, "RECOVERY_INVALID"));
  const publicKey = Uint8Array.from(Buffer.from(card.publicKey, "base64"));
  if (publicKey.length !== KEM_PUBLIC_KEY_BYTES || keyIdOf(publicKey) !== card.keyId) {
    throw new PersonaError("RECOVERY_INVALID", `${path} holds no public key.`, { data: { path } });
  }
  return { address: getAddress(card.address), publicKey, keyId: keyIdOf(publicKey) };
}

export function encodeCarried(kind: "packet" | "answer", bytes: Uint8Array): string {
  const data = Buffer.from(bytes).toString("base64");
  return `${JSON.stringify({ v: 1, kind: `persona-recovery-${kind}`, data }, null, 2)}\n`;
}

/** @throws PersonaError RECOVERY_INVALID */
export async function readCarried(kind: "packet" | "answer", path: string): Promise<Uint8Array> {
  const text = await readSmallFile(path, maxFileBytes, "RECOVERY_INVALID");
  return Uint8Array.from(Buffer.from(parse(path, carried(`persona-recovery-${kind}`), text).data, "base64"));
}

function parse<output>(path: string, schema: z.ZodType<output>, text: string): output {
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw new PersonaError("RECOVERY_INVALID", `${path} is not the file that is wanted here.`, {
      data: { path },
      cause,
    });
  }
}
