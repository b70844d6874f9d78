export { chainEvidenceOf, workloadIdOf } from "./dcap/chainEvidence.ts";
export { type DcapCollateral, parseCollateral } from "./dcap/collateral.ts";
export {
  type CollateralClient,
  type CollateralClientParameters,
  createCollateralClient,
} from "./dcap/collateralClient.ts";
export {
  type MeasuredEvent,
  parseEventLog,
  type RtMrs,
  replayEventLog,
  requireEventLog,
} from "./dcap/eventLog.ts";
export { type CollateralKey, fetchCollateral, intelPcs, type PcsService } from "./dcap/fetchCollateral.ts";
export { liteQuoteOf } from "./dcap/liteQuote.ts";
export { quoteKindOf } from "./dcap/quote.ts";
export { quoteChainOf } from "./dcap/quoteChain.ts";
export { readQuoteFields, type VerifyQuoteParameters, verifyQuote } from "./dcap/verifyQuote.ts";
export { type EvidenceClaims, readEvidenceClaims } from "./evidenceClaims.ts";
export { type NitroDocument, readNitroDocument } from "./nitro/nitroDocument.ts";
export { AWS_NITRO_ROOT, type NitroPolicy, verifyNitro } from "./nitro/verifyNitro.ts";
export { type DcapPolicy, defaultDcapPolicy, INTEL_SGX_ROOT } from "./policy.ts";
export {
  type EvidenceResult,
  evidenceResultDigest,
  type QuorumDomain,
  quorumEvidence,
  quorumTypedData,
  type SignedEvidenceResult,
  signerOf,
} from "./quorum/evidenceResult.ts";
export { judgeEvidence, type QuorumEvidence, type QuorumPolicy } from "./quorum/judgeEvidence.ts";
export { type AttestationRule, attestationRules } from "./rules.ts";
export { arrangeSnpCertificates } from "./snp/arrangeCertificates.ts";
export { readCertificateTable } from "./snp/certificateTable.ts";
export type { ChipKeyKind } from "./snp/chipCertificate.ts";
export type { SnpPolicy } from "./snp/snpPolicy.ts";
export { AMD_ROOTS, type SnpProduct, type SnpTcb } from "./snp/snpProduct.ts";
export { readSnpReport, SNP_REPORT_BYTES, type SnpReport } from "./snp/snpReport.ts";
export { type SnpCertificates, verifySnp } from "./snp/verifySnp.ts";
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
export {
  type EvidenceFamily,
  evidenceFamilyOf,
  type VerifyEvidenceParameters,
  verifyEvidence,
} from "./verifyEvidence.ts";
export { nitroWorkloadId, sgxWorkloadId, snpWorkloadId, tdWorkloadId } from "./workloadId.ts";
export * from "./x509/index.ts";
