import { opensslTime } from "../opensslTime.ts";
import type { EvidenceFields } from "../verdict.ts";
import { type Certificate, hexOf } from "../x509/index.ts";
import type { SnpReport } from "./snpReport.ts";

/** From when until when a chip's certificate is valid. */
export function chipFields({ notBefore, notAfter }: Certificate): EvidenceFields {
  return { vcekValidFrom: opensslTime(notBefore), vcekValidTo: opensslTime(notAfter) };
}

/** What stands in a report, byte strings in the report's own order. */
export function snpFields(report: SnpReport): EvidenceFields {
  return {
    version: report.version,
    guest_svn: report.guestSvn,
    policy: `0x${report.policy.toString(16)}`,
    family_id: hexOf(report.familyId),
    image_id: hexOf(report.imageId),
    vmpl: report.vmpl,
    sig_algo: report.signatureAlgorithm,
    current_tcb: hexOf(report.currentTcb),
    platform_info: hexOf(report.platformInfo),
    key_info: `0x${report.keyInfo.toString(16)}`,
    report_data: hexOf(report.reportData),
    measurement: hexOf(report.measurement),
    host_data: hexOf(report.hostData),
    id_key_digest: hexOf(report.idKeyDigest),
    author_key_digest: hexOf(report.authorKeyDigest),
    report_id: hexOf(report.reportId),
    report_id_ma: hexOf(report.reportIdMa),
    reported_tcb: hexOf(report.reportedTcb),
    cpuid_fms: hexOf(report.cpuid),
    chip_id: hexOf(report.chipId),
    committed_tcb: hexOf(report.committedTcb),
    launch_tcb: hexOf(report.launchTcb),
  };
}
