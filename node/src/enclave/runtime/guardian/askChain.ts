import type { ReleaseCall } from "@persona-protocol/sdk/access";
import type { ChainView } from "@persona-protocol/sdk/contracts";
import { type ErrorCode, reasonOfCode } from "@persona-protocol/sdk/errors";
import { type Address, isAddressEqual } from "viem";
import { blocksOf, type Look } from "./guardianChain.ts";

export type ChainSays = {
  readonly objection: ErrorCode | undefined;
  /** The id is of a request to read: its grantee asks, and no enclave. */
  readonly isRead: boolean;
  /** The objection is one that comes before the parameters are known to be the chain's. */
  readonly beforeClaim: boolean;
  /** Unix seconds; 0 where the chain knows no deadline. */
  readonly dueBy: number;
  /** The earliest of what the blocks say. */
  readonly raceBlock: number;
};

/** The objection that comes first in the documented order. */
export function firstOf(objections: readonly ErrorCode[]): ErrorCode | undefined {
  const orderOf = (code: ErrorCode) => reasonOfCode(code) ?? Number.POSITIVE_INFINITY;
  return [...objections].sort((a, b) => orderOf(a) - orderOf(b))[0];
}

/**
 * What chain state alone can object to. Permissions must hold at the confirmed block and at the newest of each endpoint, so whatever
 * ends one (a revocation, a ban, an erasure) counts as soon as one of these blocks has it.
 */
export async function askChain(
  view: ChainView,
  { request, params }: ReleaseCall,
  signer: Address,
  look: Look,
): Promise<ChainSays> {
  const { jobId, input } = request;
  const blocks = blocksOf(look).map(({ number }) => number);
  const [key, answers, jobs] = await Promise.all([
    view.enclaveKey(signer, look.confirmed.number),
    Promise.all(blocks.map((number) => view.releasable({ jobId, params }, input, signer, number))),
    Promise.all(blocks.map((number) => view.job(jobId, number))),
  ]);
  const dueBy = Math.max(...jobs.map((job) => job.dueBy));
  const raceBlock = Math.min(...jobs.map((job) => job.raceBlock));
  const isRead = jobs.some(({ status }) => status === "read");
  const objections: ErrorCode[] = [];
  if (isRead) {
    if (!isAddressEqual(signer, params.order.requester) || request.attempt !== 0) objections.push("REQUEST_INVALID");
    // The contract looks at the first input without asking whether there is one.
    if (params.order.inputs.length !== 1) objections.push("JOB_PARAMS_MISMATCH");
    else if (input !== 0) objections.push("INPUT_UNKNOWN");
    const read = params.order.inputs.length !== 1 ? [] : blocks;
    for (const code of await Promise.all(read.map((number) => view.readable(jobId, params.order, number))))
      if (code !== undefined) objections.push(code);
  } else {
    if (key.nodeId === 0) objections.push("NODE_KEY_UNKNOWN");
    for (const code of answers) if (code !== undefined) objections.push(code);
    const first = firstOf(objections);
    const hasAttempt = first === undefined || !beforeAttempt.has(first);
    const sameAttempt = jobs.every(({ attempt }) => attempt === request.attempt);
    if (hasAttempt && !sameAttempt) objections.push("REQUEST_INVALID");
  }
  const objection = firstOf(objections);
  return { objection, isRead, dueBy, raceBlock, beforeClaim: objection !== undefined && beforeAttempt.has(objection) };
}

/** A job that is not there, or not this key's, has no attempt that a request could be wrong about: these come first. */
const beforeAttempt: ReadonlySet<ErrorCode> = new Set([
  "NODE_KEY_UNKNOWN",
  "NODE_KEY_EXPIRED",
  "NODE_KEY_INACTIVE",
  "MEASUREMENT_BANNED",
  "JOB_UNKNOWN",
  "JOB_PARAMS_MISMATCH",
  "JOB_NOT_CLAIMED",
  "JOB_CLAIMED_BY_OTHER",
]);
