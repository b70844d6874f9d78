import type { RawRecord } from "../../connector.ts";
import { githubSegments, type RawGithub, segmentOf } from "../../githubExport/githubSegments.ts";
import { field, objectField, type RawObject } from "../../rawFields.ts";
import { readCursor, writeCursor } from "../http/cursorText.ts";
import { createJsonClient } from "../http/jsonClient.ts";
import { isObject, linkNext, listAt, objectOf, optionalText, readPages, requiredText } from "../http/pages.ts";
import { createWholeLists, type ListPrints } from "../http/wholeLists.ts";
import type { HttpSession, LiveCursor, LiveFetchOptions, LiveItem, LiveResponse, LiveSource } from "../liveSource.ts";

/**
 * A GitHub account (docs.github.com/rest, version 2022-11-28): its own repositories, their issues and pull requests with what
 * everybody wrote there, comments on issues, on changes and on commits. Ids are addresses, as in the account's export. Reviews
 * without comments on lines are only in the export: the interface lists them for one pull request at a time.
 *
 * New and changed ones are asked for by `since`; what is gone shows when everything is read again, once in {@link wholeMs}.
 */
export const github: LiveSource = {
  id: "github",
  connector: "github-export",
  segments: githubSegments,
  hosts: ["api.github.com"],
  scopes: [],
  fetch,
};

type State = {
  /** The latest `updated_at` that was seen of each repository's lists: the service's clock, not ours. */
  readonly since: Readonly<Record<string, string>>;
  /** Unix milliseconds of the last reading of everything. */
  readonly wholeAt: number;
  readonly prints: ListPrints;
};

const form = 1;
const base = "https://api.github.com";
const wholeMs = 30 * 24 * 60 * 60_000;

async function* fetch(
  session: HttpSession,
  cursor: LiveCursor | undefined,
  options: LiveFetchOptions,
): AsyncGenerator<LiveItem> {
  const client = createJsonClient({
    session,
    hosts: github.hosts,
    fetch: options,
    headers: { accept: "application/vnd.github+json", "x-github-api-version": "2022-11-28" },
    isLimited: (answer) => answer.header("x-ratelimit-remaining") === "0" || answer.header("retry-after") !== null,
    retryAt,
  });
  const state = readCursor<State>(form, cursor);
  const isWhole = state?.wholeAt === undefined || client.now() - state.wholeAt >= wholeMs;
  const since: Record<string, string> = { ...(isWhole ? {} : state?.since) };
  const lists = createWholeLists(state?.prints);

  const userShape = "/user";
  const user = objectOf(await client.get(`${base}${userShape}`, userShape), userShape);
  const owner = requiredText(user, "html_url", userShape);

  const repositories: RawObject[] = [];
  const pages = (first: string, shape: string, allowed: readonly number[] = []) =>
    readPages(client, first, { shape, next: linkNext, limits: options.limits, allowed });
  const repoShape = "/user/repos";
  for await (const page of pages(`${base}${repoShape}?affiliation=owner&per_page=100&sort=full_name`, repoShape)) {
    for (const repository of listAt(page, repoShape)) {
      repositories.push(repository);
      const value = asRepository(repository);
      yield* taken("repositories", value, record("repositories", value), "repositories");
    }
  }
  yield* lists.gone("repositories", "repositories");

  for (const repository of repositories) {
    const name = requiredText(repository, "full_name", repoShape);
    const from = since[name];
    const after = from === undefined ? "" : `&since=${encodeURIComponent(from)}`;
    let latest = from ?? "";
    const root = `${base}/repos/${name}`;
    const shape = "/repos/{owner}/{repo}";
    const address = requiredText(repository, "html_url", repoShape);
    for (const { path, kind, query } of itemLists) {
      // 404: its issues are switched off, or it went away meanwhile. 409, 410: it is empty, or they are gone.
      for await (const page of pages(
        `${root}/${path}?${query}&per_page=100${after}`,
        `${shape}/${path}`,
        [404, 409, 410],
      )) {
        if (page.value === undefined) continue;
        for (const item of listAt(page, `${shape}/${path}`)) {
          const changedAt = optionalText(item, "updated_at");
          if (changedAt !== null && changedAt > latest) latest = changedAt;
          const known = kind === "issues" && isObject(field(item, "pull_request")) ? "pull_requests" : kind;
          const value = asItem(item, known, address);
          const segment = segmentOf(known) ?? "issues";
          yield* taken(segment, value, record(known, value), `${segment} ${address}`);
        }
      }
    }
    if (latest !== "") since[name] = latest;
    for (const segment of isWhole ? ["issues", "comments"] : []) yield* lists.gone(`${segment} ${address}`, segment);
    yield mark(false);
  }
  if (isWhole) {
    const there = new Set(repositories.map((each) => requiredText(each, "html_url", repoShape)));
    for (const list of Object.keys(state?.prints ?? {})) {
      const [segment = "", address] = list.split(" ");
      if (address !== undefined && !there.has(address)) yield* lists.gone(list, segment);
    }
  }
  yield mark(isWhole);

  function mark(isDone: boolean): LiveItem {
    // Until everything is read again, what was not asked for is as it was.
    const wholeAt = isDone ? client.now() : isWhole ? 0 : (state?.wholeAt ?? 0);
    const prints = lists.prints((list) => isDone || list === "repositories");
    return { cursor: writeCursor(form, { since, wholeAt, prints }) };
  }

  function record(kind: RawGithub["kind"], value: RawObject): RawRecord {
    const raw: RawGithub = { kind, value, owner };
    return { segment: segmentOf(kind) ?? "", value: raw, file: `api.github.com/${kind}`, position: 0 };
  }

  /** A record, after a deletion of what it was before where it may have been there. */
  function* taken(segment: string, { url }: RawObject, raw: RawRecord, place: string): Generator<LiveItem> {
    const is = typeof url === "string" ? lists.note(place, url, raw.value) : "new";
    if (is === "changed" && typeof url === "string") yield { segment, deletion: url };
    if (is !== "same") yield raw;
  }
}

const itemLists = [
  { path: "issues", kind: "issues", query: "state=all&sort=updated&direction=asc" },
  { path: "issues/comments", kind: "issue_comments", query: "sort=updated&direction=asc" },
  { path: "pulls/comments", kind: "pull_request_review_comments", query: "sort=updated&direction=asc" },
  { path: "comments", kind: "commit_comments", query: "" },
] as const;

/** Unix milliseconds, out of the seconds that the service says. */
function retryAt(answer: LiveResponse): number | undefined {
  const written = answer.header("x-ratelimit-reset");
  return written !== null && /^\d{1,12}$/.test(written) ? Number(written) * 1_000 : undefined;
}

const addressOf = (object: RawObject | undefined): unknown =>
  object === undefined ? undefined : field(object, "html_url");

/** As the export writes it: addresses are those of pages, people and repositories are addresses. */
function asRepository(repository: RawObject): RawObject {
  return {
    type: "repository",
    url: addressOf(repository),
    owner: addressOf(objectField(repository, "owner")),
    name: field(repository, "name"),
    description: field(repository, "description"),
    website: emptyAsNull(field(repository, "homepage")),
    private: field(repository, "private"),
    fork: field(repository, "fork"),
    default_branch: field(repository, "default_branch"),
    created_at: field(repository, "created_at"),
  };
}

function asItem(item: RawObject, kind: RawGithub["kind"], repository: string): RawObject {
  const of = (name: string) => field(item, name);
  const url = addressOf(item);
  const page = typeof url === "string" ? url.replace(/#.*$/, "") : undefined;
  const common = { url, user: addressOf(objectField(item, "user")), body: of("body"), created_at: of("created_at") };
  switch (kind) {
    case "issues":
    case "pull_requests": {
      const pull = objectField(item, "pull_request");
      return {
        type: kind === "issues" ? "issue" : "pull_request",
        ...common,
        repository,
        title: of("title"),
        closed_at: of("closed_at"),
        ...(pull === undefined ? {} : { merged_at: field(pull, "merged_at") }),
        labels: namesOf(of("labels"), (label) => (typeof label === "string" ? label : field(label, "name"))),
        assignees: namesOf(of("assignees"), (person) =>
          typeof person === "string" ? person : field(person, "html_url"),
        ),
      };
    }
    case "issue_comments":
      // The export says which of the two its page is.
      return {
        type: "issue_comment",
        ...common,
        [page?.includes("/pull/") === true ? "pull_request" : "issue"]: page,
        updated_at: of("updated_at"),
      };
    case "pull_request_review_comments":
      return {
        type: "pull_request_review_comment",
        ...common,
        pull_request: page,
        updated_at: of("updated_at"),
        path: of("path"),
        commit_id: of("commit_id"),
      };
    default:
      return {
        type: "commit_comment",
        ...common,
        repository,
        commit: page,
        commit_id: of("commit_id"),
        path: of("path"),
        updated_at: of("updated_at"),
      };
  }
}

function namesOf(list: unknown, nameOf: (item: string | RawObject) => unknown): unknown {
  if (!Array.isArray(list)) return list;
  return list.map((item: unknown) => (typeof item === "string" || isObject(item) ? nameOf(item) : item));
}

const emptyAsNull = (value: unknown): unknown => (value === "" ? null : value);
