import { sha256 } from "@noble/hashes/sha2.js";
import { nodeCrypto } from "./nodeCrypto.ts";

/** SHA-256 over a stream: feed with `update`, end with `digest` once. The platform's own in Node, JavaScript elsewhere. */
export function createSha256(): { update(bytes: Uint8Array): void; digest(): Uint8Array<ArrayBuffer> } {
  const state = nodeCrypto?.createHash("sha256") ?? sha256.create();
  return {
    update(bytes) {
      state.update(bytes);
    },
    digest() {
      return Uint8Array.from(state.digest());
    },
  };
}
