import { PersonaError } from "@persona-protocol/sdk/errors";
import { type Hex, isHex } from "viem";

/** @throws PersonaError USAGE */
export function parseHex32(text: string, what: string): Hex {
  if (isHex(text) && text.length === 66) return text;
  throw new PersonaError("USAGE", `${what} is 32 bytes in hex.`, { data: { got: text } });
}

/** Of a token, in its smallest unit. @throws PersonaError USAGE */
export function parseAmount(text: string, flag: string): bigint {
  if (/^\d{1,39}$/.test(text)) return BigInt(text);
  throw new PersonaError("USAGE", `${flag} takes a whole number, in the token's smallest unit.`, {
    data: { got: text },
  });
}

/** @throws PersonaError USAGE */
export function parseWhole(text: string, flag: string, least: number, most: number): number {
  const count = /^\d{1,10}$/.test(text) ? Number(text) : -1;
  if (count >= least && count <= most) return count;
  throw new PersonaError("USAGE", `${flag} takes a number from ${least} to ${most}.`, { data: { got: text } });
}

export const parseList = (text: string): string[] =>
  text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
