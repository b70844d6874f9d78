export { createLitKeyRelease, type LitKeyRelease, type LitSealedShare } from "./createLitKeyRelease.ts";
export type { LitClient, LitContractCondition, LitSessionSigs } from "./litClient.ts";
export { releasableCondition } from "./releasableCondition.ts";
