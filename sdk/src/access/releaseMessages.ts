/**
 * What travels between a compute enclave and a guardian's enclave (docs/protocol.md 4.4), as DAG-CBOR whose structs are
 * canonical ABI bytes. Both hosts in between only carry it.
 */
import { bytesToHex, encodeAbiParameters, type Hex, hexToBytes, keccak256, toBytes } from "viem";
import * as z from "zod";
import { decodeStruct, encodeStruct } from "../contracts/abiStructs.ts";
import { maxContractSignatureBytes } from "../contracts/contractSignature.ts";
import type { Deployment } from "../contracts/deployment.ts";
import type { JobParams } from "../contracts/structs.ts";
import type { Refusal, Release, ReleaseRequest } from "../contracts/typedData.ts";
import { concatBytes, type SealedBox } from "../crypto/index.ts";
import { decodeCbor, encodeCbor } from "../storage/cbor.ts";

/** Caps: a bundle of 64 inputs with full catalogues stays below. */
export const maxReleaseCallBytes = 2 * 1024 * 1024;
export const maxReleaseAnswerBytes = 1024 * 1024;

export type ReleaseCall = {
  readonly request: ReleaseRequest;
  /** Over the request's typed data: 65 bytes by the claiming enclave key, or by a Read's grantee; what an ERC-1271 account gives. */
  readonly signature: Hex;
  readonly kemKey: Uint8Array;
  readonly params: JobParams;
  readonly bundle: Uint8Array;
};

export type ReleasedKeys = {
  /** Sealed to the enclave under `releaseBundleInfo`. */
  readonly bundleKey: SealedBox;
  /** Sealed to the enclave under `releaseShareInfo`, one per segment asked for. */
  readonly shares: readonly (SealedBox & { readonly index: number })[];
};

export type ReleaseAnswer =
  | { readonly status: "released"; readonly release: Release; readonly signature: Hex; readonly keys: ReleasedKeys }
  | { readonly status: "refused"; readonly refusal: Refusal; readonly signature: Hex };

const bytes = (max: number) => z.instanceof(Uint8Array).refine((b) => b.length <= max, `longer than ${max} bytes`);
const signature = z.instanceof(Uint8Array).refine((b) => b.length === 65, "not 65 bytes");
const box = z.strictObject({ enc: bytes(2_048), ct: bytes(256) });
const keysSchema = z.strictObject({
  bundleKey: box,
  shares: z
    .array(z.strictObject({ index: z.number().int().min(0).max(255), enc: bytes(2_048), ct: bytes(256) }))
    .max(256),
});
const callSchema = z.strictObject({
  v: z.literal(1),
  request: bytes(1_024),
  signature: bytes(maxContractSignatureBytes),
  kemKey: z.instanceof(Uint8Array).refine((b) => b.length === 1_216, "not 1,216 bytes"),
  params: bytes(64 * 1024),
  bundle: bytes(maxReleaseCallBytes),
});
const answerSchema = z.union([
  z.strictObject({ v: z.literal(1), release: bytes(1_024), signature, keys: keysSchema }),
  z.strictObject({ v: z.literal(1), refusal: bytes(1_024), signature }),
]);

export function encodeReleaseCall(call: ReleaseCall): Uint8Array {
  return encodeCbor({
    v: 1,
    request: encodeStruct("ReleaseRequest", call.request),
    signature: hexToBytes(call.signature),
    kemKey: call.kemKey,
    params: encodeStruct("JobParams", call.params),
    bundle: call.bundle,
  });
}

/** @throws PersonaError REQUEST_INVALID */
export function decodeReleaseCall(body: Uint8Array): ReleaseCall {
  const call = decode(callSchema, body, maxReleaseCallBytes, "release request");
  return {
    request: decodeStruct("ReleaseRequest", call.request),
    signature: bytesToHex(call.signature),
    kemKey: call.kemKey,
    params: decodeStruct("JobParams", call.params),
    bundle: call.bundle,
  };
}

export function encodeReleaseAnswer(answer: ReleaseAnswer): Uint8Array {
  const signed = { v: 1, signature: hexToBytes(answer.signature) };
  return answer.status === "released"
    ? encodeCbor({ ...signed, release: encodeStruct("Release", answer.release), keys: answer.keys })
    : encodeCbor({ ...signed, refusal: encodeStruct("Refusal", answer.refusal) });
}

/** @throws PersonaError REQUEST_INVALID */
export function decodeReleaseAnswer(body: Uint8Array): ReleaseAnswer {
  const answer = decode(answerSchema, body, maxReleaseAnswerBytes, "guardian's answer");
  const signed = { signature: bytesToHex(answer.signature) };
  return "release" in answer
    ? { status: "released", ...signed, release: decodeStruct("Release", answer.release), keys: answer.keys }
    : { status: "refused", ...signed, refusal: decodeStruct("Refusal", answer.refusal) };
}

/** keccak of what was sealed: the guardian's signature covers the very bytes it handed out. */
export function sealedHashOf(keys: ReleasedKeys): Hex {
  return keccak256(encodeCbor(keys));
}

/** HPKE info under which a guardian passes the bundle key on to the claiming enclave. */
export function releaseBundleInfo(d: Deployment, job: { jobId: Hex; guardian: number; signer: Hex }): Uint8Array {
  const bound = encodeAbiParameters(
    [{ type: "uint256" }, { type: "address" }, { type: "bytes32" }, { type: "uint32" }, { type: "address" }],
    [BigInt(d.chainId), d.jobMarket, job.jobId, job.guardian, job.signer],
  );
  return concatBytes(toBytes("persona/release-bundle/v1"), hexToBytes(bound));
}

/** HPKE info under which a guardian passes a share on: only who runs exactly this job can open it. */
export function releaseShareInfo(share: {
  readonly jobSpecHash: Hex;
  readonly datasetId: Hex;
  readonly segment: number;
  readonly guardian: number;
  readonly signer: Hex;
}): Uint8Array {
  const bound = encodeAbiParameters(
    [{ type: "bytes32" }, { type: "bytes32" }, { type: "uint32" }, { type: "uint32" }, { type: "address" }],
    [share.jobSpecHash, share.datasetId, share.segment, share.guardian, share.signer],
  );
  return concatBytes(toBytes("persona/release-share/v1"), hexToBytes(bound));
}

function decode<schema extends z.ZodType>(
  schema: schema,
  body: Uint8Array,
  maxBytes: number,
  what: string,
): z.output<schema> {
  return decodeCbor(body, { schema, maxBytes, maxItems: 4_096, code: "REQUEST_INVALID", what });
}
