export { judgeMail, leastRsaBits, type MailPolicy, type MailVerdict } from "./mail/judgeMail.ts";
export type { ArcFacts, MailFacts, SignatureFacts, SignatureOutcome } from "./mail/mailFacts.ts";
export { type MailRule, type MailWarning, mailRules, mailWarnings } from "./mail/mailRules.ts";
export { type ReclaimPolicy, reclaimAttestors } from "./reclaim/reclaimPolicy.ts";
export { type ReclaimRule, reclaimRules } from "./reclaim/reclaimRules.ts";
export { type ReclaimVerdict, reclaimVerifier, verifyReclaim } from "./reclaim/verifyReclaim.ts";
export { isJsonObject, parseStrictJson } from "./strictJson.ts";
export { isTlsNotaryPresentation, type TlsProofVerifier } from "./tlsProofVerifier.ts";
export type { JsonValue, ProvenanceVerdict, VerdictFields } from "./verdict.ts";
