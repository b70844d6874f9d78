import type { Hex } from "viem";
import { PersonaError } from "../errors/index.ts";
import { quoteKindOf, readQuote } from "./dcap/quote.ts";
import { readNitroDocument } from "./nitro/nitroDocument.ts";
import { readOrThrow } from "./rules.ts";
import { readSnpReport, requireSnpForm, SNP_REPORT_BYTES } from "./snp/snpReport.ts";
import { nitroWorkloadId, sgxWorkloadId, snpWorkloadId, tdWorkloadId } from "./workloadId.ts";

/** What evidence says, believed by nobody yet: no signature was looked at. */
export type EvidenceClaims = {
  readonly platform: "sgx" | "tdx" | "snp" | "nitro";
  /** Workload id. */
  readonly measurement: Hex;
  readonly reportData: Uint8Array;
};

/**
 * What a piece of evidence claims, for whoever asked for it and wants to know that it is an answer to that. It proves nothing:
 * that is for `verifyQuote`, `verifySnp` and `verifyNitro`.
 *
 * @throws PersonaError EVIDENCE_UNREADABLE
 */
export function readEvidenceClaims(evidence: Uint8Array): EvidenceClaims {
  return readOrThrow(() => {
    if (evidence.length === SNP_REPORT_BYTES) return snpClaims(evidence);
    if (quoteKindOf(evidence) !== undefined) return quoteClaims(evidence);
    // An array of four, with or without tag 18.
    if (evidence[0] === 0x84 || evidence[0] === 0xd2) return nitroClaims(evidence);
    throw new PersonaError("EVIDENCE_UNREADABLE", "The bytes are no evidence of a known kind.");
  });
}

function quoteClaims(evidence: Uint8Array): EvidenceClaims {
  const { body } = readQuote(evidence);
  const { reportData } = body.report;
  if (body.type === "sgx") return { platform: "sgx", measurement: sgxWorkloadId(body.report.mrEnclave), reportData };
  return { platform: "tdx", measurement: tdWorkloadId(body.report.bytes), reportData };
}

function snpClaims(evidence: Uint8Array): EvidenceClaims {
  const report = readSnpReport(evidence);
  requireSnpForm(evidence, report);
  return { platform: "snp", measurement: snpWorkloadId(report), reportData: report.reportData };
}

function nitroClaims(evidence: Uint8Array): EvidenceClaims {
  const { pcrs, userData } = readNitroDocument(evidence);
  return { platform: "nitro", measurement: nitroWorkloadId(pcrs), reportData: userData ?? new Uint8Array() };
}
