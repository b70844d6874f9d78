import { equalBytes, utf8 } from "../../crypto/index.ts";
import { readUnder, requireRule } from "../rules.ts";
import { type Certificate, type Crl, isValidAt, readPem, sameName, verifySignature } from "../x509/index.ts";
import { isSignedByKnown, readKnownCertificate } from "../x509/knownAuthorities.ts";
import type { DcapCollateral } from "./collateral.ts";
import { intelNames } from "./intelNames.ts";
import type { PckChain } from "./pckChain.ts";
import { type QeIdentity, readQeIdentity } from "./qeIdentity.ts";
import { readTcbInfo, type TcbInfo } from "./tcbInfo.ts";

export type SignedCollateral = {
  readonly tcbInfo: TcbInfo;
  readonly qeIdentity: QeIdentity;
  /** Unix seconds: when the first of the texts and of their signers' certificates runs out. */
  readonly validUntil: number;
};

/** Believes TCB info and the quoting enclave's identity for this platform, at this time. @throws RuleBroken */
export async function verifySignedCollateral(
  collateral: DcapCollateral,
  context: {
    readonly chain: PckChain;
    readonly rootCrl: Crl;
    readonly tee: "sgx" | "tdx";
    readonly now: number;
    readonly minTcbEvaluationDataNumber: number;
  },
): Promise<SignedCollateral> {
  const { tee, now, minTcbEvaluationDataNumber: minimum } = context;
  const { pceId, fmspc } = context.chain.platform;

  const tcbSigner = await verifySigner(collateral.tcbInfoIssuerChain, context);
  const tcbSignature = { signature: collateral.tcbInfoSignature, text: collateral.tcbInfo };
  requireRule("tcb-info-signature", await signed(tcbSigner, tcbSignature), "The TCB info is not signed by its signer.");
  const tcbInfo = readTcbInfo(collateral.tcbInfo);
  requireRule(
    "tcb-info-id",
    tcbInfo.id === (tee === "sgx" ? "SGX" : "TDX") && tcbInfo.version === 3,
    `The TCB info is of ${tcbInfo.id}, version ${tcbInfo.version}.`,
  );
  requireRule("tcb-info-validity", isCurrent(tcbInfo, now), "The TCB info has run out, or is not valid yet.");
  const ofPlatform = equalBytes(tcbInfo.fmspc, fmspc) && equalBytes(tcbInfo.pceId, pceId);
  requireRule("tcb-info-platform", ofPlatform, "The TCB info is of another family of platforms.");
  const isRecent = (evaluated: TcbInfo | QeIdentity): boolean => evaluated.tcbEvaluationDataNumber >= minimum;
  requireRule("tcb-info-evaluation", isRecent(tcbInfo), `The TCB info's evaluation number is below ${minimum}.`);

  const qeSigner =
    collateral.qeIdentityIssuerChain === collateral.tcbInfoIssuerChain
      ? tcbSigner
      : await verifySigner(collateral.qeIdentityIssuerChain, context);
  const qeSignature = { signature: collateral.qeIdentitySignature, text: collateral.qeIdentity };
  requireRule(
    "qe-identity-signature",
    await signed(qeSigner, qeSignature),
    "The identity is not signed by its signer.",
  );
  const qeIdentity = readQeIdentity(collateral.qeIdentity);
  requireRule(
    "qe-identity-id",
    qeIdentity.id === (tee === "sgx" ? "QE" : "TD_QE") && qeIdentity.version === 2,
    `The identity is of ${qeIdentity.id}, version ${qeIdentity.version}.`,
  );
  requireRule("qe-identity-validity", isCurrent(qeIdentity, now), "The identity has run out, or is not valid yet.");
  requireRule("qe-identity-evaluation", isRecent(qeIdentity), `The identity's evaluation number is below ${minimum}.`);
  return {
    tcbInfo,
    qeIdentity,
    validUntil: Math.min(tcbInfo.nextUpdate, qeIdentity.nextUpdate, tcbSigner.notAfter, qeSigner.notAfter),
  };
}

/** The TCB signing certificate at the head of a chain, believed. @throws RuleBroken */
async function verifySigner(
  pem: string,
  { chain: { root }, rootCrl, now }: { readonly chain: PckChain; readonly rootCrl: Crl; readonly now: number },
): Promise<Certificate> {
  const [first, second, ...rest] = readUnder("tcb-signer-format", () => readPem(pem, "TCB signing chain"));
  requireRule(
    "tcb-signer-format",
    first !== undefined && second !== undefined && rest.length === 0,
    "The chain is not of two certificates.",
  );
  const signer = readUnder("tcb-signer-format", () => readKnownCertificate(first, "TCB signing certificate"));
  // The pinned one, which the PCK chain ends at.
  requireRule("tcb-signer-root", equalBytes(second, root.der), "The chain does not end at the pinned root.");
  requireRule("tcb-signer-issuer", sameName(signer.issuer, root.subject), "The signer names another issuer.");
  const isGood = await isSignedByKnown(signer, root, { keep: true });
  requireRule("tcb-signer-signature", isGood, "The signer is not signed by the root.");
  requireRule("tcb-signer-ca", !signer.isCa, "The signer is a CA.");
  requireRule(
    "tcb-signer-name",
    signer.subject.commonName === intelNames.tcbSigner,
    `The signer's common name is ${signer.subject.commonName}.`,
  );
  requireRule("tcb-signer-validity", isValidAt(signer, now) && isValidAt(root, now), "The signer is not valid now.");
  requireRule("tcb-signer-revoked", !rootCrl.revoked.has(signer.serial), `The signer ${signer.serial} is revoked.`);
  return signer;
}

function signed(
  signer: Certificate,
  { signature, text }: { readonly signature: Uint8Array; readonly text: string },
): Promise<boolean> {
  return verifySignature({ algorithm: "ecdsa-sha256", key: signer.publicKey, signature, message: utf8(text) });
}

function isCurrent({ issueDate, nextUpdate }: TcbInfo | QeIdentity, now: number): boolean {
  return issueDate <= now && now < nextUpdate;
}
