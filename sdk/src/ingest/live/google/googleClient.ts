import { createJsonClient, type JsonClient } from "../http/jsonClient.ts";
import type { HttpSession, LiveFetchOptions, LiveResponse } from "../liveSource.ts";

/** Google's APIs say a limit of the rate as 403, too, with a reason in the body (developers.google.com, "Resolve errors"). */
export function googleClient(session: HttpSession, hosts: readonly string[], fetch: LiveFetchOptions): JsonClient {
  return createJsonClient({ session, hosts, fetch, isLimited });
}

function isLimited({ body }: LiveResponse): boolean {
  return /"(?:reason|status)"\s*:\s*"(?:rateLimitExceeded|userRateLimitExceeded|RESOURCE_EXHAUSTED)"/.test(
    new TextDecoder().decode(body.subarray(0, 65_536)),
  );
}
