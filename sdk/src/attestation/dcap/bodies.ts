import { u16At } from "./littleEndian.ts";

/** An SGX report (384 bytes): of the enclave in question, or of the quoting enclave. Views into the quote. */
export type SgxReport = {
  readonly bytes: Uint8Array;
  readonly cpuSvn: Uint8Array;
  /** As it stands there, little-endian, and in Intel's identities as well. */
  readonly miscSelect: Uint8Array;
  readonly attributes: Uint8Array;
  readonly mrEnclave: Uint8Array;
  readonly mrSigner: Uint8Array;
  readonly configId: Uint8Array;
  readonly isvProdId: number;
  readonly isvSvn: number;
  readonly configSvn: number;
  readonly reportData: Uint8Array;
};

/** A TD report: 584 bytes for TD 1.0, 648 for TD 1.5. Views into the quote. */
export type TdReport = {
  readonly bytes: Uint8Array;
  readonly teeTcbSvn: Uint8Array;
  readonly mrSeam: Uint8Array;
  readonly mrSignerSeam: Uint8Array;
  readonly seamAttributes: Uint8Array;
  readonly tdAttributes: Uint8Array;
  readonly xfam: Uint8Array;
  readonly mrTd: Uint8Array;
  readonly mrConfigId: Uint8Array;
  readonly mrOwner: Uint8Array;
  readonly mrOwnerConfig: Uint8Array;
  readonly rtMr: readonly [Uint8Array, Uint8Array, Uint8Array, Uint8Array];
  readonly reportData: Uint8Array;
  /** TD 1.5 only. */
  readonly td15?: { readonly teeTcbSvn2: Uint8Array; readonly mrServiceTd: Uint8Array };
};

export const SGX_REPORT_BYTES = 384;
export const TD10_REPORT_BYTES = 584;
export const TD15_REPORT_BYTES = 648;

/** @param bytes exactly 384 of them */
export function readSgxReport(bytes: Uint8Array): SgxReport {
  const part = (at: number, length: number): Uint8Array => bytes.subarray(at, at + length);
  return {
    bytes,
    cpuSvn: part(0, 16),
    miscSelect: part(16, 4),
    attributes: part(48, 16),
    mrEnclave: part(64, 32),
    mrSigner: part(128, 32),
    configId: part(192, 64),
    isvProdId: u16At(bytes, 256),
    isvSvn: u16At(bytes, 258),
    configSvn: u16At(bytes, 260),
    reportData: part(320, 64),
  };
}

/** @param bytes exactly 584 or 648 of them */
export function readTdReport(bytes: Uint8Array): TdReport {
  const part = (at: number, length: number): Uint8Array => bytes.subarray(at, at + length);
  return {
    bytes,
    teeTcbSvn: part(0, 16),
    mrSeam: part(16, 48),
    mrSignerSeam: part(64, 48),
    seamAttributes: part(112, 8),
    tdAttributes: part(120, 8),
    xfam: part(128, 8),
    mrTd: part(136, 48),
    mrConfigId: part(184, 48),
    mrOwner: part(232, 48),
    mrOwnerConfig: part(280, 48),
    rtMr: [part(328, 48), part(376, 48), part(424, 48), part(472, 48)],
    reportData: part(520, 64),
    ...(bytes.length === TD15_REPORT_BYTES && { td15: { teeTcbSvn2: part(584, 16), mrServiceTd: part(600, 48) } }),
  };
}
