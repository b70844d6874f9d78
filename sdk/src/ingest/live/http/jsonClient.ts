import { sourceError } from "../../../errors/index.ts";
import { parseExactJson } from "../../text/json.ts";
import { throwIfCancelled } from "../../throwIfCancelled.ts";
import type { HttpSession, LiveFetchOptions, LiveRequest, LiveResponse } from "../liveSource.ts";

/** An answer that was taken: JSON of the documented kind, or nothing where that is an answer, too. */
export type JsonAnswer = {
  readonly status: number;
  /** Undefined for a status that was allowed without a body. */
  readonly value: unknown;
  header(name: string): string | null;
};

export type JsonClient = {
  /**
   * Asks until there is an answer to take: what is limited or fails is asked again, as the service says and as long as the limits allow.
   *
   * @param allowed statuses beside 200 that mean something to the caller
   * Errors: those of `LiveSource.fetch`.
   */
  get(
    url: string,
    shape: string,
    options?: { readonly allowed?: readonly number[]; readonly headers?: LiveRequest["headers"] },
  ): Promise<JsonAnswer>;
  now(): number;
};

export type JsonClientOptions = {
  readonly session: HttpSession;
  readonly hosts: readonly string[];
  readonly fetch: LiveFetchOptions;
  /** Headers of every request. */
  readonly headers?: LiveRequest["headers"];
  /** When a service that limits the rate may be asked again, by its own headers; Unix milliseconds. Retry-After is known. */
  readonly retryAt?: (answer: LiveResponse, now: number) => number | undefined;
  /** Is this 403 a limit of the rate? Some services have no other word for it. */
  readonly isLimited?: (answer: LiveResponse) => boolean;
};

/** Tries of one request that a service fails (5xx) or limits. */
const maxTries = 4;
const firstWaitMs = 1_000;
const maxRedirects = 3;
const maxJsonDepth = 64;

export function createJsonClient(options: JsonClientOptions): JsonClient {
  const { session, hosts } = options;
  const { limits, signal, onProgress } = options.fetch;
  let requests = 0;
  let bytesRead = 0;

  async function ask(url: string, shape: string, headers: LiveRequest["headers"]): Promise<LiveResponse> {
    let address = url;
    for (let redirects = 0; ; redirects++) {
      throwIfCancelled(signal);
      requireOwnHost(address, hosts);
      requests += 1;
      if (requests > limits.maxRequests) {
        throw sourceError("SOURCE_ANSWER_INVALID", "The service needs more requests than one run may make.", {
          data: { maxRequests: limits.maxRequests },
        });
      }
      const all = { accept: "application/json", ...options.headers, ...headers };
      const answer = await session.request({ url: address, shape, headers: all }, { signal });
      bytesRead += answer.body.length;
      onProgress?.({ file: shape, bytesRead, bytesTotal: bytesRead });
      const location = answer.header("location");
      if (![301, 302, 307, 308].includes(answer.status) || location === null) return answer;
      // To another host never; to one's own, where the service has renamed something.
      const target = URL.parse(location, address);
      if (target === null || redirects === maxRedirects)
        throw changed("The service redirects without end, or to no address.", shape);
      requireOwnHost(target.href, hosts);
      address = target.href;
    }
  }

  return {
    now: () => session.now(),
    async get(url, shape, { allowed = [], headers } = {}) {
      for (let attempt = 1; ; attempt++) {
        const answer = await ask(url, shape, headers);
        const { status } = answer;
        const isLimited = status === 429 || (status === 403 && options.isLimited?.(answer) === true);
        if (isLimited || status >= 500) {
          const now = session.now();
          const said = retryAfter(answer, now) ?? (isLimited ? options.retryAt?.(answer, now) : undefined);
          // Without a word of the service: 1, 2, 4 seconds.
          const at = said ?? now + firstWaitMs * 2 ** (attempt - 1);
          if (attempt < maxTries && at - now <= limits.maxWaitMs) {
            await session.wait(Math.max(0, at - now), signal);
            throwIfCancelled(signal);
            continue;
          }
          if (!isLimited) throw sourceError("SOURCE_UNAVAILABLE", "The service fails.", { data: { status, shape } });
          throw sourceError("SOURCE_RATE_LIMITED", "The service limits how often it is asked.", {
            data: { retryAt: Math.ceil(at / 1_000), shape },
          });
        }
        return taken(answer, shape, allowed);
      }
    },
  };
}

function taken(answer: LiveResponse, shape: string, allowed: readonly number[]): JsonAnswer {
  const { status } = answer;
  const header = (name: string) => answer.header(name);
  if (status === 401) {
    throw sourceError("SOURCE_CONSENT_ENDED", "The service does not know the token any more.", {
      data: { status, shape },
    });
  }
  if (status !== 200) {
    if (allowed.includes(status)) return { status, value: undefined, header };
    if (status === 403)
      throw sourceError("SOURCE_REFUSED", "The service does not let this account read that.", {
        data: { status, shape },
      });
    throw changed("The service answers with a status that its documentation does not have.", shape, { status });
  }
  const type = answer.header("content-type") ?? "";
  // Not what it is called decides, but a page for people is never JSON.
  if (!/^application\/(?:[\w.+-]+\+)?json\b/i.test(type))
    throw changed("The service's answer is not JSON by its type.", shape);
  let value: unknown;
  try {
    value = parseExactJson(new TextDecoder("utf-8", { fatal: true }).decode(answer.body));
  } catch (cause) {
    throw changed("The service's answer is cut off, or is not JSON.", shape, {}, cause);
  }
  if (isDeeper(value, maxJsonDepth)) throw changed("The service's answer nests deeper than any documented one.", shape);
  return { status, value, header };
}

/** The service's documentation says otherwise. */
export function changed(
  message: string,
  shape: string,
  data: Readonly<Record<string, number | string>> = {},
  cause?: unknown,
) {
  return sourceError("SOURCE_ANSWER_INVALID", message, { data: { ...data, shape }, cause });
}

/** @throws SOURCE_HOST_REFUSED */
function requireOwnHost(address: string, hosts: readonly string[]): void {
  const url = URL.parse(address);
  const isOwn = url?.protocol === "https:" && url.username === "" && url.password === "" && hosts.includes(url.host);
  if (isOwn) return;
  throw sourceError("SOURCE_HOST_REFUSED", "A link of the service leads to a host that is not its own.", {
    data: { host: url?.host ?? "" },
  });
}

/** RFC 9110, 10.2.3: seconds, or a date. Unix milliseconds. */
function retryAfter(answer: LiveResponse, now: number): number | undefined {
  const written = answer.header("retry-after");
  if (written === null) return undefined;
  if (/^\d{1,9}$/.test(written)) return now + Number(written) * 1_000;
  const date = Date.parse(written);
  return Number.isNaN(date) ? undefined : date;
}

function isDeeper(value: unknown, depth: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  return depth === 0 || Object.values(value).some((item) => isDeeper(item, depth - 1));
}
