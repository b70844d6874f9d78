/** What a DKIM library found out about a message; what follows from it is `judgeMail`'s. Free of platform, as no such library is. */
export type MailFacts = {
  /** Values of all From fields, as they stand in the message. */
  readonly fromValues: readonly string[];
  /** The addresses that the library reads from them. */
  readonly fromAddresses: readonly string[];
  /** Names of the header fields, from above, in lower case. */
  readonly fieldNames: readonly string[];
  /** A NUL, or a CR without LF, in the header: some readers begin a field there, others do not. */
  readonly hasAmbiguousLines: boolean;
  readonly signatures: readonly SignatureFacts[];
  readonly arc: ArcFacts;
};

/** How far the library came with a DKIM-Signature. */
export type SignatureOutcome =
  | "valid"
  | "malformed"
  | "algorithm-weak"
  | "body-changed"
  | "key-unavailable"
  | "key-unusable"
  | "key-weak"
  | "signature-wrong";

export type SignatureFacts = {
  readonly outcome: SignatureOutcome;
  /** The library's words, for `malformed` and `key-unusable`. */
  readonly detail: string | undefined;
  /** d= and s=, in lower case; empty where missing. */
  readonly domain: string;
  readonly selector: string;
  readonly algorithm: string;
  readonly canonicalization: string;
  /** Bits of an RSA key; undefined for Ed25519 and where no key was read. */
  readonly rsaBits: number | undefined;
  /** The domain says of its key that it is only trying DKIM out (t=y). */
  readonly isTesting: boolean;
  /** t= and x=, Unix seconds. */
  readonly signedAt: number | undefined;
  readonly expiresAt: number | undefined;
  /** Names of the fields that are signed, in lower case, one for each field of the message. */
  readonly signedNames: readonly string[];
  /** l=, and the bytes of the body in canonical form. */
  readonly lengthTag: number | undefined;
  readonly bodyBytes: number | undefined;
  /** Whether the domain is that of the one author, or of the same organisation (public suffix list). */
  readonly alignment: "exact" | "organisation" | "none";
};

/** An ARC chain: what forwarders say they had found when the message came to them, each sealed by its forwarder. */
export type ArcFacts = {
  readonly result: "none" | "pass" | "fail";
  readonly detail: string | undefined;
  readonly sets: readonly ArcSet[];
};

export type ArcSet = {
  readonly instance: number;
  readonly domain: string;
  readonly selector: string;
  /** What the forwarder says of the chain before it. */
  readonly chainBefore: string;
};
