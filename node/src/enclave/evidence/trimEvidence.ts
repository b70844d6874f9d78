/** Cuts what a platform gives to what it says it holds: TDX quotes come padded with zeros, an SNP report has one size. */
import { PersonaError } from "@persona-protocol/sdk/errors";

/** An SNP attestation report, SNP ABI table "ATTESTATION_REPORT". */
const snpBytes = 0x4a0;
/** Of the quotes seen, the largest have 5 KiB. */
const maxQuoteBytes = 16 * 1024;

/** @throws PersonaError EVIDENCE_UNAVAILABLE when shorter than its length fields, or followed by anything but zeros. */
export function trimTdxQuote(padded: Uint8Array): Uint8Array {
  const length = tdxQuoteLength(padded);
  if (length === undefined || length > maxQuoteBytes || padded.length < length) {
    throw malformed("A TDX quote is cut off, or of a version that is not known.", padded);
  }
  if (padded.subarray(length).some((byte) => byte !== 0)) throw malformed("A TDX quote is followed by data.", padded);
  return padded.slice(0, length);
}

/** @throws PersonaError EVIDENCE_UNAVAILABLE */
export function snpReportBytes(report: Uint8Array): Uint8Array {
  if (report.length !== snpBytes) throw malformed("An SNP report has another size.", report);
  return report;
}

/** v4: header 48, body 584, then length ‖ signature data. v5: header 48, type 2, size 4, body, then the same. */
function tdxQuoteLength(quote: Uint8Array): number | undefined {
  const view = new DataView(quote.buffer, quote.byteOffset, quote.byteLength);
  const has = (bytes: number) => quote.length >= bytes;
  if (!has(54)) return undefined;
  const version = view.getUint16(0, true);
  if (version !== 4 && version !== 5) return undefined;
  const signed = version === 4 ? 48 + 584 : 54 + view.getUint32(50, true);
  if (signed > maxQuoteBytes || !has(signed + 4)) return undefined;
  return signed + 4 + view.getUint32(signed, true);
}

const malformed = (text: string, { length }: Uint8Array) =>
  new PersonaError("EVIDENCE_UNAVAILABLE", text, { data: { bytes: length } });
