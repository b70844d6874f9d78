import { concatBytes } from "../crypto/bytes.ts";
import { isErrorCode, PersonaError } from "../errors/index.ts";
import { decodeDagCbor } from "../storage/dagCbor.ts";
import { anyObject, isMap, text, where } from "../storage/decoders.ts";

const words = text(0, 16_384);
const failure = anyObject({
  code: words,
  message: words,
  data: where(
    (given: unknown) => given as Readonly<Record<string, string>>,
    (data) => isMap(data) && Object.values(data).every((value) => typeof value === "string"),
    "not texts",
  ),
});

type Options = { readonly maxBytes: number; readonly signal: AbortSignal };

/** Sends one DAG-CBOR body to a guardian. @throws PersonaError GUARDIANS_UNAVAILABLE, or the code the guardian answered with */
export function postToGuardian(
  endpoint: string,
  path: "/release" | "/deposit" | "/revoke",
  body: Uint8Array,
  options: Options,
): Promise<Uint8Array> {
  return request(new URL(path, endpoint), { method: "POST", body: body as Uint8Array<ArrayBuffer> }, options);
}

/** @throws PersonaError GUARDIANS_UNAVAILABLE */
export function getFromGuardian(
  endpoint: string,
  path: "/key" | `/log?q=${string}`,
  options: Options,
): Promise<Uint8Array> {
  return request(new URL(path, endpoint), { method: "GET" }, options);
}

async function request(url: URL, init: RequestInit, { maxBytes, signal }: Options): Promise<Uint8Array> {
  const unavailable = (cause?: unknown) =>
    new PersonaError("GUARDIANS_UNAVAILABLE", "The guardian cannot be reached.", { data: { url: url.href }, cause });
  let response: Response;
  let body: Uint8Array;
  try {
    response = await fetch(url, { ...init, signal, redirect: "error" });
    body = await readAtMost(response, maxBytes);
  } catch (cause) {
    throw unavailable(cause);
  }
  if (response.ok) return body;
  throw failureIn(body) ?? unavailable();
}

async function readAtMost(response: Response, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    if (length > maxBytes) throw new RangeError("the answer is too large");
    chunks.push(chunk);
  }
  return concatBytes(...chunks);
}

function failureIn(body: Uint8Array): PersonaError | undefined {
  try {
    const { code, message, data } = failure(decodeDagCbor(body));
    return isErrorCode(code) ? new PersonaError(code, message, { data }) : undefined;
  } catch {
    return undefined; // Not one of ours: the caller reports the guardian as unreachable.
  }
}
