import { bytesToHex, type Hex, keccak256, sha256 } from "viem";
import { RuleBroken, readUnder, requireRule } from "../rules.ts";
import type { AttestationVerdict, EvidenceFields } from "../verdict.ts";
import { type Certificate, isValidAt, mayIssue, sameName, verifySignature } from "../x509/index.ts";
import { isSignedByKnown, readKnownCertificate } from "../x509/knownAuthorities.ts";
import { type NitroDocument, readNitroDocument } from "./nitroDocument.ts";
import { nitroFields } from "./nitroFields.ts";

/** What a verifier of Nitro documents is asked to take. */
export type NitroPolicy = {
  /** SHA-256 of the root certificate's DER. Default: Amazon's. A development root makes simulated documents valid. */
  readonly rootFingerprint?: Hex;
  /** Oldest document that is taken, in seconds before `at`. Default: any age within its certificates' lives. */
  readonly maxAgeSeconds?: number;
};

/** CN=aws.nitro-enclaves, valid from 2019-10-28 to 2049-10-28. */
export const AWS_NITRO_ROOT: Hex = "0x641a0321a3e244efe456463195d606317ed7cdcc3c1756e09893f3c68f79bb5b";

/** Between the hypervisor's clock and ours. */
const MAX_SKEW_SECONDS = 60;

/**
 * Judges an AWS Nitro attestation document.
 *
 * @param options.at Unix seconds at which its certificates must be valid. Default: the document's own time, as its signing
 *   certificate lives for some three hours; then the verdict says what was so at that time.
 */
export async function verifyNitro(
  bytes: Uint8Array,
  options: { readonly at?: number; readonly policy?: NitroPolicy } = {},
): Promise<AttestationVerdict> {
  let fields: EvidenceFields = {};
  try {
    const document = readNitroDocument(bytes);
    fields = nitroFields(bytes, document, leafOf(document));
    const chain = readChain(document, options.policy?.rootFingerprint ?? AWS_NITRO_ROOT);
    const at = options.at ?? Math.floor(document.timestamp / 1_000);
    requireChain(chain, at);
    await requireSignatures(document, chain);
    fields = { ...fields, verified: true };
    requireNotDebug(document);
    requireAge(document, at, options.policy?.maxAgeSeconds);
    return {
      verdict: "accept",
      kind: "nitro",
      status: null,
      advisories: [],
      platform: { maker: "aws", moduleId: document.moduleId, timestamp: document.timestamp },
      measurements: Object.fromEntries([...document.pcrs].map(([index, pcr]) => [`pcr${index}`, bytesToHex(pcr)])),
      reportData: bytesToHex(document.userData ?? new Uint8Array()),
      identity: keccak256(document.signed),
      validUntil: Math.min(...chain.map(({ notAfter }) => notAfter)),
      fields,
    };
  } catch (error) {
    if (!(error instanceof RuleBroken)) throw error;
    const { rule, message: detail, status, advisories } = error;
    return {
      verdict: "reject",
      kind: "nitro",
      rule,
      detail,
      status,
      advisories,
      fields: { verified: false, ...fields },
    };
  }
}

/** For the fields alone: a certificate that cannot be read breaks its rule when its turn comes. */
function leafOf({ certificate }: NitroDocument): Certificate | undefined {
  try {
    return readUnder("nitro-chain-format", () => readKnownCertificate(certificate, "signing certificate"));
  } catch (error) {
    if (error instanceof RuleBroken) return undefined;
    throw error;
  }
}

/** Root first, signing certificate last. */
function readChain({ cabundle, certificate }: NitroDocument, rootFingerprint: Hex): readonly Certificate[] {
  const pinned = sha256(cabundle[0] ?? new Uint8Array()) === rootFingerprint;
  requireRule("nitro-root", pinned, "Its root is another.");
  return [...cabundle, certificate].map((der, index) => {
    const at = `certificate ${index} of the document`;
    const read = readUnder("nitro-chain-format", () => readKnownCertificate(der, at));
    const kinds = read.publicKey.kind === "P-384" && read.signatureAlgorithm === "ecdsa-sha384";
    requireRule("nitro-chain-format", kinds, `The ${at} is not of P-384 and SHA-384.`);
    return read;
  });
}

/** Everything about the chain but its signatures, each rule for all certificates. */
function requireChain(chain: readonly Certificate[], at: number): void {
  for (const [issuer, certificate] of pairs(chain)) {
    const named = sameName(certificate.issuer, issuer.subject);
    requireRule("nitro-chain-issuer", named, "A certificate names another issuer.");
  }
  const authorities = chain.slice(0, -1);
  for (const [index, authority] of authorities.entries()) {
    const below = authorities.length - 1 - index;
    const deep = authority.pathLength === undefined || authority.pathLength >= below;
    requireRule("nitro-chain-ca", mayIssue(authority) && deep, "A certificate of the bundle may not sign the next.");
  }
  const leaf = chain.at(-1);
  const signs = leaf !== undefined && !leaf.isCa && leaf.keyUsage?.digitalSignature !== false;
  requireRule("nitro-chain-ca", signs, "The signing certificate is a CA, or may not sign.");
  for (const each of chain) {
    requireRule("nitro-chain-validity", isValidAt(each, at), "A certificate is not valid at that time.");
  }
}

async function requireSignatures({ signed, signature }: NitroDocument, chain: readonly Certificate[]): Promise<void> {
  const algorithm = "ecdsa-sha384";
  const issued = pairs(chain).map(([issuer, certificate]) => isSignedByKnown(certificate, issuer));
  const leaf = chain.at(-1);
  const spoken = leaf && verifySignature({ algorithm, key: leaf.publicKey, signature, message: signed });
  const [own, ...others] = await Promise.all([spoken, ...issued]);
  requireRule("nitro-chain-signature", others.every(Boolean), "A certificate is not signed by its issuer.");
  requireRule("nitro-signature", own === true, "The document is not signed by its signing certificate.");
}

function requireNotDebug({ pcrs }: NitroDocument): void {
  const measured = [0, 1, 2].some((index) => pcrs.get(index)?.some((byte) => byte !== 0));
  requireRule("nitro-debug", measured, "PCRs 0 to 2 are zero: a debug enclave, whose memory its host reads.");
}

function requireAge({ timestamp }: NitroDocument, at: number, maxAgeSeconds: number | undefined): void {
  if (maxAgeSeconds === undefined) return;
  const age = at - timestamp / 1_000;
  requireRule("nitro-age", age <= maxAgeSeconds && age >= -MAX_SKEW_SECONDS, `It is ${Math.round(age)} s old.`);
}

/** Each issuer with what it issued. The root is pinned: its own signature would say nothing more. */
function pairs(chain: readonly Certificate[]): (readonly [issuer: Certificate, certificate: Certificate])[] {
  return chain.slice(1).flatMap((certificate, index) => {
    const issuer = chain[index];
    return issuer === undefined ? [] : [[issuer, certificate] as const];
  });
}
