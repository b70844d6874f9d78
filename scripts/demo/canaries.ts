import type { PlainArchive } from "./plainArchive.ts";

/** Long enough that finding one by chance is out of the question. */
const minLength = 16;

/**
 * Texts of this archive that must be found nowhere: the account's e-mail and display name, and runs of plain words from posts
 * and likes spread over the whole file. The sample archive has canaries planted among them.
 */
export function canariesOf({ account, posts, likes }: PlainArchive): string[] {
  const texts = [
    ...spread(posts, 24).map(({ full_text: text = "" }) => longestRun(text)),
    ...spread(likes, 12).map(({ fullText = "" }) => longestRun(fullText)),
    ...posts.map(({ full_text: text = "" }) => /canary of a post \w+/.exec(text)?.[0] ?? ""),
    ...likes.map(({ fullText = "" }) => /canary of a like \w+/.exec(fullText)?.[0] ?? ""),
    account.email ?? "",
    account.accountDisplayName ?? "",
  ];
  return [...new Set(texts)].filter((text) => text.length >= minLength);
}

/** Letters, digits and blanks only: no escaping changes them. */
function longestRun(text: string): string {
  return (text.match(/[\p{L}\p{N} ]+/gu) ?? [])
    .reduce((longest, run) => (run.length > longest.length ? run : longest), "")
    .trim()
    .slice(0, 40);
}

function spread<item>(items: readonly item[], count: number): item[] {
  const every = Math.max(1, Math.floor(items.length / count));
  return items.filter((_, i) => i % every === 0).slice(0, count);
}
