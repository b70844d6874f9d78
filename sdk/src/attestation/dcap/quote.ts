import { requireRule } from "../rules.ts";
import type { EvidenceKind } from "../verdict.ts";
import { hexOf } from "../x509/index.ts";
import {
  readSgxReport,
  readTdReport,
  SGX_REPORT_BYTES,
  type SgxReport,
  TD10_REPORT_BYTES,
  TD15_REPORT_BYTES,
  type TdReport,
} from "./bodies.ts";
import { isZero, u16At, u32At } from "./littleEndian.ts";

export type DcapKind = Extract<EvidenceKind, "sgx-v3" | "tdx-v4" | "tdx-v5" | "sgx-v5">;

/** An SGX or TDX quote that was read; nothing of it is believed yet. Byte strings are views into it. */
export type Quote = {
  readonly kind: DcapKind;
  /** Of the whole file, padding included. */
  readonly bytes: number;
  readonly version: 3 | 4 | 5;
  readonly teeType: number;
  readonly attKeyType: number;
  readonly qeVendorId: Uint8Array;
  readonly userData: Uint8Array;
  readonly body:
    | { readonly type: "sgx"; readonly report: SgxReport }
    | { readonly type: "td10" | "td15"; readonly report: TdReport };
  /** Header, descriptor of version 5, and body: what the attestation key has signed. */
  readonly signed: Uint8Array;
  /** r ‖ s. */
  readonly signature: Uint8Array;
  /** x ‖ y. */
  readonly attestationKey: Uint8Array;
  readonly qeReport: SgxReport;
  readonly qeReportSignature: Uint8Array;
  readonly qeAuthData: Uint8Array;
  readonly authDataLength: number;
  readonly certificationType: number;
  /** PEM, as it stands in the quote. */
  readonly certificationData: Uint8Array;
  /** Zero bytes behind the quote. */
  readonly trailing: number;
};

const HEADER_BYTES = 48;
const TDX = 0x81;
const ECDSA_P256 = 2;
const INTEL_VENDOR = "939a7233f79c4ca9940a0db3957f0607";
const PCK_CHAIN = 5;
const QE_REPORT_DATA = 6;
/** Signature, attestation key, report of the quoting enclave and its signature. */
const FIXED_AUTH_BYTES = 64 + 64 + SGX_REPORT_BYTES + 64;

const bodyTypes = {
  1: { type: "sgx", bytes: SGX_REPORT_BYTES },
  2: { type: "td10", bytes: TD10_REPORT_BYTES },
  3: { type: "td15", bytes: TD15_REPORT_BYTES },
} as const;

/** What a quote's first bytes say it is, before anything is checked; undefined when they say nothing known. */
export function quoteKindOf(bytes: Uint8Array): DcapKind | undefined {
  if (bytes.length < HEADER_BYTES) return undefined;
  const [version, keyType, teeType] = [u16At(bytes, 0), u16At(bytes, 2), u32At(bytes, 4)];
  const isQuote = hexOf(bytes.subarray(12, 28)) === INTEL_VENDOR || (version >= 3 && version <= 5 && keyType === 2);
  if (!isQuote) return undefined;
  if (version === 5) return teeType === 0 ? "sgx-v5" : "tdx-v5";
  if (version === 3) return "sgx-v3";
  return version === 4 || teeType === TDX ? "tdx-v4" : "sgx-v3";
}

/** Reads a quote by the first rules. @throws RuleBroken */
export function readQuote(bytes: Uint8Array): Quote {
  requireRule("quote-length", bytes.length > HEADER_BYTES, "There is no whole header.");
  const [version, attKeyType, teeType] = [u16At(bytes, 0), u16At(bytes, 2), u32At(bytes, 4)];
  requireRule(
    "quote-version",
    (version === 3 && teeType === 0) || (version === 4 && teeType === TDX) || (version === 5 && isKnownTee(teeType)),
    `Version ${version} with TEE type ${teeType} is none that is known.`,
  );
  requireRule("quote-key-type", attKeyType === ECDSA_P256, `The attestation key is of type ${attKeyType}.`);
  const qeVendorId = bytes.subarray(12, 28);
  requireRule("quote-vendor", hexOf(qeVendorId) === INTEL_VENDOR, `The vendor is ${hexOf(qeVendorId)}.`);
  const { type, from, end } = bodyOf(bytes, version, teeType);
  requireRule("quote-length", bytes.length >= end + 4, "The quote ends inside its body.");
  const report = bytes.subarray(from, end);
  const authDataLength = u32At(bytes, end);
  const auth = bytes.subarray(end + 4, end + 4 + authDataLength);
  requireRule("quote-length", auth.length === authDataLength, "The quote ends inside its signature data.");
  const trailing = bytes.subarray(end + 4 + authDataLength);
  const authParts = version === 3 ? readAuth(auth, 128) : readNestedAuth(auth);
  requireRule("quote-trailing", isZero(trailing), "Behind the quote there are bytes that are not zero.");
  return {
    kind: version === 3 ? "sgx-v3" : version === 4 ? "tdx-v4" : type === "sgx" ? "sgx-v5" : "tdx-v5",
    bytes: bytes.length,
    version,
    teeType,
    attKeyType,
    qeVendorId,
    userData: bytes.subarray(28, HEADER_BYTES),
    body: type === "sgx" ? { type, report: readSgxReport(report) } : { type, report: readTdReport(report) },
    signed: bytes.subarray(0, end),
    signature: auth.subarray(0, 64),
    attestationKey: auth.subarray(64, 128),
    ...authParts,
    authDataLength,
    trailing: trailing.length,
  };
}

function isKnownTee(teeType: number): boolean {
  return teeType === 0 || teeType === TDX;
}

/** Where the body lies. Only version 5 says itself what it is. */
function bodyOf(
  bytes: Uint8Array,
  version: number,
  teeType: number,
): { readonly type: "sgx" | "td10" | "td15"; readonly from: number; readonly end: number } {
  if (version !== 5) {
    const { type, bytes: length } = bodyTypes[version === 3 ? 1 : 2];
    return { type, from: HEADER_BYTES, end: HEADER_BYTES + length };
  }
  const from = HEADER_BYTES + 6;
  requireRule("quote-length", bytes.length >= from, "The quote ends inside its body's descriptor.");
  const [bodyType, length] = [u16At(bytes, HEADER_BYTES), u32At(bytes, HEADER_BYTES + 2)];
  const known = bodyType === 1 || bodyType === 2 || bodyType === 3 ? bodyTypes[bodyType] : undefined;
  requireRule(
    "quote-body-type",
    known !== undefined && known.bytes === length && (known.type === "sgx") === (teeType === 0),
    `A body of type ${bodyType} with ${length} bytes is none that a TEE of type ${teeType} has.`,
  );
  return { type: known.type, from, end: from + known.bytes };
}

type AuthParts = Pick<
  Quote,
  "qeReport" | "qeReportSignature" | "qeAuthData" | "certificationType" | "certificationData"
>;

/** Versions 4 and 5 wrap what version 3 has plain: report, signature, authentication data and chain are of type 6. */
function readNestedAuth(auth: Uint8Array): AuthParts {
  requireRule("quote-length", auth.length >= 134, "The signature data end before the certification data.");
  const type = u16At(auth, 128);
  requireRule("quote-certification", type === QE_REPORT_DATA, `The outer certification data are of type ${type}.`);
  requireRule("quote-length", u32At(auth, 130) === auth.length - 134, "The certification data are of another length.");
  return readAuth(auth, 134);
}

/** @param at where the report of the quoting enclave begins */
function readAuth(auth: Uint8Array, at: number): AuthParts {
  const authAt = at + FIXED_AUTH_BYTES - 128;
  requireRule("quote-length", auth.length >= authAt + 2, "The signature data end before the authentication data.");
  const authEnd = authAt + 2 + u16At(auth, authAt);
  requireRule("quote-length", auth.length >= authEnd + 6, "The signature data end before the certificate chain.");
  const certificationType = u16At(auth, authEnd);
  requireRule(
    "quote-certification",
    certificationType === PCK_CHAIN,
    `The certification data are of type ${certificationType}, not a PCK certificate chain.`,
  );
  const certificationData = auth.subarray(authEnd + 6);
  requireRule(
    "quote-length",
    u32At(auth, authEnd + 2) === certificationData.length,
    "The certificate chain is of another length.",
  );
  return {
    qeReport: readSgxReport(auth.subarray(at, at + SGX_REPORT_BYTES)),
    qeReportSignature: auth.subarray(at + SGX_REPORT_BYTES, authAt),
    qeAuthData: auth.subarray(authAt + 2, authEnd),
    certificationType,
    certificationData,
  };
}
