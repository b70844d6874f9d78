import { opensslTime } from "../opensslTime.ts";
import type { EvidenceFields } from "../verdict.ts";
import type { Certificate } from "../x509/index.ts";
import { hexOf } from "../x509/index.ts";
import type { NitroDocument } from "./nitroDocument.ts";

/** What stands in a document, for people and programs. PCRs that are all zero are left out of `pcrs` and counted in `pcr_count`. */
export function nitroFields(bytes: Uint8Array, document: NitroDocument, leaf: Certificate | undefined): EvidenceFields {
  const { moduleId, digest, timestamp, pcrs, cabundle, publicKey, userData, nonce } = document;
  const set = [...pcrs].filter(([, register]) => register.some((byte) => byte !== 0));
  const optional = (value: Uint8Array | null) => (value === null ? null : hexOf(value));
  return {
    bytes: bytes.length,
    first: hexOf(bytes.subarray(0, 1)),
    module_id: moduleId,
    digest,
    timestamp,
    iso: new Date(timestamp).toISOString(),
    pcrs: Object.fromEntries(set.map(([index, register]) => [String(index), hexOf(register)])),
    pcr_count: pcrs.size,
    public_key: optional(publicKey),
    user_data: optional(userData),
    nonce: optional(nonce),
    ...(leaf === undefined
      ? {}
      : { leafValidFrom: opensslTime(leaf.notBefore), leafValidTo: opensslTime(leaf.notAfter) }),
    chainLen: cabundle.length + 1,
  };
}
