import { type Hex, hexToBytes, keccak256, size, slice, stringToHex } from "viem";
import { PersonaError } from "../../errors/index.ts";
import { readNitroDocument } from "../nitro/nitroDocument.ts";
import { verifyNitro } from "../nitro/verifyNitro.ts";
import type { SnpPolicy } from "../snp/snpPolicy.ts";
import { readSnpReport } from "../snp/snpReport.ts";
import { type SnpCertificates, verifySnp } from "../snp/verifySnp.ts";
import type { AcceptedEvidence, AttestationVerdict } from "../verdict.ts";
import { nitroWorkloadId, snpWorkloadId } from "../workloadId.ts";
import type { EvidenceResult } from "./evidenceResult.ts";

/** What a verifier node is asked to judge: the kinds that no contract can. */
export type QuorumEvidence =
  | { readonly kind: "nitro"; readonly evidence: Uint8Array }
  | { readonly kind: "snp"; readonly evidence: Uint8Array; readonly certificates: SnpCertificates };

/** Each setting must be the same at all nodes of a quorum, or they will not say the same. */
export type QuorumPolicy = {
  /** Development roots, instead of the makers'. */
  readonly nitroRoot?: Hex;
  readonly snpRoot?: Hex;
  readonly minimumSnpTcb?: SnpPolicy["minimumTcb"];
};

/** Index in `NodePolicy.vendors`. */
const VENDOR = { amd: 2, aws: 3 } as const;

/** A document is made for one registration: an older one is somebody else's. */
const MAX_DOCUMENT_AGE_SECONDS = 300;
/** A key is attested anew each week. */
const LIFETIME_SECONDS = 7 * 86_400;
const NO_PLATFORM: Hex = `0x${"00".repeat(32)}`;

/**
 * Judges evidence as every node of a quorum must: the same evidence, time and policy give the same result.
 *
 * @param verifiedAt Unix seconds, as the asker proposes it; the caller holds it against its own clock.
 * @throws PersonaError EVIDENCE_REFUSED with the rule that does not hold
 */
export async function judgeEvidence(
  asked: QuorumEvidence,
  verifiedAt: number,
  policy: QuorumPolicy = {},
): Promise<EvidenceResult> {
  return asked.kind === "nitro" ? judgeNitro(asked, verifiedAt, policy) : judgeSnp(asked, verifiedAt, policy);
}

async function judgeNitro(
  { evidence }: QuorumEvidence,
  verifiedAt: number,
  { nitroRoot: root }: QuorumPolicy,
): Promise<EvidenceResult> {
  const verdict = requireAccepted(
    await verifyNitro(evidence, {
      at: verifiedAt,
      policy: { maxAgeSeconds: MAX_DOCUMENT_AGE_SECONDS, ...(root === undefined ? {} : { rootFingerprint: root }) },
    }),
  );
  const { pcrs } = readNitroDocument(evidence);
  const instance = pcrs.get(4);
  return {
    ...common(verdict),
    measurement: nitroWorkloadId(pcrs),
    platform: instance?.some((byte) => byte !== 0) === true ? keccak256(instance) : NO_PLATFORM,
    vendor: VENDOR.aws,
    verifiedAt,
    // The signing certificate lives three hours; what it has signed once is believed as long as any other registration.
    validUntil: verifiedAt + LIFETIME_SECONDS,
  };
}

async function judgeSnp(
  { evidence, certificates }: Extract<QuorumEvidence, { kind: "snp" }>,
  verifiedAt: number,
  { snpRoot: root, minimumSnpTcb: minimumTcb }: QuorumPolicy,
): Promise<EvidenceResult> {
  const verdict = requireAccepted(
    await verifySnp(evidence, {
      certificates,
      at: verifiedAt,
      policy: {
        // What is measured runs at the highest level; a report of a lower one may be anybody's in the guest.
        acceptedVmpls: [0],
        ...(root === undefined ? {} : { rootFingerprint: root }),
        ...(minimumTcb === undefined ? {} : { minimumTcb }),
      },
    }),
  );
  const { platform } = verdict;
  return {
    ...common(verdict),
    measurement: snpWorkloadId(readSnpReport(evidence)),
    platform: platformOf(platform),
    vendor: VENDOR.amd,
    verifiedAt,
    validUntil: Math.min(verdict.validUntil, verifiedAt + LIFETIME_SECONDS),
  };
}

/** The chip; of a VLEK's report, whose chip may be masked, the cloud where it is. */
function platformOf(platform: AcceptedEvidence["platform"]): Hex {
  if (platform.maker !== "amd") return NO_PLATFORM;
  const { chipId, cspId } = platform;
  const masked = hexToBytes(chipId).every((byte) => byte === 0);
  return masked && cspId !== undefined ? keccak256(stringToHex(cspId)) : keccak256(chipId);
}

function requireAccepted(verdict: AttestationVerdict): AcceptedEvidence {
  if (verdict.verdict === "accept") return verdict;
  const { kind, rule, detail } = verdict;
  throw new PersonaError("EVIDENCE_REFUSED", detail, { data: { kind, rule } });
}

function common({ identity, reportData, kind }: AcceptedEvidence) {
  if (size(reportData) !== 64) {
    throw new PersonaError("EVIDENCE_REFUSED", "The evidence does not carry 64 bytes of report data.", {
      data: { kind, bytes: size(reportData) },
    });
  }
  return {
    evidenceHash: identity,
    reportDataHi: slice(reportData, 0, 32),
    reportDataLo: slice(reportData, 32, 64),
  };
}
