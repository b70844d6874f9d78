import { concatBytes } from "../crypto/index.ts";
import { PersonaError } from "../errors/index.ts";
import { maxDomainFileBytes } from "./domainFile.ts";

/** The global `fetch`, or one that also pins addresses or goes through a proxy. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/**
 * The bytes at `url`, believed to be hostile: no redirect is followed, nothing but JSON is taken, and size and time are bounded.
 * @throws PersonaError DOMAIN_UNREACHABLE, DOMAIN_FILE_INVALID, CANCELLED
 */
export async function fetchDomainFile(
  url: string,
  options: { readonly fetch: Fetch; readonly timeoutMs: number; readonly signal: AbortSignal | undefined },
): Promise<Uint8Array> {
  const { fetch, timeoutMs, signal } = options;
  const deadline = AbortSignal.timeout(timeoutMs);
  let response: Response | undefined;
  try {
    response = await fetch(url, {
      method: "GET",
      headers: { accept: "application/json" },
      // Not "error", which cannot be told from a connection that failed.
      redirect: "manual",
      credentials: "omit",
      referrerPolicy: "no-referrer",
      cache: "no-store",
      signal: signal === undefined ? deadline : AbortSignal.any([signal, deadline]),
    });
    requireFile(url, response);
    return await readAtMost(response, maxDomainFileBytes);
  } catch (cause) {
    // Whatever is left of the answer is not read; a body that fails once more says nothing new.
    await response?.body?.cancel().catch(() => {});
    if (cause instanceof PersonaError) throw cause;
    if (signal?.aborted) throw new PersonaError("CANCELLED", "The check of the domain was cancelled.", { cause });
    throw unreachable(url, cause);
  }
}

function requireFile(url: string, response: Response): void {
  const { status, type, redirected } = response;
  const invalid = (message: string) => new PersonaError("DOMAIN_FILE_INVALID", message, { data: { url, status } });
  if (type === "opaqueredirect" || redirected || (status >= 300 && status < 400))
    throw invalid("The domain redirects instead of serving the file itself.");
  if (status === 408 || status === 429 || status >= 500) throw unreachable(url, new Error(`status ${status}`));
  if (status !== 200) throw invalid("The domain does not serve the file.");
  if (response.url !== "" && response.url !== url) throw invalid("Another address answered.");
  // A page that shows what visitors wrote, or files they uploaded, is rarely served as JSON.
  if (!/^application\/json(?:\s*;|$)/i.test(response.headers.get("content-type") ?? ""))
    throw invalid("The file is not served as application/json.");
}

const unreachable = (url: string, cause: unknown) =>
  new PersonaError("DOMAIN_UNREACHABLE", "The domain's file cannot be fetched.", { data: { url }, cause });

async function readAtMost(response: Response, maxBytes: number): Promise<Uint8Array> {
  const reader = response.body?.getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for (;;) {
      const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
      if (done) return concatBytes(...chunks);
      length += value.length;
      if (length > maxBytes)
        throw new PersonaError("DOMAIN_FILE_INVALID", "The domain's file is too large.", { data: { maxBytes } });
      chunks.push(value);
    }
  } finally {
    reader?.releaseLock();
  }
}
