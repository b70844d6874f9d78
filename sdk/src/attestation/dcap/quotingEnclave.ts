import { concatBytes, equalBytes, sha256 } from "../../crypto/index.ts";
import { RuleBroken, requireRule } from "../rules.ts";
import { hexOf, p256PublicKey, verifySignature } from "../x509/index.ts";
import { isZero } from "./littleEndian.ts";
import type { PckChain } from "./pckChain.ts";
import type { QeIdentity } from "./qeIdentity.ts";
import type { Quote } from "./quote.ts";
import type { SvnLevel } from "./tcbInfo.ts";

const DEBUG = 0x02;

/** Believes that Intel's quoting enclave on this platform made the attestation key, and finds its level. @throws RuleBroken */
export async function verifyQuotingEnclave(quote: Quote, { pck }: PckChain, identity: QeIdentity): Promise<SvnLevel> {
  const { qeReport: report, qeReportSignature: signature } = quote;
  const byPck = { algorithm: "ecdsa-sha256", key: pck.publicKey, signature, message: report.bytes } as const;
  requireRule("qe-report-signature", await verifySignature(byPck), "The report is not signed by the PCK key.");
  const bound = sha256(concatBytes(quote.attestationKey, quote.qeAuthData));
  requireRule(
    "qe-report-binding",
    equalBytes(report.reportData.subarray(0, 32), bound) && isZero(report.reportData.subarray(32)),
    "The report is about another attestation key.",
  );
  requireRule(
    "qe-mrsigner",
    equalBytes(report.mrSigner, identity.mrSigner),
    `Its signer is ${hexOf(report.mrSigner)}.`,
  );
  requireRule("qe-isvprodid", report.isvProdId === identity.isvProdId, `It is product ${report.isvProdId}.`);
  requireRule(
    "qe-attributes",
    equalBytes(masked(report.attributes, identity.attributesMask), identity.attributes),
    `Its attributes are ${hexOf(report.attributes)}.`,
  );
  requireRule(
    "qe-miscselect",
    equalBytes(masked(report.miscSelect, identity.miscSelectMask), identity.miscSelect),
    `Its miscselect is ${hexOf(report.miscSelect)}.`,
  );
  requireRule("qe-debug", ((report.attributes[0] ?? 0) & DEBUG) === 0, "It is a debug enclave.");
  const level = identity.levels.find(({ isvSvn }) => isvSvn <= report.isvSvn);
  if (level === undefined) throw new RuleBroken("qe-tcb-level", `No level covers its version ${report.isvSvn}.`);
  return level;
}

/** Believes the quote itself. @throws RuleBroken */
export async function verifyQuoteSignature({ attestationKey, signature, signed: message }: Quote): Promise<void> {
  const byKey = { algorithm: "ecdsa-sha256", key: p256PublicKey(attestationKey), signature, message } as const;
  requireRule("quote-signature", await verifySignature(byKey), "The quote is not signed by its attestation key.");
}

export function masked(bytes: Uint8Array, mask: Uint8Array): Uint8Array {
  return bytes.map((byte, at) => byte & (mask[at] ?? 0));
}
