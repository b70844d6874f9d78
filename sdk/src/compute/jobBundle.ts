/**
 * The job bundle (docs/protocol.md 5.3): what guardians and the enclave must know of a job and the public must not. It is
 * stored as one public block; its key is sealed to the guardians of the job's inputs, who pass it on to the claiming enclave.
 */
import { bytesToHex, encodeAbiParameters, type Hex, hexToBytes, keccak256, toBytes } from "viem";
import * as z from "zod";
import { decodeStruct, encodeStruct } from "../contracts/abiStructs.ts";
import type { Deployment } from "../contracts/deployment.ts";
import type { JobSpec, Scope, Terms } from "../contracts/structs.ts";
import {
  aeadOpen,
  aeadSeal,
  concatBytes,
  type KemPrivateKey,
  keyIdOf,
  open,
  randomBytes,
  type SealedBox,
  seal,
  sha256Hex,
} from "../crypto/index.ts";
import { PersonaError } from "../errors/index.ts";
import { decodeCbor, encodeCbor } from "../storage/cbor.ts";
import type { DatasetHead } from "../storage/datasetHead.ts";

export const maxBundleBytes = 1024 * 1024;
const maxGuardianKeys = 1_024;

export type BundleInput = {
  readonly terms: Terms;
  readonly scope: Scope;
  /** One commitment per segment index the dataset ever used. */
  readonly catalogue: readonly Hex[];
  readonly head: DatasetHead;
};

export type JobBundle = {
  readonly spec: JobSpec;
  /** 32 random bytes: arguments of low entropy must not be guessable from their commitment. */
  readonly argsSalt: Uint8Array;
  /** Canonical DAG-CBOR map of typed scalars. */
  readonly args: Uint8Array;
  /** X-Wing public key of this one job's result. */
  readonly resultKey: Uint8Array;
  readonly inputs: readonly BundleInput[];
};

/** A bundle as stored: public bytes without the bundle key. */
export type SealedBundle = {
  readonly ct: Uint8Array;
  /** `inputs`: indexes of the job's inputs whose guardian set this guardian belongs to, so that a host knows whom to ask. */
  readonly keys: readonly (SealedBox & {
    readonly guardian: number;
    readonly inputs: readonly number[];
    readonly keyId: Hex;
  })[];
};

const bytes32 = z.instanceof(Uint8Array).refine((b) => b.length === 32, "not 32 bytes");
const bytes = (max: number) => z.instanceof(Uint8Array).refine((b) => b.length <= max, `longer than ${max} bytes`);
const sealedSchema = z.strictObject({
  v: z.literal(1),
  ct: bytes(maxBundleBytes),
  keys: z
    .array(
      z.strictObject({
        guardian: z.number().int().min(1),
        inputs: z
          .array(z.number().int().min(0).max(63))
          .max(64)
          .refine((list) => list.every((input, i) => i === 0 || input > (list[i - 1] ?? -1)), "not ascending"),
        keyId: bytes32,
        enc: bytes(2_048),
        ct: bytes(256),
      }),
    )
    .max(maxGuardianKeys)
    .refine((keys) => new Set(keys.map(({ guardian }) => guardian)).size === keys.length, "a guardian is named twice"),
});
const bundleSchema = z.strictObject({
  v: z.literal(1),
  spec: bytes(256 * 1024),
  argsSalt: bytes32,
  args: bytes(64 * 1024),
  resultKey: z.instanceof(Uint8Array).refine((b) => b.length === 1_216, "not 1,216 bytes"),
  inputs: z
    .array(
      z.strictObject({
        terms: bytes(4_096),
        scope: bytes(4_096),
        catalogue: z.array(bytes32).max(256),
        head: z.strictObject({
          manifestDigest: bytes32,
          keyBoxDigest: bytes32,
          guardianSetHash: bytes32,
          catalogueHash: bytes32,
          catalogueLength: z.number().int().min(0).max(256),
        }),
      }),
    )
    .min(1)
    .max(64),
});

/** keccak(argsSalt ‖ cbor(args)). */
export function argsCommitmentOf(argsSalt: Uint8Array, args: Uint8Array): Hex {
  return keccak256(concatBytes(argsSalt, args));
}

/**
 * Encrypts a bundle under a fresh key and seals that key to each guardian.
 * @returns the block to store, and its sha256, which goes on chain as `bundleDigest`.
 */
export async function sealJobBundle(
  d: Deployment,
  bundle: JobBundle,
  guardians: readonly {
    readonly nodeId: number;
    readonly kemPublicKey: Uint8Array;
    readonly inputs: readonly number[];
  }[],
): Promise<{ bytes: Uint8Array; bundleDigest: Hex }> {
  const { jobId } = bundle.spec;
  const bundleKey = randomBytes(32);
  const plaintext = encodeCbor({
    v: 1,
    spec: encodeStruct("JobSpec", bundle.spec),
    argsSalt: bundle.argsSalt,
    args: bundle.args,
    resultKey: bundle.resultKey,
    inputs: bundle.inputs.map(({ terms, scope, catalogue, head }) => ({
      terms: encodeStruct("Terms", terms),
      scope: encodeStruct("Scope", scope),
      catalogue: catalogue.map((commitment) => hexToBytes(commitment)),
      head: {
        manifestDigest: hexToBytes(head.manifestDigest),
        keyBoxDigest: hexToBytes(head.keyBoxDigest),
        guardianSetHash: hexToBytes(head.guardianSetHash),
        catalogueHash: hexToBytes(head.catalogueHash),
        catalogueLength: head.catalogueLength,
      },
    })),
  });
  const ct = await aeadSeal({ key: bundleKey, plaintext, aad: hexToBytes(jobId) });
  const keys = await Promise.all(
    guardians.map(async ({ nodeId, kemPublicKey, inputs }) => {
      const keyId = keyIdOf(kemPublicKey);
      const info = bundleKeyInfo(d, { jobId, guardian: nodeId, keyId });
      const box = await seal({ publicKey: kemPublicKey, info, plaintext: bundleKey });
      return { guardian: nodeId, inputs: [...inputs], keyId: hexToBytes(keyId), enc: box.enc, ct: box.ct };
    }),
  );
  bundleKey.fill(0);
  const bytes = encodeCbor({ v: 1, ct, keys });
  if (bytes.length > maxBundleBytes) throw new PersonaError("BUNDLE_INVALID", "The job bundle is larger than 1 MiB.");
  return { bytes, bundleDigest: sha256Hex(bytes) };
}

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
      inputs: bundle.inputs.map(({ terms, scope, catalogue, head }) => ({
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

function bundleKeyInfo(d: Deployment, bound: { jobId: Hex; guardian: number; keyId: Hex }): Uint8Array {
  const encoded = encodeAbiParameters(
    [{ type: "uint256" }, { type: "address" }, { type: "bytes32" }, { type: "uint32" }, { type: "bytes32" }],
    [BigInt(d.chainId), d.jobMarket, bound.jobId, bound.guardian, bound.keyId],
  );
  return concatBytes(toBytes("persona/bundle-key/v1"), hexToBytes(encoded));
}

function decode<schema extends z.ZodType>(schema: schema, block: Uint8Array): z.output<schema> {
  return decodeCbor(block, { schema, maxBytes: maxBundleBytes, code: "BUNDLE_INVALID", what: "job bundle" });
}

const invalid = (message: string, cause?: unknown) =>
  new PersonaError("BUNDLE_INVALID", `The job bundle is not valid. ${message}`, { cause });
