import { concatBytes } from "../../crypto/index.ts";
import { readOrThrow } from "../rules.ts";
import { readQuote } from "./quote.ts";

/**
 * What goes on chain instead of a quote, which carries 3,700 bytes of certificates that a contract has read before: signed part,
 * signature, attestation key, report of the quoting enclave, its signature, authentication data. 1,240 bytes of a version 4
 * quote, since Intel's authentication data have 32.
 *
 * @throws EVIDENCE_UNREADABLE
 */
export function liteQuoteOf(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const quote = readOrThrow(() => readQuote(bytes));
  return concatBytes(
    quote.signed,
    quote.signature,
    quote.attestationKey,
    quote.qeReport.bytes,
    quote.qeReportSignature,
    quote.qeAuthData,
  );
}
