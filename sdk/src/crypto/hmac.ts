import { nodeCrypto } from "./nodeCrypto.ts";

/** HMAC-SHA-256 (RFC 2104) by the platform: on the calling thread in Node, by WebCrypto elsewhere. 32 bytes. */
export async function hmacSha256(key: Uint8Array, message: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  if (nodeCrypto !== undefined) return Uint8Array.from(nodeCrypto.createHmac("sha256", key).update(message).digest());
  // Zeros behind a key change nothing, and not every browser takes an empty one.
  const padded = new Uint8Array(Math.max(key.length, 32));
  padded.set(key);
  const imported = await crypto.subtle.importKey("raw", padded, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  padded.fill(0);
  // WebCrypto's types refuse shared memory, which never holds our bytes.
  return new Uint8Array(await crypto.subtle.sign("HMAC", imported, message as Uint8Array<ArrayBuffer>));
}
