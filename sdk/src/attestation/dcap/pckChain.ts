import type { Hex } from "viem";
import { readUnder, requireRule } from "../rules.ts";
import { type Certificate, isValidAt, mayIssue, readPemBytes, sameName } from "../x509/index.ts";
import { certificateDigest, isSignedByKnown, readKnownCertificate } from "../x509/knownAuthorities.ts";
import { intelNames } from "./intelNames.ts";
import { type PckExtension, readPckExtension } from "./pckExtension.ts";

/** A PCK certificate, its CA and the root, each believed, with what Intel says of the platform. */
export type PckChain = {
  readonly pck: Certificate;
  readonly ca: Certificate;
  readonly root: Certificate;
  readonly platform: PckExtension;
};

/** The three certificates in a quote, unproved. @throws RuleBroken */
export function readPckChain(certificationData: Uint8Array): readonly [Certificate, Certificate, Certificate] {
  return readUnder("pck-chain-format", () => {
    const [pck, ca, root, ...rest] = readPemBytes(certificationData, "PCK chain");
    requireRule(
      "pck-chain-format",
      pck !== undefined && ca !== undefined && root !== undefined && rest.length === 0,
      "The chain is not of three certificates.",
    );
    return [
      readKnownCertificate(pck, "PCK certificate"),
      readKnownCertificate(ca, "PCK CA"),
      readKnownCertificate(root, "root"),
    ] as const;
  });
}

/** Believes a chain, or not. @throws RuleBroken */
export async function verifyPckChain(
  [pck, ca, root]: readonly [Certificate, Certificate, Certificate],
  { rootFingerprint, now }: { readonly rootFingerprint: Hex; readonly now: number },
): Promise<PckChain> {
  requireRule("pck-chain-root", isPinned(root, rootFingerprint), "The chain does not end at the pinned root.");
  const named =
    sameName(pck.issuer, ca.subject) && sameName(ca.issuer, root.subject) && sameName(root.issuer, root.subject);
  requireRule("pck-chain-issuer", named, "A certificate of the chain names another issuer than the next one.");
  // The root needs no proof: it is the pinned one.
  for (const [certificate, issuer, name] of [
    [ca, root, "PCK CA"],
    [pck, ca, "PCK certificate"],
  ] as const) {
    requireRule(
      "pck-chain-signature",
      // A platform's certificate comes again with each of its quotes.
      await isSignedByKnown(certificate, issuer, { keep: true }),
      `The ${name} is not signed by its issuer.`,
    );
  }
  requireRule(
    "pck-chain-ca",
    mayIssue(root) && mayIssue(ca) && !pck.isCa,
    "A CA of the chain may not sign certificates, or the PCK certificate is one.",
  );
  const caName = ca.subject.commonName;
  requireRule(
    "pck-chain-name",
    root.subject.commonName === intelNames.root &&
      (caName === intelNames.platformCa || caName === intelNames.processorCa) &&
      pck.subject.commonName === intelNames.pck,
    "The chain's common names are not those of a PCK chain.",
  );
  for (const certificate of [root, ca, pck]) {
    requireRule(
      "pck-chain-validity",
      isValidAt(certificate, now),
      `${certificate.subject.commonName} is not valid now.`,
    );
  }
  return { pck, ca, root, platform: readUnder("pck-extension", () => readPckExtension(pck)) };
}

/** Is it the root of this SHA-256? */
function isPinned(root: Certificate, fingerprint: Hex): boolean {
  return `0x${certificateDigest(root)}` === fingerprint.toLowerCase();
}
