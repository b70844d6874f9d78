/**
 * Reads an SEV-SNP attestation report: AMD's SEV Secure Nested Paging Firmware ABI (56860), table ATTESTATION_REPORT, versions 2
 * to 5. Nothing of it is believed before {@link verifySnp}.
 */
import { requireRule } from "../rules.ts";

export const SNP_REPORT_BYTES = 0x4a0;
const SIGNED_BYTES = 0x2a0;
/** r and s have 72 bytes each, little-endian, of which P-384 uses 48. */
const HALF_FIELD = 72;
const HALF = 48;

export type SnpReport = {
  /** The first 0x2A0 bytes. */
  readonly signed: Uint8Array;
  /** r ‖ s, big-endian, 96 bytes. */
  readonly signature: Uint8Array;
  readonly version: number;
  readonly guestSvn: number;
  readonly policy: bigint;
  readonly familyId: Uint8Array;
  readonly imageId: Uint8Array;
  readonly vmpl: number;
  readonly signatureAlgorithm: number;
  /** TCB versions: 8 bytes, in the order of the product. */
  readonly currentTcb: Uint8Array;
  readonly reportedTcb: Uint8Array;
  readonly committedTcb: Uint8Array;
  readonly launchTcb: Uint8Array;
  readonly platformInfo: Uint8Array;
  readonly keyInfo: number;
  readonly reportData: Uint8Array;
  readonly measurement: Uint8Array;
  readonly hostData: Uint8Array;
  readonly idKeyDigest: Uint8Array;
  readonly authorKeyDigest: Uint8Array;
  readonly reportId: Uint8Array;
  readonly reportIdMa: Uint8Array;
  /** Family, model and stepping from version 3 on; zeros before. */
  readonly cpuid: Uint8Array;
  readonly chipId: Uint8Array;
};

/** Cuts a report into its fields; says nothing about their values. @throws RuleBroken snp-size */
export function readSnpReport(bytes: Uint8Array): SnpReport {
  requireRule("snp-size", bytes.length === SNP_REPORT_BYTES, `It has ${bytes.length} bytes.`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const part = (from: number, to: number) => bytes.subarray(from, to);
  return {
    signed: part(0, SIGNED_BYTES),
    signature: Uint8Array.of(...half(bytes, 0), ...half(bytes, 1)),
    version: view.getUint32(0x00, true),
    guestSvn: view.getUint32(0x04, true),
    policy: view.getBigUint64(0x08, true),
    familyId: part(0x10, 0x20),
    imageId: part(0x20, 0x30),
    vmpl: view.getUint32(0x30, true),
    signatureAlgorithm: view.getUint32(0x34, true),
    currentTcb: part(0x38, 0x40),
    platformInfo: part(0x40, 0x48),
    keyInfo: view.getUint32(0x48, true),
    reportData: part(0x50, 0x90),
    measurement: part(0x90, 0xc0),
    hostData: part(0xc0, 0xe0),
    idKeyDigest: part(0xe0, 0x110),
    authorKeyDigest: part(0x110, 0x140),
    reportId: part(0x140, 0x160),
    reportIdMa: part(0x160, 0x180),
    reportedTcb: part(0x180, 0x188),
    cpuid: part(0x188, 0x18b),
    chipId: part(0x1a0, 0x1e0),
    committedTcb: part(0x1e0, 0x1e8),
    launchTcb: part(0x1f0, 0x1f8),
  };
}

/** One half of the signature, turned around. */
function half(bytes: Uint8Array, index: 0 | 1): Uint8Array {
  const from = SIGNED_BYTES + index * HALF_FIELD;
  return bytes.slice(from, from + HALF).reverse();
}

/** The form that every report has. @throws RuleBroken snp-version, snp-algorithm, snp-reserved */
export function requireSnpForm(bytes: Uint8Array, report: SnpReport): void {
  const { version, signatureAlgorithm, policy, keyInfo } = report;
  requireRule("snp-version", version >= 2 && version <= 5, `It is of version ${version}.`);
  requireRule("snp-algorithm", signatureAlgorithm === 1, `Its algorithm is ${signatureAlgorithm}.`);
  for (const [from, to] of reservedOf(version)) {
    const zero = bytes.subarray(from, to).every((byte) => byte === 0);
    requireRule("snp-reserved", zero, `A byte from 0x${from.toString(16)} to 0x${to.toString(16)} is not zero.`);
  }
  requireRule("snp-reserved", keyInfo >>> 5 === 0, "A reserved bit of the key information is set.");
  // Bit 17 must be one; bits from 26 on are not given out.
  requireRule("snp-reserved", ((policy >> 17n) & 1n) === 1n, "Bit 17 of the policy is not set.");
  requireRule("snp-reserved", policy >> 26n === 0n, "A reserved bit of the policy is set.");
}

function reservedOf(version: number): readonly (readonly [from: number, to: number])[] {
  return [
    [0x4c, 0x50],
    [version === 2 ? 0x188 : 0x18b, 0x1a0],
    [0x1eb, 0x1ec],
    [0x1ef, 0x1f0],
    // Launch and current mitigation vectors came after version 3.
    [version <= 3 ? 0x1f8 : 0x208, SIGNED_BYTES],
    // Not signed, hence all the more: the upper bytes of r and s, and all behind them.
    [SIGNED_BYTES + HALF, SIGNED_BYTES + HALF_FIELD],
    [SIGNED_BYTES + HALF_FIELD + HALF, SNP_REPORT_BYTES],
  ];
}
