import type { Address } from "viem";
import type { FreshOptions } from "../access/freshVersions.ts";
import type { GrantPackage } from "../access/index.ts";
import {
  type ArgsOf,
  approveCall,
  type BuiltJob,
  defaultOutputBytes,
  feeWithin,
  type JobRequest,
  type Program,
  prepareJob,
  type ResultOf,
  type ResultRow,
  readResult,
  storeJob,
  submitCall,
} from "../compute/index.ts";
import { type CoreClient, grantRegistryCoreAbi, type Receipt, waitForCall } from "../contracts/index.ts";
import { codeOfReason, PersonaError } from "../errors/index.ts";
import { type ActionContext, tokenOf } from "./context.ts";
import type { Planned } from "./write.ts";

type Arguments<program extends Program> =
  Record<never, never> extends ArgsOf<program>
    ? { readonly args?: ArgsOf<program> }
    : { readonly args: ArgsOf<program> };
type Fee =
  | {
      /** For the node; owners' prices and the protocol fee are added. */
      readonly fee: bigint;
      /** What all owners' prices together may come to: they are the owners' to write into their grants. Default 0. */
      readonly maxPrices?: bigint;
      readonly maxFee?: undefined;
    }
  | {
      /** All that may leave the account: what owners' prices and the protocol fee leave of it is the node's. */
      readonly maxFee: bigint;
      readonly fee?: undefined;
      readonly maxPrices?: undefined;
    };
/** A grant that was just sent is waited for. */
type Granted = GrantPackage & { readonly hash?: `0x${string}` };

export type SubmitRequest<program extends Program = Program> = Omit<
  JobRequest,
  "program" | "args" | "fee" | "grants"
> & {
  readonly program: program;
  readonly grants: readonly Granted[];
  /** In which fee and prices are meant; default the client's. A grant in another one is refused. */
  readonly token?: Address;
} & FreshOptions &
  Arguments<program> &
  Fee;

export type JobResult<program extends Program = Program> = {
  /** The result where it is a list of rows, as of every program of version 1, and empty else. */
  readonly rows: program extends { readonly v: 1 } ? ResultOf<program> : readonly ResultRow[];
  readonly result: ResultOf<program>;
  readonly receipt: Receipt;
  readonly gasUsed: bigint;
};

export type Job<program extends Program = Program> = BuiltJob & {
  readonly hash: `0x${string}`;
  /**
   * Waits, verifies the receipt, decrypts, and holds the result to the program's schema.
   * @throws PersonaError JOB_FAILED, JOB_TIMED_OUT, RESULT_NOT_FOUND, RECEIPT_INVALID, OUTPUT_POLICY_VIOLATED, CANCELLED
   */
  readonly result: (options: { readonly signal: AbortSignal; readonly pollMs?: number }) => Promise<JobResult<program>>;
};

/** Builds a job, holds it against its grants, stores bundle and program, and plans approval and submission. */
export async function planJob(context: ActionContext<CoreClient>, request: SubmitRequest): Promise<Planned<BuiltJob>> {
  const { client, deployment, store } = context;
  const { maxFee, fee, maxPrices = 0n, token, ...rest } = request;
  let { grants } = request;
  const prices = pricesOf(grants, tokenOf(context, token));
  if (maxFee === undefined && prices > maxPrices)
    throw new PersonaError("REQUEST_INVALID", "The owners' prices come to more than maxPrices.", {
      data: { prices, maxPrices },
    });
  for (const { hash } of grants) if (hash !== undefined) await waitForCall(client, { hash, functionName: "grant" });
  // Loaded where a grant asks for it.
  if (grants.some(({ scope }) => scope.maxAge))
    grants = await (await import("../access/freshVersions.ts")).freshVersions(context, grants, request);
  const chosen = fee ?? (await feeWithin(context, { maxFee: maxFee ?? 0n, prices, token: tokenOf(context, token) }));
  // Before guardians are asked: that too few answer says "later", and what the owner has ended is not to be had later either.
  await requireUsable(context, grants, rest.maxOutputBytes);
  const job = await prepareJob(context, { ...rest, grants, fee: chosen });
  const approve = await approveCall({ client, deployment }, job);
  await storeJob(store, job);
  return { calls: [...(approve === undefined ? [] : [approve]), submitCall(deployment, job)], value: job };
}

/**
 * What the registry would say when the job is posted, before anything is stored, approved or sent. A grant that is only signed is
 * registered with the job: that nobody has done so yet is no objection.
 */
async function requireUsable(
  { client, deployment }: ActionContext<CoreClient>,
  grants: readonly GrantPackage[],
  maxOutputBytes = defaultOutputBytes,
): Promise<void> {
  for (const { terms, signature } of grants) {
    const [ok, reason] = await client.readContract({
      address: deployment.grantRegistry,
      abi: grantRegistryCoreAbi,
      functionName: "check",
      args: [terms, client.account.address, BigInt(maxOutputBytes)],
    });
    const code = ok ? undefined : (codeOfReason(reason) ?? "REQUEST_INVALID");
    if (code === undefined || (code === "GRANT_UNKNOWN" && signature !== undefined)) continue;
    const { datasetId } = terms;
    throw new PersonaError(code, "The grant does not allow this job now.", { data: { datasetId } });
  }
}

/**
 * What the owners ask for, in the requester's token: an owner who writes another one into the grant would be paid as much of it.
 * @throws PersonaError TOKEN_MISMATCH, REQUEST_INVALID without a grant
 */
function pricesOf(grants: readonly GrantPackage[], wanted: Address): bigint {
  if (grants.length === 0) throw new PersonaError("REQUEST_INVALID", "A job needs at least one grant.");
  for (const { terms } of grants) {
    const { datasetId, token } = terms;
    if (token.toLowerCase() === wanted.toLowerCase()) continue;
    throw new PersonaError("TOKEN_MISMATCH", "A grant asks to be paid in another token.", {
      data: { datasetId, token, wanted },
    });
  }
  return grants.reduce((sum, { terms }) => sum + terms.price, 0n);
}

/** The job with what waits for its result. Keep it: only `resultKey` opens the result. */
export function withResult<sent extends BuiltJob & { readonly hash: `0x${string}` }>(
  context: ActionContext<CoreClient>,
  job: sent,
) {
  return {
    ...job,
    async result(options: { readonly signal: AbortSignal; readonly pollMs?: number }) {
      await waitForCall(context.client, { hash: job.hash, functionName: "submitJob" });
      return readResult(context, job, options);
    },
  };
}
