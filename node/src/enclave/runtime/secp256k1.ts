/**
 * Signatures inside enclaves, by libsecp256k1 as WebAssembly: a recovery takes a tenth of what JavaScript's big integers take, and
 * signing runs in constant time. It makes the very bytes that viem makes (RFC 6979, low s), and takes what viem takes.
 */

import { recover, signRecoverable } from "tiny-secp256k1";
import { type Address, bytesToHex, concat, type Hex, hashMessage, hashTypedData, hexToBytes } from "viem";
import { type PrivateKeyAccount, privateKeyToAddress, publicKeyToAddress } from "viem/accounts";

/** What an enclave does with its signing key. */
export type EnclaveAccount = Pick<PrivateKeyAccount, "address" | "signMessage" | "signTypedData"> & {
  /** 65 bytes over a digest that the caller has computed. */
  signDigest(digest: Hex): Promise<Hex>;
};

/** @param privateKey 32 bytes, copied @throws Error for what is no private key */
export function enclaveAccount(privateKey: Uint8Array): EnclaveAccount {
  const secret = Uint8Array.from(privateKey);
  const sign = (digest: Hex): Hex => {
    const { signature, recoveryId } = signRecoverable(hexToBytes(digest), secret);
    return concat([bytesToHex(signature), recoveryId === 0 ? "0x1b" : "0x1c"]);
  };
  return {
    address: privateKeyToAddress(bytesToHex(secret)),
    signMessage: async ({ message }) => sign(hashMessage(message)),
    signDigest: async (digest) => sign(digest),
    signTypedData: async (definition) => sign(hashTypedData(definition)),
  };
}

/**
 * Who has signed this digest.
 * @param signature 65 bytes: r, s, and 0, 1, 27 or 28
 * @throws Error when no key has
 */
export function recoverSigner(digest: Hex, signature: Hex): Address {
  const bytes = hexToBytes(signature);
  const parity = parities.get(bytes[64] ?? -1);
  if (bytes.length !== 65 || parity === undefined) throw new Error("not the form of a signature");
  const publicKey = recover(hexToBytes(digest), bytes.subarray(0, 64), parity, false);
  if (publicKey === null) throw new Error("no key has made this signature");
  return publicKeyToAddress(bytesToHex(publicKey));
}

const parities: ReadonlyMap<number, 0 | 1> = new Map([
  [0, 0],
  [1, 1],
  [27, 0],
  [28, 1],
]);
