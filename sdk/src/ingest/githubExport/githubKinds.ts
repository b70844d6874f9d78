import type { ArchiveEntry, InspectedInput } from "../connector.ts";

/** The files this connector reads, by the first part of their name, and the `type` of the records in each. */
const githubKinds = {
  organizations: "organization",
  repositories: "repository",
  issues: "issue",
  pull_requests: "pull_request",
  issue_comments: "issue_comment",
  pull_request_reviews: "pull_request_review",
  pull_request_review_comments: "pull_request_review_comment",
  commit_comments: "commit_comment",
} as const;

export type GithubKind = keyof typeof githubKinds;

export type GithubFile = { readonly entry: ArchiveEntry; readonly kind: GithubKind };

const kindNames = Object.keys(githubKinds) as GithubKind[];
/** Deepest folder that is looked at: some unpack the archive into one of its own. */
const maxFolders = 2;

/** By name, in the order of the kinds: `issues_000001.json`. */
export function findGithubFiles(entries: readonly ArchiveEntry[]): readonly GithubFile[] {
  const found: GithubFile[] = [];
  for (const entry of entries) {
    const parts = entry.path.split("/");
    if (parts.length > maxFolders + 1) continue;
    const name = /^([a-z_]{6,40})_\d{6}\.json$/.exec(parts.at(-1) ?? "")?.[1];
    const kind = kindNames.find((each) => each === name);
    if (kind !== undefined) found.push({ entry, kind });
  }
  return inOrder(found);
}

/** By content, for files that somebody has renamed. */
export async function findRenamedFiles(input: InspectedInput): Promise<readonly GithubFile[]> {
  const entries = input.entries();
  if (entries.length > kindNames.length) return [];
  const found: GithubFile[] = [];
  for (const entry of entries) {
    const kind = kindOfHead(await input.head(entry.path));
    if (kind !== undefined) found.push({ entry, kind });
  }
  return inOrder(found);
}

/** What the first record says that it is, with an address of its own. */
export function kindOfHead(head: Uint8Array): GithubKind | undefined {
  const text = new TextDecoder().decode(head);
  const type = /^\s*\[\s*\{\s*"type"\s*:\s*"([a-z_]{1,40})"\s*,\s*"url"\s*:\s*"https?:/.exec(text)?.[1];
  return kindNames.find((kind) => githubKinds[kind] === type);
}

function inOrder(files: readonly GithubFile[]): readonly GithubFile[] {
  return [...files].sort(
    (a, b) => kindNames.indexOf(a.kind) - kindNames.indexOf(b.kind) || (a.entry.path < b.entry.path ? -1 : 1),
  );
}
