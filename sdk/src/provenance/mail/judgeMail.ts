import { addressParser } from "postal-mime";
import type { JsonValue, ProvenanceVerdict, VerdictFields } from "../verdict.ts";
import type { MailFacts, SignatureFacts } from "./mailFacts.ts";
import { type MailRule, type MailWarning, mailRules } from "./mailRules.ts";

export type MailPolicy = {
  /** Unix seconds. */
  readonly at: number;
  /** Shortest RSA key that counts, in bits; never below 1,024. */
  readonly minRsaBits: number;
  readonly maxAgeSeconds?: number;
  /** The domain that must have signed, where one is wanted; exactly this one. */
  readonly domain?: string;
};

export type MailVerdict = ProvenanceVerdict<"dkim", MailRule>;

export const leastRsaBits = 1_024;
const clockSkewSeconds = 300;

/** Fields that RFC 5322 and MIME allow once. */
const onceOnly = new Set(
  "from sender reply-to to cc bcc subject date message-id in-reply-to references mime-version content-type content-transfer-encoding content-disposition".split(
    " ",
  ),
);
const bodyFields = ["content-type", "content-transfer-encoding", "mime-version"];

/**
 * Whether a message comes from its author's domain, by what a DKIM library found. Of several signatures the one that keeps the
 * most rules decides; ARC is shown, and never saves a message: it is what forwarders say.
 */
export function judgeMail(facts: MailFacts, policy: MailPolicy): MailVerdict {
  const from = authorOf(facts);
  const judged = facts.signatures.map((signature) => ({ signature, broken: brokenRule(signature, facts, policy) }));
  const order = Object.keys(mailRules);
  const place = (rule: MailRule | undefined) => (rule === undefined ? order.length : order.indexOf(rule));
  const [best] = judged.toSorted((one, two) => place(two.broken) - place(one.broken));
  const whole: VerdictFields = {
    from: from ?? null,
    signatures: judged.map(({ signature, broken }) => signatureFields(signature, facts, broken)),
    arc: arcFields(facts),
  };
  if (facts.hasAmbiguousLines) return reject("mail-lines", whole);
  if (best === undefined) return reject("mail-signed", whole);
  if (from === undefined) return reject("mail-from", whole);
  const fields = { ...whole, ...signatureFields(best.signature, facts, best.broken) };
  return best.broken === undefined
    ? { kind: "dkim", verdict: "accept", rule: null, fields }
    : reject(best.broken, fields);
}

/** The one author. An import reads From by `postal-mime`: what is proved must be what it shows. */
function authorOf({ fromValues, fromAddresses }: MailFacts): string | undefined {
  const [value] = fromValues;
  const [address] = fromAddresses;
  if (value === undefined || fromValues.length !== 1 || address === undefined || fromAddresses.length !== 1)
    return undefined;
  const read = addressParser(value, { flatten: true });
  if (read.length !== 1 || read[0]?.address?.toLowerCase() !== address.toLowerCase()) return undefined;
  return /^[^\s@]+@[^\s@]+$/u.test(address) ? address : undefined;
}

function brokenRule(signature: SignatureFacts, facts: MailFacts, policy: MailPolicy): MailRule | undefined {
  const { outcome, lengthTag, bodyBytes, signedAt, expiresAt, rsaBits } = signature;
  const { at, maxAgeSeconds, domain } = policy;
  if (outcome !== "valid") return ofOutcome[outcome];
  if (rsaBits !== undefined && rsaBits < Math.max(leastRsaBits, policy.minRsaBits)) return "dkim-key-weak";
  if (signature.isTesting) return "dkim-key-testing";
  if (lengthTag !== undefined && lengthTag !== bodyBytes) return "dkim-length";
  if (unsignedFields(signature, facts).some((name) => onceOnly.has(name) && count(facts.fieldNames, name) > 1))
    return "dkim-duplicates";
  if (signedAt !== undefined && signedAt > at + clockSkewSeconds) return "dkim-future";
  if (expiresAt !== undefined && !(at <= expiresAt)) return "dkim-expired";
  if (maxAgeSeconds !== undefined && !(signedAt !== undefined && at - signedAt <= maxAgeSeconds)) return "time-age";
  if (signature.alignment === "none") return "dkim-alignment";
  if (domain !== undefined && signature.domain !== domain.toLowerCase()) return "dkim-domain";
  return undefined;
}

const ofOutcome = {
  malformed: "dkim-form",
  "algorithm-weak": "dkim-algorithm",
  "body-changed": "dkim-body",
  "key-unavailable": "dkim-key-available",
  "key-unusable": "dkim-key-usable",
  "key-weak": "dkim-key-weak",
  "signature-wrong": "dkim-signature",
} as const satisfies Record<Exclude<SignatureFacts["outcome"], "valid">, MailRule>;

/** Names of fields of which at least one is not signed. A DKIM-Signature signs itself. */
function unsignedFields(signature: SignatureFacts, { fieldNames }: MailFacts): readonly string[] {
  return [...new Set(fieldNames)].filter((name) => count(signature.signedNames, name) < count(fieldNames, name));
}

const count = (names: readonly string[], name: string) => names.filter((each) => each === name).length;

function warningsOf(signature: SignatureFacts, facts: MailFacts): readonly MailWarning[] {
  const unsigned = unsignedFields(signature, facts);
  const isUnsigned = (name: string) => unsigned.includes(name);
  const warnings: readonly (readonly [MailWarning, boolean])[] = [
    ["length-tag", signature.lengthTag !== undefined],
    ["rsa-1024", signature.rsaBits !== undefined && signature.rsaBits < 2_048],
    ["content-type-unsigned", bodyFields.some(isUnsigned)],
    ["subject-unsigned", isUnsigned("subject")],
    ["date-unsigned", isUnsigned("date")],
    ["recipient-unsigned", isUnsigned("to")],
    ["time-unknown", signature.signedAt === undefined],
  ];
  return warnings.flatMap(([name, holds]) => (holds ? [name] : []));
}

function signatureFields(
  signature: SignatureFacts,
  facts: MailFacts,
  broken: MailRule | undefined,
): Record<string, JsonValue> {
  const { lengthTag, bodyBytes, signedAt, expiresAt } = signature;
  return {
    domain: signature.domain,
    selector: signature.selector,
    algorithm: signature.algorithm,
    canonicalization: signature.canonicalization,
    rule: broken ?? null,
    detail: signature.detail ?? null,
    alignment: signature.alignment,
    rsaBits: signature.rsaBits ?? null,
    signedAt: instant(signedAt),
    expiresAt: instant(expiresAt),
    signedFields: signature.signedNames,
    unsignedFields: unsignedFields(signature, facts),
    bodyBytes: bodyBytes ?? null,
    bodyBytesSigned: bodyBytes === undefined ? null : Math.min(bodyBytes, lengthTag ?? bodyBytes),
    lengthTag: lengthTag ?? null,
    warnings: warningsOf(signature, facts),
  };
}

const instant = (seconds: number | undefined) =>
  seconds === undefined ? null : new Date(seconds * 1_000).toISOString();

function arcFields({ arc }: MailFacts): JsonValue {
  return { result: arc.result, detail: arc.detail ?? null, sets: arc.sets.map((set) => ({ ...set })) };
}

const reject = (rule: MailRule, fields: VerdictFields): MailVerdict => ({
  kind: "dkim",
  verdict: "reject",
  rule,
  fields,
});
