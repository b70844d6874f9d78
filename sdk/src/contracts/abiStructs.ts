import { encodeAbiParameters, type Hex, keccak256 } from "viem";
import { decodeStructOf, encodeStructOf } from "./structAbi.ts";
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
  return encodeStructOf(structTypes, name, value);
}

/**
 * The struct in `bytes`, refusing every encoding but the canonical one: two byte strings must never mean the same struct.
 * @throws PersonaError REQUEST_INVALID
 */
export function decodeStruct<name extends keyof Structs>(name: name, bytes: Uint8Array): Structs[name] {
  return decodeStructOf(structTypes, name, bytes) as Structs[name];
}

/** What JobMarket stores of a job's parameters: of two hashes, so that whoever needs one half only brings the other's hash. */
export function jobParamsHashOf({ order, offer }: JobParams): Hex {
  return keccak256(encodeAbiParameters(twoHashes, [jobOrderHashOf(order), jobOfferHashOf(offer)]));
}

export const jobOrderHashOf = (order: JobOrder): Hex => keccak256(encodeStruct("JobOrder", order));

export const jobOfferHashOf = (offer: JobOffer): Hex => keccak256(encodeStruct("JobOffer", offer));

const twoHashes = [{ type: "bytes32" }, { type: "bytes32" }] as const;
