import type { ArchiveInput, Connector, ConnectorOpenOptions, InspectedInput, RawItem } from "../connector.ts";
import { createExportReader } from "../exportReader.ts";
import { createFileGuard, type FileGuard } from "../fileGuard.ts";
import { field, type RawObject } from "../rawFields.ts";
import { readJsonValues } from "../text/readJsonValues.ts";
import { findGithubFiles, findRenamedFiles, type GithubFile, kindOfHead } from "./githubKinds.ts";
import { githubSegments, type RawGithub, segmentOf } from "./githubSegments.ts";

/**
 * GitHub's archive of an account (Settings, Account, "Export account data") or of a migration: a tar.gz with
 * `repositories_000001.json`, `issues_000001.json`, `pull_requests_…`, `issue_comments_…`, reviews and their comments, comments on
 * commits. It holds what everybody wrote in the owner's repositories: authors and texts that are not the owner's are marked so.
 */
export const githubExport: Connector = { id: "github-export", segments: githubSegments, detect, open };

async function detect(input: InspectedInput): Promise<number> {
  const named = findGithubFiles(input.entries());
  for (const { entry } of named.slice(0, 4)) if (kindOfHead(await input.head(entry.path)) !== undefined) return 0.95;
  // Lists may be empty.
  if (named.length > 0) return named.length > 1 ? 0.6 : 0.3;
  return (await findRenamedFiles(input)).length > 0 ? 0.9 : 0;
}

async function* open(input: InspectedInput, options: ConnectorOpenOptions): AsyncGenerator<RawItem> {
  const named = findGithubFiles(input.entries());
  const files = named.length > 0 ? named : await findRenamedFiles(input);
  const owner = await findOwner(input, files, { ...options, onProgress: undefined });
  const guard = createFileGuard();
  for await (const { kind, file, position, value } of readRecords(input, files, options, guard)) {
    const segment = segmentOf(kind);
    if (segment === undefined) continue;
    const raw: RawGithub = { kind, value, owner };
    yield { segment, value: raw, file, position };
  }
  yield* guard.told();
}

type GithubRecord = Pick<RawGithub, "kind" | "value"> & { readonly file: string; readonly position: number };

async function* readRecords(
  input: ArchiveInput,
  files: readonly GithubFile[],
  options: ConnectorOpenOptions,
  guard: FileGuard,
): AsyncGenerator<GithubRecord> {
  const read = createExportReader(
    input,
    options,
    files.map(({ entry }) => entry),
  );
  for (const { entry, kind } of files) {
    const file = entry.path;
    const values = () => readJsonValues(read(entry), [["*"]], { file, limits: options.limits });
    for await (const { value, position } of guard.pass(segmentOf(kind) ?? "repositories", file, values)) {
      const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
      yield { kind, value: isObject ? (value as RawObject) : undefined, file, position };
    }
  }
}

/** The account that all repositories belong to, where it is a person's; undefined when they belong to several, or to an organization. */
async function findOwner(
  input: ArchiveInput,
  files: readonly GithubFile[],
  options: ConnectorOpenOptions,
): Promise<string | undefined> {
  const few = files.filter(({ kind }) => kind === "organizations" || kind === "repositories");
  const organizations = new Set<unknown>();
  let owner: string | undefined;
  for await (const { kind, value = {} } of readRecords(input, few, options, createFileGuard())) {
    if (kind === "organizations") {
      organizations.add(field(value, "url"));
      continue;
    }
    const account = field(value, "owner");
    if (typeof account !== "string" || organizations.has(account)) return undefined;
    owner ??= account;
    if (account !== owner) return undefined;
  }
  return owner;
}
