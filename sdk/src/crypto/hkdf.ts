import { hkdf as nobleHkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";

/** HKDF-SHA-256 (RFC 5869), extract and expand. An empty `salt` counts as 32 zero bytes, as the RFC has it. */
export function hkdfSha256(parameters: hkdfSha256.Parameters): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(
    nobleHkdf(sha256, parameters.ikm, parameters.salt ?? new Uint8Array(), parameters.info, parameters.length),
  );
}

export declare namespace hkdfSha256 {
  type Parameters = {
    readonly ikm: Uint8Array;
    readonly salt?: Uint8Array;
    readonly info: Uint8Array;
    /** Bytes wanted, at most 8,160. */
    readonly length: number;
  };
}
