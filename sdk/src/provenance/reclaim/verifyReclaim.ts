import { isJsonObject, ownProperty, parseStrictJson } from "../strictJson.ts";
import type { TlsProofVerifier } from "../tlsProofVerifier.ts";
import type { JsonValue, ProvenanceVerdict, VerdictFields } from "../verdict.ts";
import { providerHashes } from "./providerHashes.ts";
import { claimIdentifier, claimMessage, readContext, recoverSigner } from "./reclaimClaim.ts";
import { type ReclaimPolicy, reclaimClockSkewSeconds, reclaimEpoch } from "./reclaimPolicy.ts";
import { looksLikeReclaim, type ReclaimProof, readReclaimProof } from "./reclaimProof.ts";
import type { ReclaimRule } from "./reclaimRules.ts";

export type ReclaimVerdict = ProvenanceVerdict<"reclaim", ReclaimRule>;

const maxProofs = 64;

/** Proofs of the Reclaim protocol, one or an array of them, checked without a network (docs/provenance.md). */
export const reclaimVerifier: TlsProofVerifier<ReclaimPolicy, "reclaim"> = {
  kind: "reclaim",
  recognises: (value) =>
    Array.isArray(value) ? value.length > 0 && value.some(looksLikeReclaim) : looksLikeReclaim(value),
  verify: verifyReclaim,
};

/** All proofs of an array, or none of it: the verdict is that of the first that is rejected, and `proofs` has each. */
export async function verifyReclaim(value: unknown, policy: ReclaimPolicy): Promise<ReclaimVerdict> {
  if (!Array.isArray(value)) return verifyOne(value, policy);
  if (value.length === 0 || value.length > maxProofs)
    return reject("proof-shape", { path: "", problem: `an array of 1 to ${maxProofs} proofs`, count: value.length });
  const proofs: ReclaimVerdict[] = [];
  for (const item of value) proofs.push(await verifyOne(item, policy));
  const rejected = proofs.findIndex(({ verdict }) => verdict === "reject");
  const all = proofs.map(({ verdict, rule, fields }) => ({ verdict, rule, fields }));
  const found = proofs[rejected];
  if (found === undefined) return { ...accept({ count: proofs.length, proofs: all }) };
  return { ...found, fields: { count: proofs.length, firstRejected: rejected, proofs: all } };
}

async function verifyOne(value: unknown, policy: ReclaimPolicy): Promise<ReclaimVerdict> {
  const proof = readReclaimProof(value);
  if ("wrong" in proof) return reject("proof-shape", { path: proof.wrong });
  const texts = [proof.provider, proof.parameters, proof.context, proof.owner];
  if (!texts.every((text) => text.isWellFormed())) return reject("text-wellformed", { form: proof.form });
  const given: VerdictFields = {
    form: proof.form,
    provider: proof.provider,
    owner: proof.owner,
    identifierOfClaim: proof.identifierOfClaim,
    identifierOfProof: proof.identifierOfProof ?? null,
    notSigned: proof.unsigned,
  };
  if (!/^[\w.-]{1,64}$/.test(proof.provider)) return reject("claim-provider", given);
  const parameters = parseStrictJson(proof.parameters);
  if (!parameters.ok || !isJsonObject(parameters.value)) return reject("claim-parameters", given);
  const context = readContext(proof);
  if (context === undefined) return reject("claim-context", given);
  if (!isAddress(proof.owner)) return reject("claim-owner", given);
  const timestampS = uint32(proof.timestampS, proof.form);
  if (timestampS === undefined) return reject("claim-timestamp", given);
  const epoch = uint32(proof.epoch, proof.form);
  if (epoch !== reclaimEpoch) return reject("claim-epoch", given);

  const identifier = claimIdentifier(proof, context.text);
  const message = claimMessage({ identifier, owner: proof.owner, timestampS, epoch });
  const signers = await Promise.all(proof.signatures.map((signature) => recoverSigner(message, signature)));
  const hashes = proof.provider === "http" ? providerHashes(parameters.value) : [];
  const fields: VerdictFields = {
    ...given,
    identifier,
    signers: signers.map((signer) => signer ?? null),
    timestampS,
    signedAt: new Date(timestampS * 1_000).toISOString(),
    ageSeconds: Math.floor(policy.at) - timestampS,
    epoch,
    providerHashes: hashes,
    ...requestOf(parameters.value),
    ...contextOf(context.value),
    notAskedFor: notAskedFor(policy),
  };
  const broken = firstBroken({ proof, policy, identifier, signers, timestampS, hashes, context: context.value });
  return broken === undefined ? accept(fields) : reject(broken, fields);
}

/** The rules that need more than the proof's form, in the order of the table. */
function firstBroken(facts: {
  readonly proof: ReclaimProof;
  readonly policy: ReclaimPolicy;
  readonly identifier: string;
  readonly signers: readonly (string | undefined)[];
  readonly timestampS: number;
  readonly hashes: readonly string[];
  readonly context: Readonly<Record<string, unknown>>;
}): ReclaimRule | undefined {
  const { proof, policy, identifier, signers, timestampS, hashes, context } = facts;
  const { maxAgeSeconds, owner, providerHashes: wanted, contextAddress } = policy;
  if (proof.identifierOfClaim !== identifier) return "identifier-claim";
  if (proof.identifierOfProof !== undefined && proof.identifierOfProof !== identifier) return "identifier-proof";
  if (signers.includes(undefined)) return "signature-form";
  const pinned = new Set(policy.attestors.map((address) => address.toLowerCase()));
  if (signers.length === 0 || !signers.every((signer) => pinned.has(signer ?? ""))) return "signature-attestor";
  if (new Set(signers).size !== signers.length) return "signature-repeated";
  if (timestampS > policy.at + reclaimClockSkewSeconds) return "time-future";
  if (maxAgeSeconds !== undefined && !(policy.at - timestampS <= maxAgeSeconds)) return "time-age";
  if (owner !== undefined && proof.owner.toLowerCase() !== owner.toLowerCase()) return "owner-bound";
  if (wanted !== undefined && !wanted.some((hash) => hashes.includes(hash.toLowerCase()))) return "provider-hash";
  if (contextAddress !== undefined) {
    const named = ownProperty(context, "contextAddress");
    if (typeof named !== "string" || named.toLowerCase() !== contextAddress.toLowerCase()) return "context-bound";
  }
  return undefined;
}

/** What a person should hear that nobody has checked, because the policy did not ask for it. */
function notAskedFor(policy: ReclaimPolicy): readonly string[] {
  return [
    ...(policy.maxAgeSeconds === undefined ? ["time-age"] : []),
    ...(policy.owner === undefined ? ["owner-bound"] : []),
    ...(policy.providerHashes === undefined ? ["provider-hash"] : []),
    ...(policy.contextAddress === undefined ? ["context-bound"] : []),
  ];
}

function requestOf(parameters: Readonly<Record<string, unknown>>): VerdictFields {
  const text = (name: string) => {
    const value = ownProperty(parameters, name);
    return typeof value === "string" ? value : null;
  };
  return { url: text("url"), method: text("method") };
}

function contextOf(context: Readonly<Record<string, unknown>>): VerdictFields {
  // From JSON, so it is JSON.
  const of = (name: string) => (ownProperty(context, name) ?? null) as JsonValue;
  return {
    contextAddress: of("contextAddress"),
    contextMessage: of("contextMessage"),
    extractedParameters: of("extractedParameters"),
    /** What the claim says of itself; `provider-hash` never looks at it. */
    providerHashInContext: of("providerHash"),
  };
}

/** A number; in the contracts' form, which tools print from an ABI, also its decimal digits. */
function uint32(value: unknown, form: ReclaimProof["form"]): number | undefined {
  const number =
    form === "contract" && typeof value === "string" && /^(?:0|[1-9]\d{0,9})$/.test(value) ? Number(value) : value;
  return typeof number === "number" && Number.isInteger(number) && number >= 0 && number < 2 ** 32 ? number : undefined;
}

const isAddress = (text: string) => /^0x[0-9a-fA-F]{40}$/.test(text);

const accept = (fields: VerdictFields): ReclaimVerdict => ({
  kind: "reclaim",
  verdict: "accept",
  rule: null,
  fields,
});

const reject = (rule: ReclaimRule, fields: VerdictFields): ReclaimVerdict => ({
  kind: "reclaim",
  verdict: "reject",
  rule,
  fields,
});
