export { type DcapPolicy, defaultDcapPolicy, INTEL_SGX_ROOT } from "./policy.ts";
export { type AttestationRule, attestationRules } from "./rules.ts";
export type {
  AcceptedEvidence,
  AttestationVerdict,
  DcapPlatform,
  EvidenceFields,
  EvidenceKind,
  NitroPlatform,
  PlatformIdentity,
  RejectedEvidence,
  SnpPlatform,
  TcbStatus,
} from "./verdict.ts";
export * from "./x509/index.ts";
