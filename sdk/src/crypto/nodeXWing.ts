import { utf8 } from "./bytes.ts";
import {
  mlKemPrivate,
  mlKemPublic,
  type NodeHpkeCrypto,
  type NodeKey,
  rawX25519,
  rawX25519OfSpki,
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

/** Both halves of a key, public or private, in the platform's memory; `point` is the X25519 public key. */
type Halves = { readonly lattice: NodeKey; readonly curve: NodeKey; readonly point: Bytes };

/** An X-Wing public key that has been read: for an ML-KEM key that takes longer than sealing to it. */
export type PlatformPublicKey = Halves & { readonly kind: "public" };

/** An X-Wing private key that has been expanded: that takes longer than opening a box with it. */
export type PlatformPrivateKey = Halves & { readonly kind: "private" };

/** @param publicKey 1,216 bytes @throws Error for what is no public key */
export function platformPublicKey(node: NodeHpkeCrypto, publicKey: Uint8Array): PlatformPublicKey {
  const point = Uint8Array.from(publicKey.subarray(ML_KEM_PUBLIC_BYTES));
  const lattice = mlKemPublic(node, publicKey.subarray(0, ML_KEM_PUBLIC_BYTES));
  return { kind: "public", lattice, curve: x25519Public(node, point), point };
}

/** `expandDecapsulationKey` of draft-connolly-cfrg-xwing-kem, section 5.2. @param seed 32 bytes */
export function platformPrivateKey(node: NodeHpkeCrypto, seed: Uint8Array): PlatformPrivateKey {
  const expanded = node.createHash("shake256", { outputLength: 96 }).update(seed).digest();
  const lattice = mlKemPrivate(node, expanded.subarray(0, EXPANDED_X25519));
  const curve = x25519Private(node, expanded.subarray(EXPANDED_X25519));
  expanded.fill(0);
  return { kind: "private", lattice, curve, point: rawX25519(node.createPublicKey(curve)) };
}

/** `Encapsulate` of the same draft, section 5.4. @throws Error when the curve's part of the key is of low order */
export function encapsulate(node: NodeHpkeCrypto, theirs: PlatformPublicKey): { sharedSecret: Bytes; enc: Bytes } {
  const lattice = node.encapsulate(theirs.lattice);
  const spki = { type: "spki", format: "der" } as const;
  const ephemeral = node.generateKeyPairSync("x25519", { publicKeyEncoding: spki });
  const point = rawX25519OfSpki(ephemeral.publicKey);
  const curve = node.diffieHellman({ privateKey: ephemeral.privateKey, publicKey: theirs.curve });
  const enc = new Uint8Array(ML_KEM_CIPHERTEXT_BYTES + point.length);
  enc.set(lattice.ciphertext);
  enc.set(point, ML_KEM_CIPHERTEXT_BYTES);
  return { sharedSecret: combine(node, lattice.sharedKey, curve, point, theirs.point), enc };
}

/** `Decapsulate` of the same. @param enc 1,120 bytes @throws Error when the curve's part is of low order */
export function decapsulate(node: NodeHpkeCrypto, own: PlatformPrivateKey, enc: Uint8Array): Bytes {
  const point = enc.subarray(ML_KEM_CIPHERTEXT_BYTES);
  const shared = node.decapsulate(own.lattice, enc.subarray(0, ML_KEM_CIPHERTEXT_BYTES));
  const curve = node.diffieHellman({ privateKey: own.curve, publicKey: x25519Public(node, point) });
  return combine(node, shared, curve, point, own.point);
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
