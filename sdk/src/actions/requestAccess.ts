import type { Address } from "viem";
import { type AppOfAccount, appOfAccount } from "../access/index.ts";
import { outputClassOf, type Program } from "../compute/index.ts";
import { type CoreClient, explainChainError, OutputClass } from "../contracts/index.ts";
import { randomBytes, toHex } from "../crypto/index.ts";
import { PersonaError, printable } from "../errors/index.ts";
import {
  type AccessRequest,
  accessRequestTypedData,
  decodeAccessRequest,
  encodeAccessRequest,
} from "./accessRequest.ts";
import { type ActionContext, tokenOf } from "./context.ts";
import { secondsOf } from "./grantRequest.ts";

export type AccessParameters = {
  readonly program: Program;
  readonly segments: readonly string[];
  /** For the owner to read: what the result is used for. At most 1,000 characters. */
  readonly why: string;
  readonly uses: number;
  /** How long the grant is to last: `30d`, or seconds. */
  readonly expiresIn: string | number;
  /** Offered per use. Default 0. */
  readonly price?: bigint;
  readonly token?: Address;
  /** Of ciphertext, over all uses. Default 16 KiB for each. */
  readonly maxOutputBytes?: bigint;
  /** How long the owner may take to answer. Default `7d`; at most `90d`. */
  readonly validFor?: string | number;
};

const defaultOutputBytes = 16_384n;
const maxValidSeconds = 90 * 86_400;
/** Clocks differ; a block's time is up to so much behind. */
const clockToleranceSeconds = 900;

/**
 * Asks an owner, by one signature: nothing is sent, no gas is paid, and only who has the text knows of it.
 * @returns text to hand to the owner, as a link, a QR code or a message
 * @throws PersonaError ACCESS_REQUEST_INVALID when a field breaks its limits, PROGRAM_INVALID, SIGNATURE_REJECTED
 */
export async function requestAccess(context: ActionContext<CoreClient>, parameters: AccessParameters): Promise<string> {
  const { client, deployment } = context;
  const { program, segments, why, uses, expiresIn, price = 0n, validFor = "7d" } = parameters;
  const askedAt = Number((await client.getBlock()).timestamp);
  const request: AccessRequest = {
    chainId: deployment.chainId,
    requester: client.account.address,
    program,
    segments,
    why,
    uses,
    seconds: secondsOf(expiresIn),
    price,
    token: tokenOf(context, parameters.token),
    maxOutputBytes: parameters.maxOutputBytes ?? BigInt(uses) * defaultOutputBytes,
    askedAt,
    validUntil: askedAt + secondsOf(validFor),
    salt: toHex(randomBytes(32)),
  };
  // Its limits are looked at before the person is asked for a signature.
  encodeAccessRequest({ request, signature: "0x" });
  try {
    const signature = await client.signTypedData(accessRequestTypedData(deployment, request));
    return encodeAccessRequest({ request, signature });
  } catch (error) {
    throw await explainChainError(error, "the request for access");
  }
}

/** A request whose signature stands, and whom it is from. Texts in `request` are a stranger's; `text` can be printed. */
export type ShownAccessRequest = {
  readonly request: AccessRequest;
  /** The app that the requester acts for, by its own and the app's word; undefined when there is none. */
  readonly app: AppOfAccount | undefined;
  readonly text: string;
};

/**
 * What an owner needs to see before granting: who asks (signature checked, also a contract account's; the app, and whether its
 * domain is proved), for what, why, for how long, and what it pays.
 * @throws PersonaError ACCESS_REQUEST_INVALID, ACCESS_REQUEST_EXPIRED, CHAIN_UNREACHABLE
 */
export async function readAccessRequest(
  { client, deployment }: Pick<ActionContext, "client" | "deployment">,
  encoded: string,
): Promise<ShownAccessRequest> {
  const { request, signature } = decodeAccessRequest(encoded);
  const { chainId, requester, askedAt, validUntil } = request;
  if (chainId !== deployment.chainId)
    throw new PersonaError("ACCESS_REQUEST_INVALID", "The request is for another chain.", {
      data: { got: chainId, wanted: deployment.chainId },
    });
  try {
    const [{ timestamp }, signed, app] = await Promise.all([
      client.getBlock(),
      client.verifyTypedData({ ...accessRequestTypedData(deployment, request), address: requester, signature }),
      appOfAccount({ client, deployment }, requester),
    ]);
    if (!signed)
      throw new PersonaError("ACCESS_REQUEST_INVALID", "The request is not signed by whom it names.", {
        data: { requester },
      });
    const now = Number(timestamp);
    if (validUntil < now)
      throw new PersonaError("ACCESS_REQUEST_EXPIRED", "The request has expired.", { data: { validUntil } });
    if (askedAt > now + clockToleranceSeconds || validUntil > askedAt + maxValidSeconds)
      throw new PersonaError("ACCESS_REQUEST_INVALID", "The request's times cannot be.", {
        data: { askedAt, validUntil },
      });
    return { request, app, text: textOf(request, app) };
  } catch (error) {
    throw await explainChainError(error, "the reading of the request");
  }
}

function textOf(request: AccessRequest, app: AppOfAccount | undefined): string {
  const { program, segments, why, uses, seconds, price, token, maxOutputBytes, validUntil } = request;
  const long = { maxLength: 1_000 };
  const lines = [
    ["from", `${request.requester}, ${whoIs(app)}`],
    ["wants", `${printable(program.name)}: ${printable(program.description, long)}`],
    ["reads", segments.map((name) => printable(name, { maxLength: 64 })).join(", ")],
    ["why", printable(why, long)],
    ["how long", `${days(seconds)} from your grant, ${uses} ${uses === 1 ? "use" : "uses"}`],
    ["pays", price === 0n ? "nothing" : `${price} smallest units of ${token} a use`],
    ["gets", getsOf(program, maxOutputBytes)],
    ["until", `answer before ${new Date(validUntil * 1_000).toISOString()}`],
  ] as const;
  return ["A request for access", ...lines.map(([name, value]) => `  ${name.padEnd(9)}${value}`)].join("\n");
}

/** What it says is what the enclave holds the program to; nobody can say of other programs that they keep the data back. */
function getsOf(program: Program, maxOutputBytes: bigint): string {
  const groups = program.v === 2 ? program.groups : undefined;
  if (groups === undefined || outputClassOf(program) !== OutputClass.aggregate)
    return `what the program makes of it, ${maxOutputBytes} bytes in all: the data itself, if the program hands it on`;
  const { minRows, minOwners } = groups;
  const of = minOwners === 1 ? "" : ` of ${minOwners} owners`;
  return `figures about groups of at least ${minRows} records${of}, ${maxOutputBytes} bytes in all`;
}

function whoIs(app: AppOfAccount | undefined): string {
  if (app === undefined) return "who acts for no registered app";
  const { name, domain } = app;
  const shown = printable(domain.name, { maxLength: 253 });
  const proof =
    domain.status === "proved" ? `whose domain ${shown} is proved` : `which claims the domain ${shown}, UNPROVED`;
  return `for the app "${printable(name, { maxLength: 64 })}", ${proof}`;
}

const days = (seconds: number): string =>
  seconds % 86_400 === 0 ? `${seconds / 86_400} days` : `${(seconds / 3_600).toFixed(1)} hours`;
