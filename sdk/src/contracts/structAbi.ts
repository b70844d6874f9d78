/**
 * ABI encoding of the protocol's structs: `abi.encode(struct)` of Solidity. Used wherever a struct travels as bytes, because
 * it is canonical, typed and bounded, and equals what the contracts hash.
 */
import { type AbiParameter, decodeAbiParameters, encodeAbiParameters, hexToBytes, toHex } from "viem";
import { PersonaError } from "../errors/index.ts";

type Types = Readonly<Record<string, readonly { readonly name: string; readonly type: string }[]>>;

/** One struct of these as canonical bytes. */
export function encodeStructOf(types: Types, name: string, value: object): Uint8Array {
  return hexToBytes(encodeAbiParameters([abiOf(types, name)], [value]));
}

/** @throws PersonaError REQUEST_INVALID for every encoding but the canonical one */
export function decodeStructOf(types: Types, name: string, bytes: Uint8Array): object {
  try {
    const [value] = decodeAbiParameters([abiOf(types, name)], toHex(bytes)) as unknown as [object];
    const again = encodeStructOf(types, name, value);
    if (again.length === bytes.length && again.every((byte, i) => byte === bytes[i])) return value;
  } catch (cause) {
    throw new PersonaError("REQUEST_INVALID", `These bytes are not a ${name}.`, { cause });
  }
  throw new PersonaError("REQUEST_INVALID", `These bytes are not the canonical encoding of a ${name}.`);
}

function abiOf(types: Types, name: string): AbiParameter {
  return { type: "tuple", components: componentsOf(types, name) };
}

function componentsOf(types: Types, name: string): AbiParameter[] {
  return (types[name] ?? []).map((field) => {
    const inner = field.type.replace("[]", "");
    if (!Object.hasOwn(types, inner)) return field;
    const type = field.type.endsWith("[]") ? "tuple[]" : "tuple";
    return { name: field.name, type, components: componentsOf(types, inner) };
  });
}
