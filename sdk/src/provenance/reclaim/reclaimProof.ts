import { isJsonObject, ownProperty } from "../strictJson.ts";

/**
 * A proof as it came, its types checked and nothing else. `sdk`: `{ identifier, claimData, signatures }` of the JavaScript SDK, whose
 * context is hashed in canonical form. `contract`: `{ claimInfo, signedClaim }` of the Solidity SDK, whose context is hashed as it is.
 */
export type ReclaimProof = {
  readonly form: "sdk" | "contract";
  readonly provider: string;
  readonly parameters: string;
  readonly context: string;
  readonly owner: string;
  /** As written; `claim-timestamp` and `claim-epoch` judge them. */
  readonly timestampS: unknown;
  readonly epoch: unknown;
  /** Beside the claim, and inside of it. The contracts' form has one only. */
  readonly identifierOfProof: string | undefined;
  readonly identifierOfClaim: string;
  readonly signatures: readonly string[];
  /** Names in the file that no signature covers. */
  readonly unsigned: readonly string[];
};

const maxSignatures = 16;

const sdkNames = ["identifier", "claimData", "signatures"];
const contractNames = ["claimInfo", "signedClaim"];

/** Whether it is meant as a proof of Reclaim's. */
export function looksLikeReclaim(value: unknown): boolean {
  return isJsonObject(ownProperty(value, "claimData")) || isJsonObject(ownProperty(value, "signedClaim"));
}

/** @returns the proof, or the path of the first field that is missing or of another type */
export function readReclaimProof(value: unknown): ReclaimProof | { readonly wrong: string } {
  const inForm = ownProperty(value, "claimData") !== undefined ? "sdk" : "contract";
  const both = inForm === "sdk" && ownProperty(value, "signedClaim") !== undefined;
  if (both || !isJsonObject(value)) return { wrong: both ? "signedClaim beside claimData" : "" };
  const info = inForm === "sdk" ? "claimData" : "claimInfo";
  const claim = inForm === "sdk" ? "claimData" : "signedClaim.claim";
  const signed = inForm === "sdk" ? "signatures" : "signedClaim.signatures";
  const texts = {
    provider: `${info}.provider`,
    parameters: `${info}.parameters`,
    context: `${info}.context`,
    owner: `${claim}.owner`,
    identifierOfClaim: `${claim}.identifier`,
    ...(inForm === "sdk" ? { identifierOfProof: "identifier" } : {}),
  };
  for (const path of Object.values(texts)) if (typeof at(value, path) !== "string") return { wrong: path };
  for (const name of ["timestampS", "epoch"])
    if (!["number", "string"].includes(typeof at(value, `${claim}.${name}`))) return { wrong: `${claim}.${name}` };
  const signatures = at(value, signed);
  if (!Array.isArray(signatures) || signatures.length === 0 || signatures.length > maxSignatures)
    return { wrong: signed };
  if (!signatures.every((item) => typeof item === "string")) return { wrong: signed };
  const known = inForm === "sdk" ? sdkNames : contractNames;
  const text = (path: string) => String(at(value, path));
  return {
    form: inForm,
    provider: text(texts.provider),
    parameters: text(texts.parameters),
    context: text(texts.context),
    owner: text(texts.owner),
    timestampS: at(value, `${claim}.timestampS`),
    epoch: at(value, `${claim}.epoch`),
    identifierOfProof: inForm === "sdk" ? text("identifier") : undefined,
    identifierOfClaim: text(texts.identifierOfClaim),
    signatures,
    unsigned: Object.keys(value).filter((name) => !known.includes(name)),
  };
}

const at = (value: unknown, path: string): unknown => path.split(".").reduce(ownProperty, value);
