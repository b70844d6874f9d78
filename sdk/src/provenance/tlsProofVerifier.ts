import type { ProvenanceVerdict } from "./verdict.ts";

/**
 * Whoever can say that a server gave an answer over TLS to somebody else: one implementation for each kind of proof, offline, with
 * everything it trusts in the policy and nothing of it in the proof.
 *
 * Reclaim is `reclaimVerifier`. TLSNotary is not implemented: a presentation is the bincode of its authors' Rust types, which
 * changes between their alpha releases, so there is no format to read, only a release to run (their WebAssembly, of the very
 * version that wrote the file). A verifier of it belongs here once presentations carry a version that readers keep reading; its
 * policy would pin the notary's key, the server's name and the age, as Reclaim's pins attestors, provider and age.
 */
export type TlsProofVerifier<Policy, Kind extends string = string> = {
  readonly kind: Kind;
  /** Whether the value, as JSON gives it, is meant as a proof of this kind. Says nothing of its worth. */
  recognises(value: unknown): boolean;
  /** Never throws for what is in `value`: what breaks a rule is a verdict. */
  verify(value: unknown, policy: Policy): Promise<ProvenanceVerdict<Kind>>;
};

/** A presentation in the JSON form of TLSNotary's own JavaScript: told apart only to say that it is not read. */
export function isTlsNotaryPresentation(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const { version, data } = value as { readonly version?: unknown; readonly data?: unknown };
  return typeof version === "string" && typeof data === "string" && /^[0-9a-f]+$/i.test(data.slice(0, 1_000));
}
