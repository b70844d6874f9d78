import { type Deployment, type EnclaveBinding, enclaveBindingHashOf, typedData } from "@persona-protocol/sdk/contracts";
import {
  deriveKemKeyPair,
  type KemPrivateKey,
  keyIdOf,
  randomBytes,
  readyPrivateKey,
  zeroise,
} from "@persona-protocol/sdk/crypto";
import { type Address, concat, type Hex, hexToBytes, numberToHex, stringToHex } from "viem";
import type { EvidenceProvider } from "./evidence.ts";
import { type EnclaveAccount, enclaveAccount } from "./secp256k1.ts";

/** The two keys of an enclave. Made inside; they leave it sealed only, to the platform or to an enclave of the same guardian and code. */
export type EnclaveIdentity = {
  readonly account: EnclaveAccount;
  readonly kem: { readonly publicKey: Uint8Array; readonly privateKey: KemPrivateKey; readonly keyId: Hex };
  readonly kemKeyHash: Hex;
  /** The 64 secret bytes (signing key, KEM seed): only ever passed to `EvidenceProvider.seal` and to keyHandover.ts. */
  readonly secret: Uint8Array;
};

/** New keys, or the ones in `secret` after unsealing. */
export async function createEnclaveIdentity(secret: Uint8Array = randomBytes(64)): Promise<EnclaveIdentity> {
  const kem = await kemFrom(secret.slice(32, 64));
  return {
    account: enclaveAccount(secret.subarray(0, 32)),
    kem,
    kemKeyHash: kem.keyId,
    secret,
  };
}

/** Who asks guardians: a signing key that evidence stands behind, and the KEM key of an epoch. */
export type EpochIdentity = Pick<EnclaveIdentity, "account" | "kem" | "kemKeyHash">;

/**
 * The next key epoch under the same signer: a KEM key of its own, which is nowhere but in the result and ends with it. No new quote is needed, for the
 * attested signer names the key in each request that it signs.
 */
export async function nextKeyEpoch({ account }: Pick<EnclaveIdentity, "account">): Promise<EpochIdentity> {
  const seed = randomBytes(32);
  const kem = await kemFrom(seed);
  return { account, kem, kemKeyHash: kem.keyId };
}

async function kemFrom(seed: Uint8Array): Promise<EnclaveIdentity["kem"]> {
  const { publicKey, privateKey } = await deriveKemKeyPair(seed);
  const kem = { publicKey, privateKey: readyPrivateKey(privateKey), keyId: keyIdOf(publicKey) };
  zeroise(privateKey);
  zeroise(seed);
  return kem;
}

export type EnclaveRegistration = {
  readonly binding: EnclaveBinding;
  readonly evidence: Uint8Array;
  readonly signature: Hex;
};

/**
 * Evidence that binds this enclave's keys to a chain, a registry, an operator and a recent block, and the signer's own
 * signature over the same (proof of possession), so that anyone may send the transaction.
 */
export async function makeRegistration(
  { account, kemKeyHash }: EnclaveIdentity,
  evidence: EvidenceProvider,
  deployment: Deployment,
  facts: {
    readonly operator: Address;
    readonly keyClass: number;
    readonly blockNumber: bigint;
    readonly blockHash: Hex;
  },
): Promise<EnclaveRegistration> {
  const binding: EnclaveBinding = {
    chainId: BigInt(deployment.chainId),
    registry: deployment.nodeRegistry,
    signer: account.address,
    kemKeyHash,
    epoch: 0n,
    ...facts,
  };
  const policyExpiry = numberToHex(0, { size: 8 });
  const reportData = concat([account.address, enclaveBindingHashOf(binding), stringToHex("PSN1"), policyExpiry]);
  return {
    binding,
    evidence: await evidence.quote(hexToBytes(reportData)),
    signature: await account.signTypedData(typedData.enclaveBinding(deployment, binding)),
  };
}
