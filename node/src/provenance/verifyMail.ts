import { domainToASCII } from "node:url";
import type { ArcFacts, MailFacts, SignatureFacts, SignatureOutcome } from "@persona-protocol/sdk/provenance";
import { judgeMail, type MailPolicy, type MailVerdict } from "@persona-protocol/sdk/provenance";
import type { ARCChainEntry, DKIMResult, DKIMVerifyResult } from "mailauth";
import { arc } from "mailauth/lib/arc/index.js";
import { dkimVerify } from "mailauth/lib/dkim/verify.js";
import { getDomain } from "tldts";
import type { ResolveDkimKey } from "./dkimKeys.ts";
import { boundedHeader } from "./mailLimits.ts";

/** Long before any message: the library knows no expiry then, and the rules, which have a clock of their own, decide. */
const noExpiry = new Date(1);

/**
 * Whether a message comes from the domain in its From, by DKIM; ARC is reported. No network: a key that `resolveKey` does not
 * know is not looked for.
 *
 * @param message as it was sent or exported, CRLF or LF
 * @throws PersonaError PROVENANCE_UNREADABLE where its header is beyond all measure
 */
export async function verifyMail(
  message: Uint8Array,
  options: { readonly resolveKey: ResolveDkimKey; readonly policy: MailPolicy },
): Promise<MailVerdict> {
  return judgeMail(await mailFacts(message, options), options.policy);
}

async function mailFacts(
  message: Uint8Array,
  { resolveKey, policy }: { readonly resolveKey: ResolveDkimKey; readonly policy: MailPolicy },
): Promise<MailFacts> {
  const header = boundedHeader(message);
  const shared = { resolver: createResolver(resolveKey), minBitLength: policy.minRsaBits, strict: true };
  const found = await dkimVerify(Buffer.from(message.buffer, message.byteOffset, message.byteLength), {
    ...shared,
    curTime: noExpiry,
  });
  const fields = found.headers?.parsed ?? [];
  const [author] = found.headerFrom;
  return {
    fromValues: fields.filter(({ key }) => key === "from").map(({ line }) => fieldValue(line)),
    fromAddresses: found.headerFrom,
    fieldNames: fields.map(({ key }) => key),
    hasAmbiguousLines: /\0|\r(?!\n)/.test(header.replace(/\r$/, "")),
    signatures: found.results
      .filter(({ status }) => status.result !== "none")
      .map((result) => signatureFacts(result, author)),
    arc: await arcFacts(found, { ...shared, at: policy.at }),
  };
}

/** As the library asks: by name and type, and an error with DNS's code where there is none. */
function createResolver(resolveKey: ResolveDkimKey) {
  return async (name: string): Promise<string[][]> => {
    const record = await resolveKey(name);
    if (record === undefined) throw Object.assign(new Error("no key"), { code: "ENOTFOUND" });
    return [[record]];
  };
}

function signatureFacts(result: DKIMResult, author: string | undefined): SignatureFacts {
  const { status, signingHeaders } = result;
  const domain = asciiDomain(result.signingDomain ?? "");
  const outcome = outcomeOf(status.result, status.comment ?? "");
  return {
    outcome,
    detail: outcome === "malformed" || outcome === "key-unusable" ? status.comment || undefined : undefined,
    domain,
    selector: (result.selector ?? "").toLowerCase(),
    algorithm: (result.algo ?? "").toLowerCase(),
    canonicalization: (result.format ?? "simple/simple").toLowerCase(),
    rsaBits: result.modulusLength,
    isTesting: status.testing === true,
    signedAt: seconds(result.signTime),
    expiresAt: seconds(result.expiresAfter),
    signedNames: (signingHeaders?.keys ?? "")
      .split(": ")
      .filter((name) => name !== "")
      .map((name) => name.toLowerCase()),
    lengthTag: result.canonBodyLengthLimited === true ? result.canonBodyLengthLimit : undefined,
    bodyBytes: result.canonBodyLengthTotal,
    alignment: alignmentOf(domain, author),
  };
}

/** The library's words for what is wrong with a key, in strict mode. */
const keyProblems = new Set([
  "unknown key version",
  "unknown key type",
  "invalid public key",
  "inappropriate hash algorithm",
  "inappropriate key algorithm",
  "key not for email",
]);

function outcomeOf(result: string, comment: string): SignatureOutcome {
  if (result === "pass") return "valid";
  if (result === "fail") return comment === "body hash did not verify" ? "body-changed" : "signature-wrong";
  if (result === "policy") return comment === "weak algorithm" ? "algorithm-weak" : "key-weak";
  if (result === "temperror" || comment === "no key") return "key-unavailable";
  return keyProblems.has(comment) ? "key-unusable" : "malformed";
}

/** Relaxed alignment of DMARC: one organisation by the public suffix list, where two customers of a host are two. */
function alignmentOf(domain: string, author: string | undefined): SignatureFacts["alignment"] {
  const of = asciiDomain(author?.slice(author.lastIndexOf("@") + 1) ?? "");
  if (domain === "" || of === "") return "none";
  if (domain === of) return "exact";
  const [one, two] = [domain, of].map((name) => getDomain(name, { allowPrivateDomains: true }));
  return one !== null && one === two ? "organisation" : "none";
}

const asciiDomain = (name: string) => domainToASCII(name).toLowerCase().replace(/\.$/, "");

async function arcFacts(
  found: DKIMVerifyResult,
  { at, ...options }: { readonly at: number } & Parameters<typeof arc>[1],
): Promise<ArcFacts> {
  const data = found.arc;
  if (data === undefined) return { result: "none", detail: undefined, sets: [] };
  const sets = (data.chain || []).map((link) => ({
    instance: link.i,
    domain: tagOf(link["arc-seal"], "d"),
    selector: tagOf(link["arc-seal"], "s"),
    chainBefore: tagOf(link["arc-seal"], "cv"),
  }));
  const { chain, ...rest } = data;
  const { status, signature } = await arc({ ...rest, ...(chain ? { chain } : {}) }, options);
  if (status.result !== "pass")
    return { result: status.result === "none" ? "none" : "fail", detail: status.comment || undefined, sets };
  const newest = signature || undefined;
  const expiresAt = seconds(newest?.expiresAfter);
  if (expiresAt !== undefined && !(at <= expiresAt)) return { result: "fail", detail: "expired", sets };
  if (newest?.canonBodyLengthLimited === true && newest.canonBodyLengthLimit !== newest.canonBodyLengthTotal)
    return { result: "fail", detail: "body not signed as a whole", sets };
  return { result: "pass", detail: undefined, sets };
}

function tagOf(field: ARCChainEntry["arc-seal"], name: string): string {
  const value: unknown = field?.parsed?.[name]?.value;
  return typeof value === "string" || typeof value === "number" ? String(value).toLowerCase() : "";
}

function seconds(text: string | null | undefined): number | undefined {
  return text === null || text === undefined ? undefined : Date.parse(text) / 1_000;
}

function fieldValue(line: Uint8Array): string {
  const text = Buffer.from(line).toString("utf8");
  return text.slice(text.indexOf(":") + 1).trim();
}
