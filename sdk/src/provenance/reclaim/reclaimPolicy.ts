/** What whoever verifies trusts and asks for. Nothing of it is ever read from a proof. */
export type ReclaimPolicy = {
  /** Addresses whose signature counts, `0x` and 40 hex digits. What a proof says under `witnesses` is the sender's word. */
  readonly attestors: readonly string[];
  /** The time of the verifier, Unix seconds. */
  readonly at: number;
  /** Oldest claim that is taken, in seconds; without it a claim may be of any age. */
  readonly maxAgeSeconds?: number;
  /** Whose claim it must be, `0x` and 40 hex digits. Without it a proof of anybody passes: who copies one shows it as well. */
  readonly owner?: string;
  /** Hashes of the requests that may have been made. Without it a valid proof says only that some request had some answer. */
  readonly providerHashes?: readonly string[];
  /** What the context must name under `contextAddress`: how apps tie a claim, whose owner is a throw-away key, to their user. */
  readonly contextAddress?: string;
};

/**
 * The attestor of Reclaim's own network, which signs every genuine proof we have. A second address that their SDK's tests list,
 * 0x1be31a94361a391bbafb2a4ccd704f57dc04d4bb, is that of the private key 0x1234567890abcdef… which is printed all over the web:
 * whoever trusts it trusts everybody.
 */
export const reclaimAttestors: readonly string[] = ["0x244897572368eadf65bfbc5aec98d8e5443a9072"];

/** attestor-core writes 1 into every claim. */
export const reclaimEpoch = 1;

/** A claim may be so much younger than the verifier's clock. */
export const reclaimClockSkewSeconds = 300;
