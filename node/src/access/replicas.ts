import { decode, encode } from "@ipld/dag-cbor";
import { type ErrorCode, errorTable, PersonaError } from "@persona-protocol/sdk/errors";
import { type Address, getAddress, isAddress } from "viem";
import { z } from "zod";

/** An enclave of the same guardian that holds its keys. What it says of itself is believed by enclaves only when the registry says so. */
export type Replica = { readonly url: string; readonly signer: Address; readonly kemKey: Uint8Array };

const addressSchema = z
  .custom<string>((value) => typeof value === "string" && isAddress(value))
  .transform((text) => getAddress(text));

/** Keys that the replica holds, and the enclave that is to have them: `POST /handover`. */
const handoverSchema = z.strictObject({
  v: z.literal(1),
  keys: addressSchema,
  box: z.custom<Uint8Array>((value) => value instanceof Uint8Array),
  signer: addressSchema,
  kemKey: z.custom<Uint8Array>((value) => value instanceof Uint8Array),
});
export const maxHandoverBytes = 8_192;

const MAX_ANSWER_BYTES = 8_192;
const TIMEOUT_MS = 20_000;
const keySchema = z.object({
  nodeId: z.number(),
  signer: addressSchema,
  kemKey: z.custom<Uint8Array>((value) => value instanceof Uint8Array),
});

export type Handover = Omit<z.infer<typeof handoverSchema>, "v">;

/** @throws PersonaError REQUEST_INVALID */
export function parseHandover(body: Uint8Array): Handover {
  const parsed = handoverSchema.safeParse(decodeOr(body));
  if (!parsed.success) throw new PersonaError("REQUEST_INVALID", "The request is no handover of keys.");
  const { v: _, ...asked } = parsed.data;
  return asked;
}

/** Those that answer and are of this node. */
export async function reachReplicas(urls: readonly string[], nodeId: number): Promise<readonly Replica[]> {
  const asked = urls.map(async (url) => {
    const key = keySchema.safeParse(await fetched(new URL("/key", url), {}).catch(() => undefined));
    return key.success && key.data.nodeId === nodeId ? [{ url, ...key.data }] : [];
  });
  return (await Promise.all(asked)).flat();
}

/** @throws PersonaError as the replica's enclave refuses; REPLICA_UNAVAILABLE when it does not answer */
export async function askReplica(replica: Replica, asked: Handover): Promise<Uint8Array> {
  const answer = await fetched(new URL("/handover", replica.url), {
    method: "POST",
    body: encode({ v: 1, ...asked }) as Uint8Array<ArrayBuffer>,
  });
  if (answer instanceof Uint8Array) return answer;
  throw new PersonaError("REPLICA_UNAVAILABLE", "The replica answers with something else than keys.");
}

async function fetched(url: URL, init: RequestInit): Promise<unknown> {
  const unavailable = (cause: unknown) =>
    new PersonaError("REPLICA_UNAVAILABLE", "The replica does not answer.", { data: { url: url.origin }, cause });
  let response: Response;
  let body: Uint8Array;
  try {
    response = await fetch(url, { ...init, redirect: "error", signal: AbortSignal.timeout(TIMEOUT_MS) });
    body = await readAtMost(response, MAX_ANSWER_BYTES);
  } catch (cause) {
    throw unavailable(cause);
  }
  const value = decodeOr(body);
  if (response.ok) return value;
  const refused = z.object({ code: z.string() }).safeParse(value);
  const code = refused.data?.code;
  if (code === undefined || !Object.hasOwn(errorTable, code)) throw unavailable(undefined);
  throw new PersonaError(code as ErrorCode, "The replica's enclave refuses.", { data: { url: url.origin } });
}

async function readAtMost(response: Response, maxBytes: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of response.body ?? []) {
    length += part.length;
    if (length > maxBytes) throw new RangeError("the answer is too long");
    parts.push(part);
  }
  return Buffer.concat(parts);
}

/** Undefined where it cannot be read: what is wanted of it is asked of every value alike. */
function decodeOr(bytes: Uint8Array): unknown {
  try {
    return decode(bytes);
  } catch {
    return undefined;
  }
}
