/**
 * ABI encoding of the protocol's structs: `abi.encode(struct)` of Solidity. Used wherever a struct travels as bytes, because
 * it is canonical, typed and bounded, and equals what the contracts hash.
 */
import {
  type AbiParameter,
  decodeAbiParameters,
  encodeAbiParameters,
  type Hex,
  hexToBytes,
  keccak256,
  toHex,
} from "viem";
import { PersonaError } from "../errors/index.ts";
import type { EnclaveBinding, JobOffer, JobOrder, JobParams, JobSpec, Receipt, Scope, Terms } from "./structs.ts";
import { type KeyBoxDeposit, type Refusal, type Release, type ReleaseRequest, structTypes } from "./typedData.ts";

type Structs = {
  Terms: Terms;
  Scope: Scope;
  JobSpec: JobSpec;
  JobOrder: JobOrder;
  JobOffer: JobOffer;
  JobParams: JobParams;
  Receipt: Receipt;
  EnclaveBinding: EnclaveBinding;
  ReleaseRequest: ReleaseRequest;
  Release: Release;
  Refusal: Refusal;
  KeyBoxDeposit: KeyBoxDeposit;
};

/** One struct as canonical bytes. */
export function encodeStruct<name extends keyof Structs>(name: name, value: Structs[name]): Uint8Array {
  return hexToBytes(encodeAbiParameters([abiOf(name)], [value]));
}

/**
 * The struct in `bytes`, refusing every encoding but the canonical one: two byte strings must never mean the same struct.
 * @throws PersonaError REQUEST_INVALID
 */
export function decodeStruct<name extends keyof Structs>(name: name, bytes: Uint8Array): Structs[name] {
  try {
    const [value] = decodeAbiParameters([abiOf(name)], toHex(bytes)) as unknown as [Structs[name]];
    const again = encodeStruct(name, value);
    if (again.length === bytes.length && again.every((byte, i) => byte === bytes[i])) return value;
  } catch (cause) {
    throw new PersonaError("REQUEST_INVALID", `These bytes are not a ${name}.`, { cause });
  }
  throw new PersonaError("REQUEST_INVALID", `These bytes are not the canonical encoding of a ${name}.`);
}

/** What JobMarket stores of a job's parameters: of two hashes, so that whoever needs one half only brings the other's hash. */
export function jobParamsHashOf({ order, offer }: JobParams): Hex {
  return keccak256(encodeAbiParameters(twoHashes, [jobOrderHashOf(order), jobOfferHashOf(offer)]));
}

export const jobOrderHashOf = (order: JobOrder): Hex => keccak256(encodeStruct("JobOrder", order));

export const jobOfferHashOf = (offer: JobOffer): Hex => keccak256(encodeStruct("JobOffer", offer));

const twoHashes = [{ type: "bytes32" }, { type: "bytes32" }] as const;

function abiOf(name: keyof typeof structTypes): AbiParameter {
  return { type: "tuple", components: componentsOf(name) };
}

function componentsOf(name: keyof typeof structTypes): AbiParameter[] {
  return structTypes[name].map((field) => {
    const inner = field.type.replace("[]", "");
    if (!isStruct(inner)) return field;
    return { name: field.name, type: field.type.endsWith("[]") ? "tuple[]" : "tuple", components: componentsOf(inner) };
  });
}

function isStruct(type: string): type is keyof typeof structTypes {
  return Object.hasOwn(structTypes, type);
}
