import type { Hex } from "viem";
import type { AttestationRule } from "./rules.ts";

/** `sgx-v5` is version 5 with body type 1. */
export type EvidenceKind = "sgx-v3" | "tdx-v4" | "tdx-v5" | "sgx-v5" | "nitro" | "snp";

/** Intel's status of a TCB level, from best to worst. */
export type TcbStatus =
  | "UpToDate"
  | "SWHardeningNeeded"
  | "ConfigurationNeeded"
  | "ConfigurationAndSWHardeningNeeded"
  | "OutOfDate"
  | "OutOfDateConfigurationNeeded"
  | "Revoked";

/** What stands in a piece of evidence, as it stands there: byte strings as lower-case hex without 0x. */
export type EvidenceFields = Readonly<Record<string, FieldValue>>;
type FieldValue = string | number | boolean | null | Readonly<Record<string, string>>;

/** What a verifier says of one piece of evidence at one time under one policy. */
export type AttestationVerdict = AcceptedEvidence | RejectedEvidence;

export type AcceptedEvidence = {
  readonly verdict: "accept";
  readonly kind: EvidenceKind;
  /** Null for platforms whose maker publishes no TCB levels (Nitro, SNP). */
  readonly status: TcbStatus | null;
  /** Of the levels that fit, sorted, each once. */
  readonly advisories: readonly string[];
  readonly platform: PlatformIdentity;
  /**
   * What was measured, by the maker's name: `mrTd`, `rtMr0`…; `mrEnclave`, `mrSigner`; `pcr0`…; `measurement`. Lower-case hex
   * with 0x.
   */
  readonly measurements: Readonly<Record<string, Hex>>;
  /** 64 bytes that the enclave chose; Nitro's `user_data`, which may have any length up to 512 bytes. */
  readonly reportData: Hex;
  /**
   * Keccak-256 of the signed bytes. Two pieces of evidence with one identity are the same statement, whatever differs in
   * their signatures, certificates and padding.
   */
  readonly identity: Hex;
  /** Unix seconds: from then on a revocation list, collateral or certificate that this verdict rests on has run out. */
  readonly validUntil: number;
  readonly fields: EvidenceFields;
};

export type RejectedEvidence = {
  readonly verdict: "reject";
  readonly kind: EvidenceKind;
  /** The first rule that does not hold, in the order of docs/attestation.md. */
  readonly rule: AttestationRule;
  /** For people. */
  readonly detail: string;
  /** Set where a level was found and the policy does not take it. */
  readonly status: TcbStatus | null;
  readonly advisories: readonly string[];
  /** As far as they could be read. */
  readonly fields: EvidenceFields;
};

/** Which machine it was, as far as its maker says. */
export type PlatformIdentity = DcapPlatform | NitroPlatform | SnpPlatform;

export type DcapPlatform = {
  readonly maker: "intel";
  /** Family, model, stepping, platform type and custom SKU: what TCB info is published for. 6 bytes. */
  readonly fmspc: Hex;
  /** Platform provisioning id: one platform for good. 16 bytes. */
  readonly ppid: Hex;
  /** Of the PCK certificate: 16 bytes. */
  readonly cpuSvn: Hex;
  readonly pceSvn: number;
  /** Of the platform's level, the quoting enclave's and the TDX module's the oldest. Unix seconds. */
  readonly tcbDate: number;
  readonly tcbEvaluationDataNumber: number;
  /** TDX only: 16 bytes. */
  readonly teeTcbSvn?: Hex;
};

export type NitroPlatform = {
  readonly maker: "aws";
  readonly moduleId: string;
  /** Unix milliseconds, by the hypervisor. */
  readonly timestamp: number;
};

export type SnpPlatform = {
  readonly maker: "amd";
  readonly product: "milan" | "genoa" | "turin";
  /** 64 bytes. */
  readonly chipId: Hex;
  /** 8 bytes. */
  readonly reportedTcb: Hex;
  /** VLEK only: the cloud that AMD gave the key to. Its chip id may be masked. */
  readonly cspId?: string;
};
