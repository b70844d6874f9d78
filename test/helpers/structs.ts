import type {
  Deployment,
  EnclaveBinding,
  JobOffer,
  JobOrder,
  JobParams,
  JobSpec,
  KeyBoxDeposit,
  Receipt,
  Refusal,
  Release,
  ReleaseRequest,
  Scope,
  Terms,
} from "@persona-protocol/sdk/contracts";
import { bytesToHex, getAddress, type Hex } from "viem";
import { structTypes } from "../../sdk/src/contracts/typedData.ts";
import type { Random } from "./random.ts";

export type StructName = keyof typeof structTypes;
export type Structs = {
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
export const structNames = [
  "Terms",
  "Scope",
  "JobSpec",
  "JobOrder",
  "JobOffer",
  "JobParams",
  "Receipt",
  "EnclaveBinding",
  "ReleaseRequest",
  "Release",
  "Refusal",
  "KeyBoxDeposit",
] as const satisfies readonly (keyof Structs)[];

/** Any value of each field's whole range, its edges more often than chance would have them. */
export function randomStruct<name extends keyof Structs>(name: name, random: Random): Structs[name] {
  return anyStruct(name, random) as Structs[name];
}

export const randomHex32 = (random: Random): Hex => bytesToHex(random.bytes(32));

/** A deployment that exists nowhere: for what needs addresses and no chain. */
export function randomDeployment(random: Random): Deployment {
  const address = () => getAddress(bytesToHex(random.bytes(20)));
  return {
    chainId: 31_337,
    datasetRegistry: address(),
    grantRegistry: address(),
    nodeRegistry: address(),
    measurementPolicy: address(),
    jobMarket: address(),
    appRegistry: address(),
    ownerKeys: address(),
    fromBlock: 0n,
  };
}

function anyStruct(name: StructName, random: Random): Record<string, unknown> {
  return Object.fromEntries(structTypes[name].map(({ name: field, type }) => [field, anyValue(type, random)]));
}

function anyValue(type: string, random: Random): unknown {
  if (type.endsWith("[]")) return Array.from({ length: random.integer(4) }, () => anyValue(type.slice(0, -2), random));
  if (Object.hasOwn(structTypes, type)) return anyStruct(type as StructName, random);
  if (type === "bool") return random.integer(2) === 1;
  if (type === "address") return getAddress(bytesToHex(random.bytes(20)));
  if (type === "bytes32") return randomHex32(random);
  const bits = Number(/^uint(\d+)$/.exec(type)?.[1]);
  const max = (1n << BigInt(bits)) - 1n;
  const value = random.pick([0n, max, BigInt(bytesToHex(random.bytes(bits / 8)))]);
  return bits <= 48 ? Number(value) : value;
}
