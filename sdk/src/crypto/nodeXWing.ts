import { randomBytes, utf8 } from "./bytes.ts";
import {
  mlKemPrivate,
  mlKemPublic,
  type NodeHpkeCrypto,
  rawX25519,
  x25519Private,
  x25519Public,
} from "./nodeHpkeCrypto.ts";

/** Bytes of an ML-KEM-768 public key: the X25519 one follows. */
const ML_KEM_PUBLIC_BYTES = 1184;
/** Bytes of an ML-KEM-768 ciphertext: the X25519 one follows. */
const ML_KEM_CIPHERTEXT_BYTES = 1088;
/** Where the X25519 key begins in the expanded seed; before it the ML-KEM seed `d ‖ z`. */
const EXPANDED_X25519 = 64;
const LABEL = utf8("\\.//^\\");

type Bytes = Uint8Array<ArrayBuffer>;

/** `Encapsulate` of draft-connolly-cfrg-xwing-kem, section 5.4. @throws Error for what is no public key */
export function encapsulate(node: NodeHpkeCrypto, publicKey: Uint8Array): { sharedSecret: Bytes; enc: Bytes } {
  const theirs = publicKey.subarray(ML_KEM_PUBLIC_BYTES);
  const lattice = node.encapsulate(mlKemPublic(node, publicKey.subarray(0, ML_KEM_PUBLIC_BYTES)));
  const secret = randomBytes(32);
  const ephemeral = x25519Private(node, secret);
  secret.fill(0);
  const point = rawX25519(node.createPublicKey(ephemeral));
  const curve = node.diffieHellman({ privateKey: ephemeral, publicKey: x25519Public(node, theirs) });
  const enc = new Uint8Array(ML_KEM_CIPHERTEXT_BYTES + point.length);
  enc.set(lattice.ciphertext);
  enc.set(point, ML_KEM_CIPHERTEXT_BYTES);
  return { sharedSecret: combine(node, lattice.sharedKey, curve, point, theirs), enc };
}

/** `Decapsulate` of the same. @param seed the private key, 32 bytes @throws Error when the curve's part is of low order */
export function decapsulate(node: NodeHpkeCrypto, seed: Uint8Array, enc: Uint8Array): Bytes {
  const expanded = node.createHash("shake256", { outputLength: 96 }).update(seed).digest();
  const lattice = mlKemPrivate(node, expanded.subarray(0, EXPANDED_X25519));
  const own = x25519Private(node, expanded.subarray(EXPANDED_X25519));
  expanded.fill(0);
  const point = enc.subarray(ML_KEM_CIPHERTEXT_BYTES);
  const shared = node.decapsulate(lattice, enc.subarray(0, ML_KEM_CIPHERTEXT_BYTES));
  const curve = node.diffieHellman({ privateKey: own, publicKey: x25519Public(node, point) });
  return combine(node, shared, curve, point, rawX25519(node.createPublicKey(own)));
}

/** `Combiner` of the same; both halves are overwritten. */
function combine(
  node: NodeHpkeCrypto,
  lattice: Uint8Array,
  curve: Uint8Array,
  point: Uint8Array,
  publicKey: Uint8Array,
): Bytes {
  const hash = node.createHash("sha3-256");
  for (const part of [lattice, curve, point, publicKey, LABEL]) hash.update(part);
  lattice.fill(0);
  curve.fill(0);
  return Uint8Array.from(hash.digest());
}
