import { isPersonaError } from "../../errors/index.ts";
import { readCertificateTable } from "./certificateTable.ts";
import { SNP_REPORT_BYTES } from "./snpReport.ts";
import type { SnpCertificates } from "./verifySnp.ts";

const POLICY_BIT_17 = 2;

/** Do the first bytes say that it is a report, whatever its length? */
export function looksLikeSnpReport(bytes: Uint8Array): boolean {
  if (bytes.length < 0x50) return false;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [version, algorithm, reserved] = [0x00, 0x34, 0x4c].map((at) => view.getUint32(at, true));
  const isVersion = version !== undefined && version >= 2 && version <= 5;
  return isVersion && algorithm === 1 && reserved === 0 && ((bytes[0x0a] ?? 0) & POLICY_BIT_17) !== 0;
}

/**
 * A report with what a guest's extended request gives behind it, the host's table of certificates; zeros are an empty one. What is behind
 * it and no table stays there, for the verifier to refuse.
 */
export function splitExtendedReport(bytes: Uint8Array): {
  readonly report: Uint8Array;
  /** Where the table has all three. */
  readonly certificates?: SnpCertificates;
} {
  const [report, behind] = [bytes.subarray(0, SNP_REPORT_BYTES), bytes.subarray(SNP_REPORT_BYTES)];
  if (behind.length === 0) return { report: bytes };
  if (behind.every((byte) => byte === 0)) return { report };
  try {
    const { chip, signer, root } = readCertificateTable(behind);
    return chip && signer && root ? { report, certificates: { chip, signer, root } } : { report };
  } catch (error) {
    if (isPersonaError(error, "CERTIFICATE_INVALID")) return { report: bytes };
    throw error;
  }
}
