import type { Hex } from "viem";
import type { TcbStatus } from "./verdict.ts";

/** What a verifier of SGX and TDX is asked to take. Each setting is optional; the defaults are {@link defaultDcapPolicy}. */
export type DcapPolicy = {
  /** SHA-256 of the root certificate's DER. Default: Intel SGX Root CA. A development root makes simulated evidence valid. */
  readonly rootFingerprint?: Hex;
  /** Of TCB info and quoting enclave identity. Default 0: whatever Intel still signs as current. */
  readonly minTcbEvaluationDataNumber?: number;
  /** Default: all but out of date and revoked. "Revoked" cannot be accepted. */
  readonly acceptedStatuses?: readonly Exclude<TcbStatus, "Revoked">[];
  /** Default: any advisory, where the status is accepted. */
  readonly acceptedAdvisories?: readonly string[];
  /** TD 1.5: the service TDs that may be bound, besides none (48 bytes each). Default: none. */
  readonly acceptedServiceTds?: readonly Hex[];
};

/** Intel SGX Root CA, CN=Intel SGX Root CA, valid from 2018-05-21 to 2049-12-31. */
export const INTEL_SGX_ROOT: Hex = "0x44a0196b2b99f889b8e149e95b807a350e7424964399e885a7cbb8ccfab674d3";

export const defaultDcapPolicy = {
  rootFingerprint: INTEL_SGX_ROOT,
  minTcbEvaluationDataNumber: 0,
  acceptedStatuses: ["UpToDate", "SWHardeningNeeded", "ConfigurationNeeded", "ConfigurationAndSWHardeningNeeded"],
  acceptedServiceTds: [],
} as const satisfies DcapPolicy;
