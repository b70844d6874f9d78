import { type Hex, keccak256 as viemKeccak256, sha256 as viemSha256 } from "viem";
import { toHex } from "./bytes.ts";
import { nodeCrypto } from "./nodeCrypto.ts";

/** Up to here hashing at once takes less than handing over to another thread, and the event loop waits 2 ms at most. */
const MAX_SYNC_BYTES = 2 ** 21;

/** SHA-256 (FIPS 180-4), synchronous: for what is small or already in memory. 32 bytes. */
export function sha256(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(nodeCrypto?.hash("sha256", bytes, "buffer") ?? viemSha256(bytes, "bytes"));
}

/** SHA-256 by the platform: several times faster than {@link sha256} from some kilobytes on. 32 bytes. */
export async function sha256Async(bytes: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  if (nodeCrypto !== undefined && bytes.length <= MAX_SYNC_BYTES) {
    return Uint8Array.from(nodeCrypto.hash("sha256", bytes, "buffer"));
  }
  // WebCrypto's types refuse shared memory, which never holds our bytes.
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>));
}

/** SHA-256 as hex: the *digest* by which manifests, KeyBox heads, bundles and ciphertexts are named on chain. */
export function sha256Hex(bytes: Uint8Array): Hex {
  return toHex(sha256(bytes));
}

/** Keccak-256 as hex, the EVM's hash. */
export function keccak256(bytes: Uint8Array): Hex {
  return viemKeccak256(bytes);
}
