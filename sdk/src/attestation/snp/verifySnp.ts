import { bytesToHex, type Hex, keccak256 } from "viem";
import { equalBytes } from "../../crypto/index.ts";
import { RuleBroken, readUnder, requireRule } from "../rules.ts";
import type { AttestationVerdict, EvidenceFields } from "../verdict.ts";
import {
  type Certificate,
  isCrlOf,
  isCurrentAt,
  isValidAt,
  mayIssue,
  readCrl,
  sameName,
  verifySignature,
} from "../x509/index.ts";
import { certificateDigest, isSignedByKnown, readKnownCertificate } from "../x509/knownAuthorities.ts";
import { type ChipCertificate, type ChipKeyKind, readChipCertificate } from "./chipCertificate.ts";
import { chipFields, snpFields } from "./snpFields.ts";
import { ALL_VMPLS, type SnpPolicy } from "./snpPolicy.ts";
import { AMD_ROOTS, productNames, productOfCpu, readSnpTcb, type SnpProduct } from "./snpProduct.ts";
import { readSnpReport, requireSnpForm, type SnpReport } from "./snpReport.ts";

/** DER of each. AMD's key distribution service gives them, and most hosts hand them to their guests. */
export type SnpCertificates = {
  /** VCEK or VLEK. */
  readonly chip: Uint8Array;
  /** ASK, or ASVK for a VLEK. */
  readonly signer: Uint8Array;
  /** ARK. */
  readonly root: Uint8Array;
  /** The root's revocation list, where one is at hand. */
  readonly crl?: Uint8Array;
};

/**
 * Judges an AMD SEV-SNP attestation report.
 *
 * @param options.at Unix seconds: reports carry no time of their own.
 */
export async function verifySnp(
  bytes: Uint8Array,
  options: { readonly certificates: SnpCertificates | undefined; readonly at: number; readonly policy?: SnpPolicy },
): Promise<AttestationVerdict> {
  const { certificates, at, policy = {} } = options;
  let fields: EvidenceFields = {};
  try {
    const report = readSnpReport(bytes);
    fields = snpFields(report);
    requireSnpForm(bytes, report);
    const kind = signingKey(report);
    requireRule("snp-chain-missing", certificates !== undefined, "There are no certificates.");
    const chain = readChain(certificates);
    fields = { ...chipFields(chain.chip), ...fields };
    const chip = readChipCertificate(chain.chip, kind);
    fields = { ...fields, product: chip.product };
    requireProduct(report, chip.product);
    requireChain(chain, chip, at, policy.rootFingerprint ?? AMD_ROOTS[chip.product]);
    requireSame(report, chip);
    const crlUntil = await requireSignatures(report, chain, certificates.crl, at);
    fields = { ...fields, verified: true };
    requirePolicy(report, chip.product, policy);
    const { measurement, hostData, idKeyDigest, authorKeyDigest } = report;
    return {
      verdict: "accept",
      kind: "snp",
      status: null,
      advisories: [],
      platform: {
        maker: "amd",
        product: chip.product,
        chipId: bytesToHex(report.chipId),
        reportedTcb: bytesToHex(report.reportedTcb),
        ...(chip.cspId === undefined ? {} : { cspId: chip.cspId }),
      },
      measurements: {
        measurement: bytesToHex(measurement),
        hostData: bytesToHex(hostData),
        idKeyDigest: bytesToHex(idKeyDigest),
        authorKeyDigest: bytesToHex(authorKeyDigest),
      },
      reportData: bytesToHex(report.reportData),
      identity: keccak256(report.signed),
      validUntil: Math.min(crlUntil, ...Object.values(chain).map(({ notAfter }) => notAfter)),
      fields,
    };
  } catch (error) {
    if (!(error instanceof RuleBroken)) throw error;
    const { rule, message: detail, status, advisories } = error;
    return { verdict: "reject", kind: "snp", rule, detail, status, advisories, fields: { verified: false, ...fields } };
  }
}

type Chain = { readonly root: Certificate; readonly signer: Certificate; readonly chip: Certificate };

/** Bits 2 to 4 of the key information: 0 VCEK, 1 VLEK, 7 unsigned. */
function signingKey({ keyInfo }: SnpReport): ChipKeyKind {
  const key = (keyInfo >>> 2) & 7;
  requireRule("snp-signer", key === 0 || key === 1, `Its signing key is number ${key}.`);
  return key === 0 ? "vcek" : "vlek";
}

function readChain({ root, signer, chip }: SnpCertificates): Chain {
  const read = (der: Uint8Array, at: string, key: "RSA-4096" | "P-384") => {
    const certificate = readUnder("snp-chain-format", () => readKnownCertificate(der, at));
    const kinds = certificate.publicKey.kind === key && certificate.signatureAlgorithm === "rsa-pss-sha384";
    requireRule("snp-chain-format", kinds, `The ${at} is not of ${key} and RSA-PSS.`);
    return certificate;
  };
  return {
    root: read(root, "root certificate (ARK)", "RSA-4096"),
    signer: read(signer, "signing key's certificate (ASK)", "RSA-4096"),
    chip: read(chip, "chip's certificate (VCEK)", "P-384"),
  };
}

function requireProduct({ version, cpuid }: SnpReport, product: SnpProduct): void {
  if (version < 3) return;
  const [family = 0, model = 0] = cpuid;
  const told = productOfCpu(family, model);
  requireRule("snp-product", told === product, `The report is of a ${told ?? "processor that is not known"}.`);
}

/** Everything about the chain but its signatures, each rule for all certificates. */
function requireChain(chain: Chain, { kind, product }: ChipCertificate, at: number, rootFingerprint: Hex): void {
  const { root, signer, chip } = chain;
  requireRule(
    "snp-chain-root",
    `0x${certificateDigest(root)}` === rootFingerprint.toLowerCase(),
    "Its root is another.",
  );
  const named =
    sameName(root.issuer, root.subject) &&
    sameName(signer.issuer, root.subject) &&
    sameName(chip.issuer, signer.subject);
  requireRule("snp-chain-issuer", named, "A certificate names another issuer.");
  const line = productNames[product];
  const names = [
    [root, `ARK-${line}`],
    [signer, kind === "vcek" ? `SEV-${line}` : `SEV-VLEK-${line}`],
    [chip, kind === "vcek" ? "SEV-VCEK" : "SEV-VLEK"],
  ] as const;
  for (const [{ subject }, name] of names) {
    requireRule("snp-chain-name", subject.commonName === name, `A certificate is not called ${name}.`);
  }
  const authorities = mayIssue(root) && mayIssue(signer) && (root.pathLength ?? 1) >= 1;
  requireRule(
    "snp-chain-ca",
    authorities && !chip.isCa,
    "A certificate may sign that must not, or the other way round.",
  );
  for (const each of [root, signer, chip]) {
    requireRule("snp-chain-validity", isValidAt(each, at), "A certificate is not valid at that time.");
  }
}

/** The certificate is for this chip, at this level of its firmware. */
function requireSame(report: SnpReport, { tcb, chipId }: ChipCertificate): void {
  requireRule("snp-tcb", equalBytes(tcb, report.reportedTcb), "The certificate is of another TCB than the report.");
  if (chipId === undefined) return;
  // A host that masks the id (zeros) makes a report that no VCEK can be told to fit.
  requireRule("snp-chip", equalBytes(chipId, report.chipId), "The certificate is of another chip than the report.");
}

/** Side by side. @returns Unix seconds until when the revocation list is current; Infinity without one */
async function requireSignatures(
  report: SnpReport,
  { root, signer, chip }: Chain,
  crl: Uint8Array | undefined,
  at: number,
): Promise<number> {
  // A chip's certificate comes again with each of its reports.
  const issuedBy = (certificate: Certificate, issuer: Certificate) =>
    isSignedByKnown(certificate, issuer, { keep: true });
  const { signed: message, signature } = report;
  const spoken = verifySignature({ algorithm: "ecdsa-sha384", key: chip.publicKey, signature, message });
  // The root is pinned: its own signature would say nothing more.
  const [own, ...issued] = await Promise.all([spoken, issuedBy(signer, root), issuedBy(chip, signer)]);
  requireRule("snp-chain-signature", issued.every(Boolean), "A certificate is not signed by its issuer.");
  const until = crl === undefined ? Number.POSITIVE_INFINITY : await requireNotRevoked(crl, root, signer, at);
  requireRule("snp-signature", own, "The report is not signed by the chip's key.");
  return until;
}

async function requireNotRevoked(der: Uint8Array, root: Certificate, signer: Certificate, at: number): Promise<number> {
  const crl = readUnder("snp-crl", () => readCrl(der));
  requireRule("snp-crl", await isCrlOf(crl, root), "It is not the root's.");
  requireRule("snp-crl", isCurrentAt(crl, at), "It is not current.");
  requireRule("snp-crl", !crl.revoked.has(signer.serial), "AMD has revoked the signing key.");
  return crl.nextUpdate;
}

function requirePolicy(report: SnpReport, product: SnpProduct, policy: SnpPolicy): void {
  const bit = (index: bigint) => ((report.policy >> index) & 1n) === 1n;
  requireRule("snp-debug", !bit(19n), "Its host may debug the guest, hence read its memory.");
  const migration = !bit(18n) || policy.allowMigrationAgent === true;
  requireRule("snp-migration", migration, "A migration agent may be bound to the guest.");
  const vmpls = policy.acceptedVmpls ?? ALL_VMPLS;
  requireRule("snp-vmpl", ALL_VMPLS.includes(report.vmpl) && vmpls.includes(report.vmpl), `VMPL ${report.vmpl}.`);
  const tcb = readSnpTcb(product, report.reportedTcb);
  for (const [part, least] of Object.entries(policy.minimumTcb?.[product] ?? {})) {
    const got = tcb[part as keyof typeof tcb] ?? 0;
    requireRule("snp-minimum-tcb", got >= (least ?? 0), `${part} is ${got}, and not at least ${least}.`);
  }
}
