import type { Hex } from "viem";
import { utf8 } from "../crypto/index.ts";
import { PersonaError } from "../errors/index.ts";
import type { DcapCollateral } from "./dcap/collateral.ts";
import { quoteKindOf } from "./dcap/quote.ts";
import { verifyQuote } from "./dcap/verifyQuote.ts";
import { verifyNitro } from "./nitro/verifyNitro.ts";
import { looksLikeSnpReport, splitExtendedReport } from "./snp/extendedReport.ts";
import { SNP_REPORT_BYTES } from "./snp/snpReport.ts";
import { type SnpCertificates, verifySnp } from "./snp/verifySnp.ts";
import type { AttestationVerdict } from "./verdict.ts";

/** Which verifier evidence is for: SGX and TDX quotes have one. */
export type EvidenceFamily = "dcap" | "nitro" | "snp";

export type VerifyEvidenceParameters = {
  readonly evidence: Uint8Array;
  /** SGX and TDX. */
  readonly collateral?: DcapCollateral | undefined;
  /** SNP: VCEK, ASK and ARK. Default: those of the table behind an extended report. */
  readonly certificates?: SnpCertificates | undefined;
  /** Unix seconds. Nitro documents are judged at their own time without it; for the others it defaults to the clock. */
  readonly at?: number | undefined;
  /** SHA-256 of the DER of another root than the maker's. */
  readonly rootFingerprint?: Hex | undefined;
};

/** The field of every Nitro document's payload that comes first. */
const NITRO_FIELD = utf8("module_id");
const NITRO_FIELD_WITHIN = 64;

/** What the bytes look like. Says nothing about whether they are any good; undefined when they look like nothing known. */
export function evidenceFamilyOf(bytes: Uint8Array): EvidenceFamily | undefined {
  if (quoteKindOf(bytes) !== undefined) return "dcap";
  // COSE_Sign1: an array of four, with tag 18 or without.
  const isCose = bytes[0] === 0x84 || (bytes[0] === 0xd2 && bytes[1] === 0x84);
  if (isCose || contains(bytes.subarray(0, NITRO_FIELD_WITHIN), NITRO_FIELD)) return "nitro";
  return bytes.length === SNP_REPORT_BYTES || looksLikeSnpReport(bytes) ? "snp" : undefined;
}

/**
 * Judges evidence of any kind by the makers' roots and the default policies, or another root.
 *
 * @throws EVIDENCE_UNREADABLE when the bytes are of no known kind; whatever else is wrong is a verdict.
 */
export async function verifyEvidence(parameters: VerifyEvidenceParameters): Promise<AttestationVerdict> {
  const { evidence, collateral, certificates, at, rootFingerprint } = parameters;
  const policy = rootFingerprint === undefined ? {} : { policy: { rootFingerprint } };
  const now = at ?? Math.floor(Date.now() / 1000);
  switch (evidenceFamilyOf(evidence)) {
    case "dcap":
      return verifyQuote({ quote: evidence, collateral, now, ...policy });
    case "nitro":
      return verifyNitro(evidence, { ...(at !== undefined && { at }), ...policy });
    case "snp": {
      const { report, certificates: own } = splitExtendedReport(evidence);
      return verifySnp(report, { certificates: certificates ?? own, at: now, ...policy });
    }
    case undefined:
      throw new PersonaError("EVIDENCE_UNREADABLE", "The bytes are no evidence of a known kind.", {
        data: { bytes: evidence.length },
      });
  }
}

function contains(bytes: Uint8Array, wanted: Uint8Array): boolean {
  return bytes.some((_, at) => wanted.every((byte, index) => bytes[at + index] === byte));
}
