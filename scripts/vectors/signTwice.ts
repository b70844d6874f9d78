import { AbiCoder, ParamType, Signature, TypedDataEncoder, type TypedDataField, Wallet } from "ethers";
import {
  type AbiParameter,
  encodeAbiParameters,
  type Hex,
  hashStruct,
  hashTypedData,
  parseSignature,
  type TypedDataDefinition,
} from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { ToolError } from "../command/ToolError.ts";
import { hash } from "./deployments.ts";
import type { Types } from "./extremes.ts";
import type { TypedMessage } from "./messages.ts";

const privateKey = hash("signer");

/** Whose key is in the file, for everyone to sign with: it must never hold anything. */
export const signer = { privateKey, address: privateKeyToAccount(privateKey).address };

export type Signed = {
  /** abi.encode of the message's struct. */
  readonly abi: Hex;
  readonly structHash: Hex;
  readonly digest: Hex;
  readonly signature: { readonly r: Hex; readonly s: Hex; readonly v: number };
};

/** Encoded, hashed and signed by viem and by ethers, each with its own code but for the curve and keccak. */
export async function signTwice(data: TypedMessage): Promise<Signed> {
  return agreed(data.primaryType, await byViem(data), await byEthers(data));
}

/** @throws ToolError where any byte differs */
export function agreed(what: string, viem: Signed, ethers: Signed): Signed {
  const [first, second] = [JSON.stringify(viem), JSON.stringify(ethers)];
  if (first !== second) {
    throw new ToolError(`viem and ethers disagree about ${what}.\nviem:   ${first}\nethers: ${second}`);
  }
  return viem;
}

async function byViem(data: TypedMessage): Promise<Signed> {
  const { types, primaryType, message } = data;
  const definition = data as TypedDataDefinition;
  const { r, s, v } = parseSignature(await privateKeyToAccount(privateKey).signTypedData(definition));
  return {
    abi: encodeAbiParameters([abiOf(types, primaryType)], [message]),
    structHash: hashStruct({ types, primaryType, data: message }),
    digest: hashTypedData(definition),
    signature: { r, s, v: Number(v) },
  };
}

async function byEthers({ domain, types, primaryType, message }: TypedMessage): Promise<Signed> {
  const fields = Object.fromEntries(Object.entries(types).map(([name, list]) => [name, list.map((f) => ({ ...f }))]));
  const value = { ...message };
  const ethersTypes: Record<string, TypedDataField[]> = fields;
  const signed = Signature.from(await new Wallet(privateKey).signTypedData({ ...domain }, ethersTypes, value));
  return {
    abi: AbiCoder.defaultAbiCoder().encode([ParamType.from(abiOf(types, primaryType))], [value]) as Hex,
    structHash: TypedDataEncoder.hashStruct(primaryType, ethersTypes, value) as Hex,
    digest: TypedDataEncoder.hash({ ...domain }, ethersTypes, value) as Hex,
    signature: { r: signed.r as Hex, s: signed.s as Hex, v: signed.v },
  };
}

function abiOf(types: Types, struct: string): AbiParameter & { components: readonly AbiParameter[] } {
  const components = (types[struct] ?? []).map((field) => {
    const inner = field.type.replace("[]", "");
    if (!Object.hasOwn(types, inner)) return field;
    return { ...abiOf(types, inner), name: field.name, type: field.type.replace(inner, "tuple") };
  });
  return { type: "tuple", name: struct, components };
}
