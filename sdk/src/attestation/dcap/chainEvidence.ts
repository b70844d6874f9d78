import type { Hex } from "viem";
import { concatBytes } from "../../crypto/index.ts";
import { readOrThrow } from "../rules.ts";
import { sgxWorkloadId, tdWorkloadId } from "../workloadId.ts";
import { malformed } from "../x509/index.ts";
import { liteQuoteOf } from "./liteQuote.ts";
import { readPckChain } from "./pckChain.ts";
import { readQuote } from "./quote.ts";

const SGX_MR_ENCLAVE = [64, 96] as const;

/**
 * What DcapVerifier reads: the lite quote, and the platform's key (x ‖ y), by which the chain knows its certificate.
 *
 * @throws EVIDENCE_UNREADABLE
 */
export function chainEvidenceOf(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { certificationData } = readOrThrow(() => readQuote(bytes));
  const [pck] = readOrThrow(() => readPckChain(certificationData));
  const { point } = pck.publicKey;
  if (point === undefined) throw malformed("PCK certificate", "its key is not of P-256");
  return concatBytes(liteQuoteOf(bytes), point);
}

/**
 * What MeasurementPolicy knows of a quote: of a TD {@link tdWorkloadId}, of an SGX enclave {@link sgxWorkloadId}.
 *
 * @throws EVIDENCE_UNREADABLE
 */
export function workloadIdOf(bytes: Uint8Array): Hex {
  const { version, body, signed } = readOrThrow(() => readQuote(bytes));
  const report = signed.subarray(version === 5 ? 54 : 48);
  if (body.type !== "sgx") return tdWorkloadId(report);
  return sgxWorkloadId(report.subarray(...SGX_MR_ENCLAVE));
}
