import { concatBytes } from "./bytes.ts";

/** PrivateKeyInfo around 32 raw bytes (RFC 8410, section 7). */
const PKCS8_PREFIX = Uint8Array.of(0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x6e, 4, 0x22, 4, 0x20);
const BASE_POINT = Uint8Array.from({ length: 32 }, (_, at) => (at === 0 ? 9 : 0));

type Bytes = Uint8Array<ArrayBuffer>;
type Derive = (privateKey: Uint8Array, publicKey: Uint8Array) => Promise<Bytes>;

let chosen: Promise<Derive> | undefined;

/**
 * X25519 (RFC 7748) by WebCrypto, which runs in constant time. Where a platform has none (browsers before 2025) the curve's
 * arithmetic in JavaScript is loaded, and only there.
 *
 * @throws Error where the result would be all zero
 */
export async function x25519(privateKey: Uint8Array, publicKey: Uint8Array): Promise<Bytes> {
  chosen ??= choose();
  return (await chosen)(privateKey, publicKey);
}

/** The public key of a private one. */
export const x25519PublicKey = (privateKey: Uint8Array): Promise<Bytes> => x25519(privateKey, BASE_POINT);

async function choose(): Promise<Derive> {
  try {
    await derive(new Uint8Array(32).fill(1), BASE_POINT);
    return derive;
  } catch {
    return portableX25519;
  }
}

/** The same without WebCrypto. */
export async function portableX25519(privateKey: Uint8Array, publicKey: Uint8Array): Promise<Bytes> {
  const curve = await import("@noble/curves/ed25519.js");
  return Uint8Array.from(curve.x25519.getSharedSecret(privateKey, publicKey));
}

async function derive(privateKey: Uint8Array, publicKey: Uint8Array): Promise<Bytes> {
  const encoded = concatBytes(PKCS8_PREFIX, privateKey);
  try {
    const [own, theirs] = await Promise.all([
      crypto.subtle.importKey("pkcs8", encoded, "X25519", false, ["deriveBits"]),
      crypto.subtle.importKey("raw", Uint8Array.from(publicKey), "X25519", false, []),
    ]);
    return new Uint8Array(await crypto.subtle.deriveBits({ name: "X25519", public: theirs }, own, 256));
  } finally {
    encoded.fill(0);
  }
}
