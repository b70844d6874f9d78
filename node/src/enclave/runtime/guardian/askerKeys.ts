import { equalBytes, type KemPublicKey, keyIdOf, readyPublicKey } from "@persona-protocol/sdk/crypto";
import type { Hex } from "viem";

/** KEM keys of enclaves that were released something lately: hashing one and making it ready is as much as sealing to it. */
export type AskerKeys = {
  /** Whether `kemKey` hashes to `keyId`. */
  isKey(keyId: Hex, kemKey: Uint8Array): boolean;
  /** @param keyId what `kemKey` was found to hash to @throws PersonaError SEALED_BOX_INVALID when it is no key */
  ready(keyId: Hex, kemKey: Uint8Array): KemPublicKey;
};

const maxKept = 256;

export function createAskerKeys(): AskerKeys {
  const kept = new Map<Hex, { readonly bytes: Uint8Array; readonly key: KemPublicKey }>();
  const find = (keyId: Hex, kemKey: Uint8Array) => {
    const known = kept.get(keyId);
    return known !== undefined && equalBytes(known.bytes, kemKey) ? known.key : undefined;
  };
  return {
    isKey: (keyId, kemKey) => find(keyId, kemKey) !== undefined || keyIdOf(kemKey) === keyId,
    ready(keyId, kemKey) {
      const known = find(keyId, kemKey);
      if (known !== undefined) return known;
      const key = readyPublicKey(kemKey);
      const [oldest] = kept.keys();
      if (kept.size >= maxKept && oldest !== undefined) kept.delete(oldest);
      kept.set(keyId, { bytes: Uint8Array.from(kemKey), key });
      return key;
    },
  };
}
