import { isPersonaError, PersonaError } from "../errors/index.ts";
import type { TcbStatus } from "./verdict.ts";

/**
 * Every reason for which evidence is rejected, in the order in which it is asked: a verdict names the first that does not
 * hold. The names are stable; the table in docs/attestation.md is written from this one.
 */
export const attestationRules = {
  // Intel SGX and TDX.
  "quote-version": "Version 3 with an SGX report, version 4 with a TDX report, or version 5 with either.",
  "quote-key-type": "The attestation key is of ECDSA P-256 (type 2).",
  "quote-vendor": "The quoting enclave is Intel's by its vendor id.",
  "quote-length": "Every length in the quote is exactly that of what it counts.",
  "quote-body-type": "A version 5 body is of a known type, of that type's size, and of the header's kind of TEE.",
  "quote-certification": "The quote carries its PCK certificate chain (types 6 and 5, or 5 alone in version 3).",
  "quote-trailing": "Behind the quote there are zeros only.",
  "pck-chain-format": "The chain is exactly PCK certificate, its CA and the root, each readable.",
  "pck-chain-root": "The root is the pinned one, byte by byte.",
  "pck-chain-issuer": "Each certificate names its issuer's subject, byte by byte.",
  "pck-chain-signature": "Each certificate is signed by its issuer.",
  "pck-chain-ca": "Both CAs may sign certificates, and the PCK certificate may not.",
  "pck-chain-name": "The common names are Intel's for a PCK certificate, a Platform or Processor CA and the root.",
  "pck-chain-validity": "All three certificates are valid at the time of verification.",
  "pck-extension": "The PCK certificate's SGX extension has every value of the platform, once.",
  "collateral-missing": "Collateral was given.",
  "root-crl-format": "The root's revocation list can be read.",
  "root-crl-issuer": "It is issued by the root.",
  "root-crl-signature": "It is signed by the root.",
  "root-crl-validity": "It is current.",
  "pck-crl-format": "The PCK revocation list can be read.",
  "pck-crl-issuer": "It is issued by the CA of this very PCK certificate.",
  "pck-crl-signature": "It is signed by that CA.",
  "pck-crl-validity": "It is current.",
  "pck-ca-revoked": "The root has not revoked the PCK CA.",
  "pck-revoked": "The PCK CA has not revoked the PCK certificate.",
  "tcb-signer-format": "A collateral chain is exactly TCB signing certificate and root, each readable.",
  "tcb-signer-root": "The root is the pinned one, byte by byte.",
  "tcb-signer-issuer": "The TCB signing certificate names the root as its issuer.",
  "tcb-signer-signature": "It is signed by the root.",
  "tcb-signer-ca": "It is no CA.",
  "tcb-signer-name": "Its common name is Intel's for TCB signing.",
  "tcb-signer-validity": "It and the root are valid at the time of verification.",
  "tcb-signer-revoked": "The root has not revoked it.",
  "tcb-info-signature": "The TCB info's exact text is signed by the TCB signing key.",
  "tcb-info-format": "It is complete and of the types that Intel documents.",
  "tcb-info-id": "It is of version 3, and for the TEE of the quote.",
  "tcb-info-validity": "It is current.",
  "tcb-info-platform": "It is for the FMSPC and PCE id of the PCK certificate.",
  "tcb-info-evaluation": "Its evaluation number is not below the policy's.",
  "qe-identity-signature": "The quoting enclave identity's exact text is signed by the TCB signing key.",
  "qe-identity-format": "It is complete and of the types that Intel documents.",
  "qe-identity-id": "It is of version 2, and for the TEE of the quote.",
  "qe-identity-validity": "It is current.",
  "qe-identity-evaluation": "Its evaluation number is not below the policy's.",
  "qe-report-signature": "The quoting enclave's report is signed by the PCK key.",
  "qe-report-binding": "The report binds the attestation key and the authentication data, and nothing else.",
  "qe-mrsigner": "The quoting enclave was signed by the signer of its identity.",
  "qe-isvprodid": "It is the product of its identity.",
  "qe-attributes": "Its masked attributes are those of its identity.",
  "qe-miscselect": "Its masked miscselect is that of its identity.",
  "qe-debug": "It is not a debug enclave.",
  "qe-tcb-level": "A level of its identity covers its security version.",
  "quote-signature": "Header and body are signed by the attestation key.",
  "tdx-module-identity": "The TCB info knows the TDX module's major version.",
  "tdx-module-signer": "The module was signed by the signer of its identity.",
  "tdx-module-attributes": "Its masked attributes are those of its identity.",
  "tdx-module-level": "A level of its identity covers its security version.",
  "td-debug": "The TD is not under debug, nor any other bit of that group set.",
  "td-sept-ve": "SEPT_VE_DISABLE is set: the host cannot fault the TD's memory behind its back.",
  "td-service": "No service TD is bound, or the one of the policy.",
  "enclave-debug": "The SGX enclave is not a debug enclave.",
  "platform-tcb-level": "A level of the TCB info covers the platform.",
  "tcb-status": "The policy takes the status of the platform, quoting enclave and module together.",
  "tcb-advisory": "The policy takes every advisory of the levels.",
  // AWS Nitro.
  "nitro-size": "The document has 1 to 16,384 bytes.",
  "nitro-cose":
    "It is one COSE_Sign1 in deterministic CBOR: ES384, nothing unprotected, a signature of 96 bytes, with tag 18 or none.",
  "nitro-payload": "The payload is one CBOR map with Amazon's fields of Amazon's types, each once, and no other.",
  "nitro-limits": "Each field is within Amazon's limits of size.",
  "nitro-pcrs": "PCRs 0 to 2 are there, indexes are below 32, and each register has the 48 bytes of SHA-384.",
  "nitro-root": "The first certificate of the bundle is the pinned root, byte by byte.",
  "nitro-chain-format": "Each certificate can be read, has a P-384 key and is signed by ECDSA with SHA-384.",
  "nitro-chain-issuer": "Each certificate names its issuer's subject, byte by byte.",
  "nitro-chain-ca":
    "All of the bundle may sign certificates, as deep as their path lengths say; the signing certificate may not.",
  "nitro-chain-validity": "All certificates are valid at the document's own time, or at the time asked for.",
  "nitro-chain-signature": "Each certificate is signed by its issuer.",
  "nitro-signature": "The document is signed by the signing certificate's key.",
  "nitro-debug": "The enclave is not in debug mode: PCRs 0 to 2 are not all zero.",
  "nitro-age": "The document is not older than the policy says, nor from the future.",
  // AMD SEV-SNP.
  "snp-size": "The report has 1,184 bytes.",
  "snp-version": "It is of version 2 to 5.",
  "snp-algorithm": "Its signature is ECDSA P-384 with SHA-384 (algorithm 1).",
  "snp-reserved": "Every reserved byte and bit is zero.",
  "snp-signer": "It is signed, by a VCEK or a VLEK.",
  "snp-chain-missing": "The certificates of the chip's key and of AMD's signing key were given.",
  "snp-chain-format": "Each certificate can be read, with keys and signatures of AMD's kinds.",
  "snp-extensions": "The chip's certificate has each of AMD's extensions for its product, once.",
  "snp-product": "The processor is a Milan, Genoa or Turin, and report and certificates name the same.",
  "snp-chain-root": "The root is AMD's for this product line, byte by byte, or the one of the policy.",
  "snp-chain-issuer": "Each certificate names its issuer's subject, byte by byte.",
  "snp-chain-name": "The common names are AMD's for the product: ARK, SEV or SEV-VLEK, and SEV-VCEK or SEV-VLEK.",
  "snp-chain-ca": "The root and the signing key's certificate may sign certificates, and the chip's may not.",
  "snp-chain-validity": "All certificates are valid at the time of verification.",
  "snp-tcb": "The certificate's security versions are those of the report's reported TCB.",
  "snp-chip": "The certificate's chip id is the report's.",
  "snp-chain-signature": "Each certificate is signed by its issuer by RSA-PSS.",
  "snp-crl":
    "The revocation list, where one was given, is the root's, current, and does not name the signing key's certificate.",
  "snp-signature": "The report is signed by the chip's certificate.",
  "snp-debug": "The guest's policy does not allow debugging.",
  "snp-migration": "No migration agent may move the guest, unless the policy takes that.",
  "snp-vmpl": "The report was asked for at a privilege level that the policy takes.",
  "snp-minimum-tcb": "No part of the reported TCB is below the policy's.",
} as const;

export type AttestationRule = keyof typeof attestationRules;

/** Thrown inside a verifier, which turns it into a verdict; nobody else sees it. */
export class RuleBroken extends Error {
  override readonly name = "RuleBroken";
  readonly rule: AttestationRule;
  readonly status: TcbStatus | null;
  readonly advisories: readonly string[];

  constructor(
    rule: AttestationRule,
    detail: string,
    found: { readonly status: TcbStatus | null; readonly advisories: readonly string[] } = {
      status: null,
      advisories: [],
    },
  ) {
    super(detail);
    this.rule = rule;
    this.status = found.status;
    this.advisories = found.advisories;
  }
}

/** Holds `rule` to `condition`. @throws RuleBroken */
export function requireRule(rule: AttestationRule, condition: boolean, detail: string): asserts condition {
  if (!condition) throw new RuleBroken(rule, detail);
}

/** What `read` gives; bytes that cannot be read break `rule`. */
export function readUnder<T>(rule: AttestationRule, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (isPersonaError(error, "CERTIFICATE_INVALID")) throw new RuleBroken(rule, error.shortMessage);
    throw error;
  }
}

/** For those who read without judging. @throws EVIDENCE_UNREADABLE in place of a broken rule */
export function readOrThrow<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (!(cause instanceof RuleBroken)) throw cause;
    const data = { rule: cause.rule, detail: cause.message };
    throw new PersonaError("EVIDENCE_UNREADABLE", "The evidence cannot be read.", { cause, data });
  }
}
