import { bytesToHex, type Hex, hexToBytes } from "viem";
import { decodeStruct } from "../contracts/abiStructs.ts";
import type { Deployment } from "../contracts/deployment.ts";
import { aeadOpen } from "../crypto/aead.ts";
import { type KemPrivateKey, keyIdOf, open } from "../crypto/hpke.ts";
import { sha256Hex } from "../crypto/sha256.ts";
import { PersonaError } from "../errors/index.ts";
import { type CborSchema, decodeCbor } from "../storage/cbor.ts";
import { bytesOf, bytesUpTo, distinct, integer, list, object, oneOf, optional, where } from "../storage/decoders.ts";
import { provenanceLevels } from "../storage/provenanceLevels.ts";
import { bundleKeyInfo, type JobBundle, maxBundleBytes, type SealedBundle } from "./jobBundle.ts";

const maxGuardianKeys = 1_024;

const bytes32 = bytesOf(32);
const ascending = (numbers: readonly number[]) =>
  numbers.every((number, i) => i === 0 || number > (numbers[i - 1] ?? -1));
const sealedSchema = object({
  v: oneOf(1),
  ct: bytesUpTo(maxBundleBytes),
  keys: where(
    list(
      object({
        guardian: integer(1),
        inputs: where(list(integer(0, 63), 0, 64), ascending, "not ascending"),
        keyId: bytes32,
        enc: bytesUpTo(2_048),
        ct: bytesUpTo(256),
      }),
      0,
      maxGuardianKeys,
    ),
    (keys) => distinct(keys, ({ guardian }) => guardian),
    "a guardian is named twice",
  ),
});
const bundleSchema = object({
  v: oneOf(1),
  spec: bytesUpTo(256 * 1024),
  argsSalt: bytes32,
  args: bytesUpTo(64 * 1024),
  resultKey: bytesOf(1_216),
  inputs: list(
    object({
      terms: bytesUpTo(4_096),
      scope: bytesUpTo(4_096),
      catalogue: list(bytes32, 0, 256),
      head: object({
        manifestDigest: bytes32,
        keyBoxDigest: bytes32,
        guardianSetHash: bytes32,
        catalogueHash: bytes32,
        catalogueLength: integer(0, 256),
      }),
      provenance: optional(oneOf(...provenanceLevels)),
      published: optional(list(integer(0), 2, 2)),
    }),
    1,
    64,
  ),
});

/** @throws PersonaError BUNDLE_INVALID when the bytes are not the canonical form of a sealed bundle with this digest. */
export function decodeSealedBundle(block: Uint8Array, bundleDigest: Hex): SealedBundle {
  if (block.length > maxBundleBytes || sha256Hex(block) !== bundleDigest)
    throw invalid("It is not the one the job names.");
  const { ct, keys } = decode(sealedSchema, block);
  return { ct, keys: keys.map((key) => ({ ...key, keyId: bytesToHex(key.keyId) })) };
}

/**
 * Names the bundle between 2 and 16 guardians for each input, and for no other? What a host asks follows this list: a longer
 * one would make it flood guardians, a shorter one could only fail.
 * @throws PersonaError BUNDLE_INVALID
 */
export function checkGuardianLists({ keys }: SealedBundle, inputs: number): void {
  const counts = new Array<number>(inputs).fill(0);
  for (const input of keys.flatMap((key) => key.inputs)) {
    const count = counts[input];
    if (count === undefined) throw invalid("It names guardians for an input that the job does not have.");
    counts[input] = count + 1;
  }
  if (counts.some((count) => count < 2 || count > 16))
    throw invalid("It does not name 2 to 16 guardians for each input.");
}

/** What a guardian does: opens its copy of the bundle key. @throws PersonaError BUNDLE_INVALID */
export async function openBundleKey(
  d: Deployment,
  sealed: SealedBundle,
  who: {
    readonly jobId: Hex;
    readonly guardian: number;
    readonly kemPublicKey: Uint8Array;
    readonly kemPrivateKey: KemPrivateKey;
    /** Of the public key, where the caller knows it. */
    readonly keyId?: Hex;
  },
): Promise<Uint8Array> {
  const keyId = who.keyId ?? keyIdOf(who.kemPublicKey);
  const box = sealed.keys.find((key) => key.guardian === who.guardian && key.keyId === keyId);
  if (box === undefined) throw invalid("It is not sealed to this guardian's key.");
  const info = bundleKeyInfo(d, { jobId: who.jobId, guardian: who.guardian, keyId });
  return open({ privateKey: who.kemPrivateKey, info, enc: box.enc, ct: box.ct }).catch((cause) => {
    throw invalid("Its key does not open.", cause);
  });
}

/** @throws PersonaError BUNDLE_INVALID */
export async function openJobBundle(sealed: SealedBundle, jobId: Hex, bundleKey: Uint8Array): Promise<JobBundle> {
  const plaintext = await aeadOpen({ key: bundleKey, sealed: sealed.ct, aad: hexToBytes(jobId) }).catch((cause) => {
    throw invalid("It does not open with this key.", cause);
  });
  const bundle = decode(bundleSchema, plaintext);
  try {
    return {
      spec: decodeStruct("JobSpec", bundle.spec),
      argsSalt: bundle.argsSalt,
      args: bundle.args,
      resultKey: bundle.resultKey,
      inputs: bundle.inputs.map(({ terms, scope, catalogue, head, published: [block = 0, index] = [], ...asked }) => ({
        ...asked,
        ...(index === undefined ? {} : { published: [block, index] as const }),
        terms: decodeStruct("Terms", terms),
        scope: decodeStruct("Scope", scope),
        catalogue: catalogue.map((commitment) => bytesToHex(commitment)),
        head: {
          manifestDigest: bytesToHex(head.manifestDigest),
          keyBoxDigest: bytesToHex(head.keyBoxDigest),
          guardianSetHash: bytesToHex(head.guardianSetHash),
          catalogueHash: bytesToHex(head.catalogueHash),
          catalogueLength: head.catalogueLength,
        },
      })),
    };
  } catch (cause) {
    throw invalid("A struct in it is malformed.", cause);
  }
}

function decode<value>(schema: CborSchema<value>, block: Uint8Array): value {
  return decodeCbor(block, { schema, maxBytes: maxBundleBytes, code: "BUNDLE_INVALID", what: "job bundle" });
}

const invalid = (message: string, cause?: unknown) =>
  new PersonaError("BUNDLE_INVALID", `The job bundle is not valid. ${message}`, { cause });
