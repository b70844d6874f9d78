import type { EvidenceKind } from "../runtime/evidenceKind.ts";

/** What a platform gave for one report data. */
export type PlatformEvidence = {
  /** TDX quote, SNP report or Nitro document, without padding. */
  readonly evidence: Uint8Array;
  /** SNP: the host's `cert_table` (VCEK or VLEK, ASK, ARK), as it came. Nothing signs for it: a verifier checks each certificate. */
  readonly certificates?: Uint8Array;
  /** dstack: JSON of the events that RTMRs were extended with. A verifier replays it against the quote's RTMRs. */
  readonly eventLog?: string;
};

/**
 * The outer half of an evidence provider: asks the platform, in the process that may reach devices, files and sockets. The inner
 * half (runtime/hostedEvidence.ts) believes none of it.
 */
export type HostEvidence = {
  readonly kind: Exclude<EvidenceKind, "simulated">;
  /**
   * @param reportData 64 bytes that the enclave chose.
   * @throws PersonaError EVIDENCE_UNAVAILABLE
   */
  quote(reportData: Uint8Array): Promise<PlatformEvidence>;
};
