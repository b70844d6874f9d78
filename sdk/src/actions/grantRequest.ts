import type { Address, Hex } from "viem";
import type { Dataset, GrantParameters } from "../access/index.ts";
import { grantedProgramOf, type Program } from "../compute/index.ts";
import type { NodePolicy } from "../contracts/index.ts";
import { PersonaError } from "../errors/index.ts";
import type { AccessRequest } from "./accessRequest.ts";
import { type ActionContext, tokenOf } from "./context.ts";

/** A grant in few words. Every field is a limit; what is left out is the least. */
export type GrantRequest = {
  readonly dataset: Dataset;
  /** Account that may submit jobs. */
  readonly to: Address | { readonly account: Address };
  /** Names of segments of the dataset. */
  readonly segments: readonly string[];
  /** The one program it covers, or its id, the shape of its result, and whether it takes arguments. */
  readonly program: Program | GrantParameters["program"];
  readonly uses: number;
  /** From the newest block: `30d`, `12h`, `90m`, `45s`, or seconds. */
  readonly expiresIn: string | number;
  /** Per use, in the token's smallest unit. Default 0. */
  readonly price?: bigint;
  readonly token?: Address;
  /** Of ciphertext, over all uses. Default: `uses` times what the program may give at most, 16 KiB for version 1. */
  readonly maxOutputBytes?: bigint;
  readonly purpose?: number;
  readonly noticeHash?: Hex;
  readonly nodePolicy?: NodePolicy;
  /** Later versions count, too, and none that was published longer before its job: `1d`, `12h`, or seconds. Default: this version alone. */
  readonly maxAge?: string | number;
};

/** The owner's yes to a request, on this dataset. What is given beside it narrows or widens what was asked: the owner decides. */
export type GrantOfRequest = { readonly dataset: Dataset; readonly request: AccessRequest } & Partial<
  Omit<GrantRequest, "dataset" | "to" | "program">
>;

/** By which a sealed result is longer than its plaintext, rounded up (docs/protocol.md 5.4). */
const sealedExtra = 1_200n;
const inlineOutputBytes = 16_384n;
const unitSeconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800 };

export async function grantParameters(
  context: ActionContext,
  request: GrantRequest | GrantOfRequest | GrantParameters,
): Promise<GrantParameters> {
  if ("grantee" in request) return request;
  if ("request" in request) return grantParameters(context, ofRequest(request));
  const { dataset, segments, to, uses, purpose, noticeHash, nodePolicy } = request;
  const { timestamp } = await context.client.getBlock();
  return {
    dataset,
    segments,
    uses,
    grantee: typeof to === "string" ? to : to.account,
    program: grantedProgram(request.program),
    expiresAt: Number(timestamp) + secondsOf(request.expiresIn),
    price: request.price ?? 0n,
    token: tokenOf(context, request.token),
    maxOutputBytes: request.maxOutputBytes ?? BigInt(uses) * outputBytesOf(request.program),
    ...(purpose === undefined ? {} : { purpose }),
    ...(noticeHash === undefined ? {} : { noticeHash }),
    ...(nodePolicy === undefined ? {} : { nodePolicy }),
    ...(request.maxAge === undefined ? {} : { maxAge: secondsOf(request.maxAge) }),
  };
}

function ofRequest({ request, ...rest }: GrantOfRequest): GrantRequest {
  const { requester: to, program, segments, uses, seconds, price, token, maxOutputBytes } = request;
  return { to, program, segments, uses, expiresIn: seconds, price, token, maxOutputBytes, ...rest };
}

const grantedProgram = (program: GrantRequest["program"]): GrantParameters["program"] =>
  "programId" in program ? program : grantedProgramOf(program);

const outputBytesOf = (program: GrantRequest["program"]): bigint =>
  "v" in program && program.v === 2 ? BigInt(program.limits.outputBytes) + sealedExtra : inlineOutputBytes;

/** @throws PersonaError CONFIG_INVALID */
export function secondsOf(span: string | number): number {
  const [, digits = "", unit = ""] = typeof span === "string" ? (/^(\d{1,9})([smhdw])$/.exec(span) ?? []) : [];
  const seconds = typeof span === "number" ? span : Number(digits) * (unitSeconds[unit] ?? 0);
  if (Number.isSafeInteger(seconds) && seconds > 0) return seconds;
  throw new PersonaError(
    "CONFIG_INVALID",
    "A span of time is written as 45s, 90m, 12h, 30d or 4w, or as whole seconds.",
    {
      data: { span },
    },
  );
}
