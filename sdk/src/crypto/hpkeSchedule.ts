import { concatBytes, utf8 } from "./bytes.ts";
import { hmacSha256 } from "./hmac.ts";

/**
 * The key schedule of HPKE's base mode (RFC 9180, 5.1) for the one suite of this protocol: X-Wing (0x647a), HKDF-SHA-256 (1),
 * AES-256-GCM (2). One message a context, so the sequence number is 0 and the nonce is the base nonce.
 */
const SUITE_ID = Uint8Array.of(...utf8("HPKE"), 0x64, 0x7a, 0, 1, 0, 2);
const VERSION = utf8("HPKE-v1");
const EMPTY = new Uint8Array();
const MODE_BASE = Uint8Array.of(0);
const HASH_BYTES = 32;
const KEY_BYTES = 32;
const NONCE_BYTES = 12;

type Bytes = Uint8Array<ArrayBuffer>;

export type HpkeSecrets = {
  readonly key: Bytes;
  readonly nonce: Bytes;
  /** `Context.Export` (5.3). */
  readonly exportSecret: (context: Uint8Array, length: number) => Promise<Bytes>;
};

/** @param sharedSecret of the KEM; it is overwritten */
export async function hpkeSecrets(sharedSecret: Uint8Array, info: Uint8Array): Promise<HpkeSecrets> {
  const pskIdHash = await labeledExtract(EMPTY, "psk_id_hash", EMPTY);
  const context = concatBytes(MODE_BASE, pskIdHash, await labeledExtract(EMPTY, "info_hash", info));
  const secret = await labeledExtract(sharedSecret, "secret", EMPTY);
  sharedSecret.fill(0);
  const key = await labeledExpand(secret, "key", context, KEY_BYTES);
  const nonce = await labeledExpand(secret, "base_nonce", context, NONCE_BYTES);
  const exporter = await labeledExpand(secret, "exp", context, HASH_BYTES);
  secret.fill(0);
  return { key, nonce, exportSecret: (label, length) => labeledExpand(exporter, "sec", label, length) };
}

/** HKDF-Extract (RFC 5869, 2.2): HMAC under the salt. */
function labeledExtract(salt: Uint8Array, label: string, ikm: Uint8Array): Promise<Bytes> {
  return hmacSha256(salt, concatBytes(VERSION, SUITE_ID, utf8(label), ikm));
}

/** HKDF-Expand (2.3). */
async function labeledExpand(prk: Uint8Array, label: string, info: Uint8Array, length: number): Promise<Bytes> {
  const labeled = concatBytes(Uint8Array.of(length >> 8, length & 0xff), VERSION, SUITE_ID, utf8(label), info);
  const out = new Uint8Array(Math.ceil(length / HASH_BYTES) * HASH_BYTES);
  let block: Uint8Array = EMPTY;
  for (let at = 0; at < length; at += HASH_BYTES) {
    block = await hmacSha256(prk, concatBytes(block, labeled, Uint8Array.of(at / HASH_BYTES + 1)));
    out.set(block, at);
  }
  return out.slice(0, length);
}
