export { type ReclaimPolicy, reclaimAttestors } from "./reclaim/reclaimPolicy.ts";
export { type ReclaimRule, reclaimRules } from "./reclaim/reclaimRules.ts";
export { type ReclaimVerdict, reclaimVerifier, verifyReclaim } from "./reclaim/verifyReclaim.ts";
export { isJsonObject, parseStrictJson } from "./strictJson.ts";
export { isTlsNotaryPresentation, type TlsProofVerifier } from "./tlsProofVerifier.ts";
export type { JsonValue, ProvenanceVerdict, VerdictFields } from "./verdict.ts";
