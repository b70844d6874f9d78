import { getAddress, type TypedDataParameter, toHex } from "viem";

export type Types = Readonly<Record<string, readonly TypedDataParameter[]>>;
export type Extreme = "largest" | "zero";

/** What Solidity refuses to decode beyond: the last member of an enum that is a uint8 in the typed data. */
const enums: Readonly<Record<string, number>> = { "Writer.kind": 2, "WriterRemoval.kind": 2 };

/** The message of this struct whose every field is the largest, or zero and empty. */
export function extremeMessage(types: Types, struct: string, extreme: Extreme): Record<string, unknown> {
  const fields = types[struct];
  if (fields === undefined) throw new RangeError(`no type ${struct}`);
  return Object.fromEntries(
    fields.map(({ name, type }) => {
      const last = enums[`${struct}.${name}`];
      const value = last !== undefined && extreme === "largest" ? last : extremeValue(types, type, extreme);
      return [name, value];
    }),
  );
}

function extremeValue(types: Types, type: string, extreme: Extreme): unknown {
  const largest = extreme === "largest";
  if (type.endsWith("[]")) {
    const item = () => extremeValue(types, type.slice(0, -2), extreme);
    return largest ? [item(), item()] : [];
  }
  if (Object.hasOwn(types, type)) return extremeMessage(types, type, extreme);
  if (type === "bool") return largest;
  // The longest name that DNS has, and text that is not one byte a character.
  if (type === "string") return largest ? `${"ü".repeat(62)}.`.repeat(2) + "a".repeat(3) : "";
  if (type === "address") return getAddress(toHex(largest ? (1n << 160n) - 1n : 0n, { size: 20 }));
  if (type === "bytes32") return toHex(largest ? (1n << 256n) - 1n : 0n, { size: 32 });
  const bits = Number(/^uint(\d+)$/.exec(type)?.[1]);
  const value = largest ? (1n << BigInt(bits)) - 1n : 0n;
  return bits <= 48 ? Number(value) : value; // as viem's types have it
}
