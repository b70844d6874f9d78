import { concatBytes } from "../../crypto/index.ts";
import { PersonaError } from "../../errors/index.ts";

/** The global `fetch`, or one that goes through a proxy. */
export type PcsFetch = (url: string, init: RequestInit) => Promise<Response>;

export type PcsAnswer = {
  readonly body: Uint8Array;
  /** The header of this name, percent-decoded: Intel sends PEM so. @throws COLLATERAL_UNAVAILABLE when it is missing */
  chain(header: string): string;
};

const MAX_HEADER_CHARACTERS = 32_768;

/**
 * What a provisioning certification service, or whoever stands between, answers at `url`: no redirect is followed, size and time
 * are bounded, nothing is believed.
 *
 * @throws COLLATERAL_UNAVAILABLE, CANCELLED
 */
export async function getFromPcs(
  url: string,
  options: {
    readonly fetch: PcsFetch;
    readonly timeoutMs: number;
    readonly maxBytes: number;
    readonly signal: AbortSignal | undefined;
  },
): Promise<PcsAnswer> {
  const { fetch, timeoutMs, maxBytes, signal } = options;
  const deadline = AbortSignal.timeout(timeoutMs);
  const failed = (message: string, cause?: unknown): PersonaError =>
    new PersonaError("COLLATERAL_UNAVAILABLE", message, { data: { url }, cause });
  let response: Response | undefined;
  try {
    response = await fetch(url, {
      method: "GET",
      // Not "error", which cannot be told from a connection that failed.
      redirect: "manual",
      credentials: "omit",
      referrerPolicy: "no-referrer",
      signal: signal === undefined ? deadline : AbortSignal.any([signal, deadline]),
    });
    const { status, type, redirected, headers } = response;
    const moved = type === "opaqueredirect" || redirected || (status >= 300 && status < 400);
    if (moved) throw failed("The service redirects instead of answering.");
    if (status !== 200) throw failed(`The service answers with status ${status}.`);
    const body = await readAtMost(response, maxBytes);
    if (body === undefined) throw failed(`The answer has more than ${maxBytes} bytes.`);
    return { body, chain: (header) => chainIn(headers, header, failed) };
  } catch (cause) {
    // Whatever is left of the answer is not read; a body that fails once more says nothing new.
    await response?.body?.cancel().catch(() => {});
    if (cause instanceof PersonaError) throw cause;
    if (signal?.aborted) throw new PersonaError("CANCELLED", "Fetching the collateral was cancelled.", { cause });
    throw failed("The service does not answer, or not in time.", cause);
  }
}

function chainIn(headers: Headers, name: string, failed: (message: string) => PersonaError): string {
  const value = headers.get(name);
  if (value === null || value.length > MAX_HEADER_CHARACTERS) throw failed(`The answer has no usable header ${name}.`);
  try {
    return decodeURIComponent(value);
  } catch {
    throw failed(`The header ${name} is not percent-encoded.`);
  }
}

async function readAtMost(response: Response, maxBytes: number): Promise<Uint8Array | undefined> {
  const reader = response.body?.getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for (;;) {
      const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
      if (done) return concatBytes(...chunks);
      length += value.length;
      if (length > maxBytes) return undefined;
      chunks.push(value);
    }
  } finally {
    reader?.releaseLock();
  }
}
