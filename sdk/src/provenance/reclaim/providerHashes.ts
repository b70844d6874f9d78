import { keccak256, stringToBytes } from "viem";
import { isJsonObject, ownProperty } from "../strictJson.ts";
import { canonicalJson } from "./reclaimClaim.ts";

const maxPairs = 64;
const maxOptional = 8;

/**
 * Reclaim's hash of what was asked and what had to be in the answer: url, method, body, matches and redactions of the claim's
 * parameters. Headers, location and values of placeholders are not in it. Matches marked `isOptional` may have been left out, each with the
 * redaction of its place: one hash for every choice.
 *
 * @returns hashes as 0x and lower-case hex digits; none where the parameters are not those of an HTTP request, or hold too many choices
 */
export function providerHashes(parameters: Readonly<Record<string, unknown>>): readonly string[] {
  const matches = ownProperty(parameters, "responseMatches") ?? [];
  const redactions = ownProperty(parameters, "responseRedactions") ?? [];
  if (!Array.isArray(matches) || !Array.isArray(redactions)) return [];
  if (![...matches, ...redactions].every(isJsonObject)) return [];
  if (matches.length > maxPairs || redactions.length > maxPairs) return [];
  const optional = matches.flatMap((match, index) => (truthy(match, "isOptional") ? [index] : []));
  if (optional.length > maxOptional) return [];
  const hashes: string[] = [];
  for (let choice = 0; choice < 1 << optional.length; choice++) {
    const isIn = (index: number) => !optional.includes(index) || (choice & (1 << optional.indexOf(index))) !== 0;
    // A request without any match is a choice only where there never was one.
    if (matches.length > 0 && !matches.some((_, index) => isIn(index))) continue;
    const text = canonicalJson({
      url: ownProperty(parameters, "url") ?? "",
      method: ownProperty(parameters, "method") ?? "GET",
      body: ownProperty(parameters, "body") ?? "",
      responseMatches: matches.filter((_, index) => isIn(index)).map(hashedMatch),
      responseRedactions: redactions.filter((_, index) => isIn(index)).map(hashedRedaction),
    });
    if (text !== undefined) hashes.push(keccak256(stringToBytes(text)));
  }
  return [...new Set(hashes)];
}

const hashedMatch = (match: unknown) => ({
  value: ownProperty(match, "value") ?? "",
  type: ownProperty(match, "type") ?? "contains",
  ...(truthy(match, "invert") && { invert: ownProperty(match, "invert") }),
});

const hashedRedaction = (redaction: unknown) => ({
  xPath: ownProperty(redaction, "xPath") ?? "",
  jsonPath: ownProperty(redaction, "jsonPath") ?? "",
  regex: ownProperty(redaction, "regex") ?? "",
  ...(truthy(redaction, "hash") && { hash: ownProperty(redaction, "hash") }),
});

const truthy = (value: unknown, name: string) => Boolean(ownProperty(value, name));
