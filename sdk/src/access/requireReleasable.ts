import { type Address, recoverTypedDataAddress } from "viem";
import type { ChainView } from "../contracts/chainView.ts";
import { typedData } from "../contracts/typedData.ts";
import { keyIdOf } from "../crypto/index.ts";
import { type ErrorCode, PersonaError } from "../errors/index.ts";
import type { ReleaseCall } from "./releaseMessages.ts";

/** What is asked of the chain before a share leaves an adapter. */
export type ReleasableView = Pick<ChainView, "deployment" | "block" | "releasable" | "job">;

/**
 * What the chain, at its newest block, and the request itself say about handing out keys, for keepers that do not ask by
 * themselves. Guardians ask more: the confirmed block, the dataset's head, their own key (docs/protocol.md 4.4).
 *
 * @returns who has signed the request.
 * @throws PersonaError REQUEST_INVALID when the request does not fit its own parts or the claim; else the first objection of
 * `JobMarket.releasable`, such as JOB_CLAIMED_BY_OTHER, JOB_DEADLINE_PASSED, GRANT_REVOKED, KEY_EPOCH_OLD.
 */
export async function requireReleasable(chain: ReleasableView, call: ReleaseCall): Promise<Address> {
  const { request, params, kemKey, signature } = call;
  const { jobId, input, attempt } = request;
  const refuse = (code: ErrorCode, message: string, cause?: unknown): PersonaError =>
    new PersonaError(code, message, { data: { jobId, input }, cause });
  if (request.kemKeyHash !== keyIdOf(kemKey) || request.bundleDigest !== params.order.bundleDigest) {
    throw refuse("REQUEST_INVALID", "The release request names another key or bundle than it brings.");
  }
  let signer: Address;
  try {
    signer = await recoverTypedDataAddress({ ...typedData.releaseRequest(chain.deployment, request), signature });
  } catch (cause) {
    throw refuse("REQUEST_INVALID", "The release request is not signed.", cause);
  }
  const { number } = await chain.block("latest");
  const [objection, job] = await Promise.all([
    chain.releasable({ jobId, params }, input, signer, number),
    chain.job(jobId, number),
  ]);
  if (objection !== undefined) throw refuse(objection, "The chain does not allow the release.");
  if (job.attempt !== attempt) throw refuse("REQUEST_INVALID", "The release request is of another claim of the job.");
  return signer;
}
