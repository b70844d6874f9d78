/**
 * The job bundle (docs/protocol.md 5.3): what guardians and the enclave must know of a job and the public must not. It is
 * stored as one public block; its key is sealed to the guardians of the job's inputs, who pass it on to the claiming enclave.
 */
import { encodeAbiParameters, type Hex, hexToBytes, keccak256, toBytes } from "viem";
import { encodeCoreStruct } from "../contracts/coreStructs.ts";
import type { Deployment } from "../contracts/deployment.ts";
import type { JobSpec, Scope, Terms } from "../contracts/structs.ts";
import { aeadSeal } from "../crypto/aead.ts";
import { concatBytes, randomBytes } from "../crypto/bytes.ts";
import { keyIdOf, type SealedBox, seal } from "../crypto/hpke.ts";
import { sha256Hex } from "../crypto/sha256.ts";
import { PersonaError } from "../errors/index.ts";
import { encodeCbor } from "../storage/cbor.ts";
import type { DatasetHead } from "../storage/datasetHead.ts";
import type { Provenance } from "../storage/provenanceLevels.ts";

export const maxBundleBytes = 1024 * 1024;

export type BundleInput = {
  readonly terms: Terms;
  readonly scope: Scope;
  /** One commitment per segment index the dataset ever used. */
  readonly catalogue: readonly Hex[];
  readonly head: DatasetHead;
  /** Lowest public level of origin that each of its segments must have. Default: none is asked for. */
  readonly provenance?: Provenance | undefined;
  /** Where the version was published: block, and place of the transaction in it. Wanted where the grant has a maximum age. */
  readonly published?: readonly [block: number, index: number] | undefined;
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
    spec: encodeCoreStruct("JobSpec", bundle.spec),
    argsSalt: bundle.argsSalt,
    args: bundle.args,
    resultKey: bundle.resultKey,
    inputs: bundle.inputs.map(({ terms, scope, catalogue, head, provenance, published }) => ({
      terms: encodeCoreStruct("Terms", terms),
      scope: encodeCoreStruct("Scope", scope),
      catalogue: catalogue.map((commitment) => hexToBytes(commitment)),
      head: {
        manifestDigest: hexToBytes(head.manifestDigest),
        keyBoxDigest: hexToBytes(head.keyBoxDigest),
        guardianSetHash: hexToBytes(head.guardianSetHash),
        catalogueHash: hexToBytes(head.catalogueHash),
        catalogueLength: head.catalogueLength,
      },
      ...(provenance && { provenance }),
      ...(published && { published }),
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

/** What a guardian's copy of the bundle key is bound to. */
export function bundleKeyInfo(d: Deployment, bound: { jobId: Hex; guardian: number; keyId: Hex }): Uint8Array {
  const encoded = encodeAbiParameters(
    [{ type: "uint256" }, { type: "address" }, { type: "bytes32" }, { type: "uint32" }, { type: "bytes32" }],
    [BigInt(d.chainId), d.jobMarket, bound.jobId, bound.guardian, bound.keyId],
  );
  return concatBytes(toBytes("persona/bundle-key/v1"), hexToBytes(encoded));
}
