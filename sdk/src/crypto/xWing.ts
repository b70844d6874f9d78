import { MlKem768, sha3_256, shake256 } from "mlkem";
import { concatBytes, randomBytes, utf8 } from "./bytes.ts";
import { x25519, x25519PublicKey } from "./x25519.ts";

/**
 * X-Wing (draft-connolly-cfrg-xwing-kem): ML-KEM-768 and X25519, joined by SHA3-256, where `node:crypto` does not do it
 * (nodeXWing.ts): in browsers.
 */

/** Bytes of an ML-KEM-768 public key: the X25519 one follows. */
const ML_KEM_PUBLIC_BYTES = 1184;
/** Bytes of an ML-KEM-768 ciphertext: the X25519 one follows. */
const ML_KEM_CIPHERTEXT_BYTES = 1088;
/** Where the X25519 key begins in the expanded seed; before it the ML-KEM seed `d ‖ z`. */
const EXPANDED_X25519 = 64;
const LABEL = utf8("\\.//^\\");

type Bytes = Uint8Array<ArrayBuffer>;

/** `expandDecapsulationKey` of the draft, section 5.2. */
async function expand(seed: Uint8Array) {
  const expanded = shake256.create({ dkLen: 96 }).update(seed).digest();
  const curve = expanded.subarray(EXPANDED_X25519);
  const [lattice, point] = await Promise.all([
    new MlKem768().deriveKeyPair(expanded.subarray(0, EXPANDED_X25519)),
    x25519PublicKey(curve),
  ]);
  const [latticePublic, latticePrivate] = lattice;
  return { latticePublic, latticePrivate, curve, point, expanded };
}

/** The public key, 1,216 bytes, of a seed of 32. */
export async function xWingPublicKey(seed: Uint8Array): Promise<Bytes> {
  const { latticePublic, point, expanded } = await expand(seed);
  expanded.fill(0);
  return concatBytes(latticePublic, point);
}

/** Section 5.4. @throws Error when the key is no encoding of one, or its curve's part is of low order */
export async function xWingEncapsulate(publicKey: Uint8Array): Promise<{ sharedSecret: Bytes; enc: Bytes }> {
  const theirs = publicKey.subarray(ML_KEM_PUBLIC_BYTES);
  const ephemeral = randomBytes(32);
  const [[ciphertext, lattice], point, curve] = await Promise.all([
    new MlKem768().encap(publicKey.subarray(0, ML_KEM_PUBLIC_BYTES)),
    x25519PublicKey(ephemeral),
    x25519(ephemeral, theirs),
  ]);
  ephemeral.fill(0);
  return { sharedSecret: combine(lattice, curve, point, theirs), enc: concatBytes(ciphertext, point) };
}

/** Section 5.5. @throws Error when the curve's part is of low order */
export async function xWingDecapsulate(seed: Uint8Array, enc: Uint8Array): Promise<Bytes> {
  const own = await expand(seed);
  const theirs = enc.subarray(ML_KEM_CIPHERTEXT_BYTES);
  try {
    const [lattice, curve] = await Promise.all([
      new MlKem768().decap(enc.subarray(0, ML_KEM_CIPHERTEXT_BYTES), own.latticePrivate),
      x25519(own.curve, theirs),
    ]);
    return combine(lattice, curve, theirs, own.point);
  } finally {
    own.expanded.fill(0);
    own.latticePrivate.fill(0);
  }
}

/** `Combiner`; both secrets are overwritten. */
function combine(lattice: Uint8Array, curve: Uint8Array, point: Uint8Array, publicKey: Uint8Array): Bytes {
  const hash = sha3_256.create();
  for (const part of [lattice, curve, point, publicKey, LABEL]) hash.update(part);
  lattice.fill(0);
  curve.fill(0);
  return Uint8Array.from(hash.digest());
}
