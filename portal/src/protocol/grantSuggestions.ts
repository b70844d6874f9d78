import type { GrantRow } from "./grants.ts";

const day = 86_400;
/** A grant that nobody has used for so long is one that nobody misses. */
const unusedSeconds = 30 * day;

export type Suggestion = "never used" | "unused for long" | "nearly without end";

/** Grants that an owner may want to end, and why. Times are Unix seconds; `lastUsedAt` of a grant that was never used is undefined. */
export function suggestionFor(
  grant: Pick<GrantRow, "state" | "createdAt" | "expiresAt">,
  lastUsedAt: number | undefined,
  now: number,
): Suggestion | undefined {
  if (grant.state !== "active") return undefined;
  if (lastUsedAt === undefined && now - grant.createdAt >= unusedSeconds) return "never used";
  if (lastUsedAt !== undefined && now - lastUsedAt >= unusedSeconds) return "unused for long";
  return grant.expiresAt - now > 3 * 365 * day ? "nearly without end" : undefined;
}
