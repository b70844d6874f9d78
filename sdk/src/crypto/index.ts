export { aeadDecrypt, aeadEncrypt, aeadOpen, aeadSeal, importAeadKey } from "./aead.ts";
export { argon2id } from "./argon2id.ts";
export {
  concatBytes,
  equalBytes,
  fromHex,
  randomBytes,
  toHex,
  u32,
  u64,
  utf8,
  zeroise,
} from "./bytes.ts";
export { hkdfSha256 } from "./hkdf.ts";
export {
  deriveKemKeyPair,
  generateKemKeyPair,
  HPKE_TAG_BYTES,
  KEM_ENC_BYTES,
  KEM_PRIVATE_KEY_BYTES,
  KEM_PUBLIC_KEY_BYTES,
  type KemKeyPair,
  type KemPrivateKey,
  type KemPublicKey,
  keyIdOf,
  open,
  openWithExport,
  RESULT_SALT_CONTEXT,
  type SealedBox,
  seal,
  sealWithExport,
} from "./hpke.ts";
export { type NodeCrypto, type NodePublicKey, nodeCrypto } from "./nodeCrypto.ts";
export { readyPrivateKey, readyPublicKey } from "./readyKeys.ts";
export { keccak256, sha256, sha256Async, sha256Hex } from "./sha256.ts";
export { createSha256 } from "./sha256Stream.ts";
export { combineSecret, isThreshold, MAX_SHARES, splitSecret } from "./shamir.ts";
