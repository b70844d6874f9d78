import type { Hex } from "viem";
import type { SnpProduct, SnpTcb } from "./snpProduct.ts";

/** What a verifier of SNP reports is asked to take. */
export type SnpPolicy = {
  /** SHA-256 of the root certificate's DER. Default: AMD's of the product. A development root makes simulated reports valid. */
  readonly rootFingerprint?: Hex;
  /** Default false: who migrates a guest reads its memory. */
  readonly allowMigrationAgent?: boolean;
  /**
   * Privilege levels at which a report may have been asked for, of 0 (most) to 3. Default: all four, as whoever measured the
   * image knows at which its code runs. Registration of enclaves takes 0 alone.
   */
  readonly acceptedVmpls?: readonly number[];
  /** Least parts of the reported TCB, by product. Default: none. */
  readonly minimumTcb?: Readonly<Partial<Record<SnpProduct, Partial<SnpTcb>>>>;
};

export const ALL_VMPLS: readonly number[] = [0, 1, 2, 3];
