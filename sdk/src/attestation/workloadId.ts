/**
 * Workload ids: the 32 bytes by which MeasurementPolicy knows what runs in an enclave, whatever its silicon. docs/attestation.md
 * "Workload ids" is their specification, test/vectors/evidence.json has each with its parts.
 */
import { type Hex, keccak256 } from "viem";
import { concatBytes, utf8 } from "../crypto/index.ts";

const TDX = utf8("persona/workload/tdx/v1");
const SGX = utf8("persona/workload/sgx/v1");
const NITRO = utf8("persona/workload/nitro/v1");
const SNP = utf8("persona/workload/snp/v1");

/**
 * Bits of an SNP guest policy that say how well the guest is kept: 16 (SMT) to 25. The lower ones name the oldest firmware that it
 * was willing to start on, which the reported TCB tells better.
 */
const SNP_POLICY_MASK = 0x3ff_0000n;

/** Of a TD report: attributes, XFAM, MRTD, configuration and owner, RTMR0 to RTMR2. */
const TD_MEASURED = [120, 472] as const;

/**
 * Of a TD: image, what it was told, and the machine that it runs in (RTMR0), which a host can shape. RTMR3 is what happens later,
 * and differs from one start to the next. DcapVerifier computes the same.
 *
 * @param report a TD report: 584 or 648 bytes
 */
export function tdWorkloadId(report: Uint8Array): Hex {
  if (report.length !== 584 && report.length !== 648) throw new RangeError("a TD report has 584 or 648 bytes");
  return keccak256(concatBytes(TDX, report.subarray(...TD_MEASURED)));
}

/** Of an SGX enclave: its MRENCLAVE, 32 bytes. DcapVerifier computes the same. */
export function sgxWorkloadId(mrEnclave: Uint8Array): Hex {
  if (mrEnclave.length !== 32) throw new RangeError("an MRENCLAVE has 32 bytes");
  return keccak256(concatBytes(SGX, mrEnclave));
}

/**
 * Of an AWS Nitro enclave: image, kernel and application, and who signed the image where it is signed.
 *
 * @param pcrs by index, 48 bytes each; 0 to 2 must be there. PCR8 counts where it is there and not all zero.
 */
export function nitroWorkloadId(pcrs: ReadonlyMap<number, Uint8Array>): Hex {
  const register = (index: number): Uint8Array => {
    const value = pcrs.get(index);
    if (value?.length !== 48) throw new RangeError(`PCR ${index} must have 48 bytes`);
    return value;
  };
  const signer = pcrs.get(8)?.some((byte) => byte !== 0) === true ? [register(8)] : [];
  return keccak256(concatBytes(NITRO, register(0), register(1), register(2), ...signer));
}

/**
 * Of an SEV-SNP guest: what was measured at its start, how its host must keep it, and whose key vouched for it (zeros where
 * nobody's). Its host data is not part of it: a host chooses that.
 */
export function snpWorkloadId(guest: {
  readonly measurement: Uint8Array;
  readonly policy: bigint;
  readonly idKeyDigest: Uint8Array;
}): Hex {
  const { measurement, idKeyDigest } = guest;
  if (measurement.length !== 48 || idKeyDigest.length !== 48) throw new RangeError("SHA-384 has 48 bytes");
  const policy = new Uint8Array(8);
  new DataView(policy.buffer).setBigUint64(0, guest.policy & SNP_POLICY_MASK, true);
  return keccak256(concatBytes(SNP, measurement, policy, idKeyDigest));
}
