import type { ScopeCheck } from "@persona-protocol/sdk/access";
import { type JobSpec, type Scope, scopeHashOf, type Terms } from "@persona-protocol/sdk/contracts";
import { catalogueHash } from "@persona-protocol/sdk/storage";
import { bytesToHex, type Hex } from "viem";
import { createRandom, testSeed } from "./random.ts";
import { randomHex32, randomStruct } from "./structs.ts";

export type ScopeChoice = {
  readonly scope?: Partial<Scope>;
  readonly terms?: Partial<Terms>;
  readonly spec?: Partial<JobSpec>;
  readonly input?: Partial<ScopeCheck["input"]>;
  readonly args?: Uint8Array;
  readonly owners?: number;
  readonly catalogue?: readonly Hex[];
};

const random = createRandom(testSeed());

/** CBOR of `{}`. */
const noArgs = Uint8Array.of(0xa0);

/** A job that its Scope allows, except for what is chosen otherwise; the Terms always commit to the Scope. */
export function createScopeCheck(choice: ScopeChoice = {}): ScopeCheck {
  const catalogue = choice.catalogue ?? Array.from({ length: 5 }, () => randomHex32(random));
  const [programId, outputSchemaHash] = [bytesToHex(random.bytes(32)), randomHex32(random)];
  const scope: Scope = {
    ...randomStruct("Scope", random),
    catalogueLength: 4,
    cataloguePrefix: catalogueHash(catalogue.slice(0, 4)),
    segments: 0b0110n,
    versionRule: 1,
    versionFrom: 3n,
    versionTo: 3n,
    programId,
    argsRule: 1,
    outputClass: 2,
    outputSchemaHash,
    minOwners: 1,
    ...choice.scope,
  };
  const terms: Terms = {
    ...randomStruct("Terms", random),
    maxOutputBytes: 1_000n,
    scopeHash: scopeHashOf(scope),
    ...choice.terms,
  };
  const input = {
    datasetId: terms.datasetId,
    keyEpoch: 1,
    version: 3n,
    manifestDigest: randomHex32(random),
    keyBoxDigest: randomHex32(random),
    segments: 0b0010n,
    grantHash: randomHex32(random),
    ...choice.input,
  };
  const spec: JobSpec = {
    ...randomStruct("JobSpec", random),
    programId,
    outputClass: 1,
    outputSchemaHash,
    maxOutputBytes: 1_000,
    inputs: [input],
    ...choice.spec,
  };
  return {
    terms,
    scope,
    spec,
    input,
    catalogueHashAt: (length) => (length <= catalogue.length ? catalogueHash(catalogue.slice(0, length)) : undefined),
    args: choice.args ?? noArgs,
    owners: choice.owners ?? 1,
  };
}
