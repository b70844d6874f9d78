import type { Bridged, RawRecord, Remark, SegmentDefinition } from "../connector.ts";
import { parseUtcTime } from "../parseUtcTime.ts";
import { field, type RawObject, textField, withoutFields } from "../rawFields.ts";
import { commentSchema, issueSchema, repositorySchema } from "../schemas/index.ts";
import { skipped } from "../skipped.ts";
import type { GithubKind } from "./githubKinds.ts";

export type RawGithub = {
  readonly kind: GithubKind;
  /** Undefined when the list holds something that is no object. */
  readonly value: RawObject | undefined;
  /** Address of the owner's account, where it is known. */
  readonly owner: string | undefined;
};

/** Append only: the place in this list is the index in the dataset's catalogue. */
export const githubSegments: readonly SegmentDefinition[] = [
  { name: "repositories", schema: repositorySchema, toRecord: toRepository },
  { name: "issues", schema: issueSchema, toRecord: toIssue },
  { name: "comments", schema: commentSchema, toRecord: toComment },
];

/** A pull request is an issue with a branch: the service numbers and lists them together. */
export function segmentOf(kind: GithubKind): string | undefined {
  if (kind === "organizations") return undefined;
  if (kind === "repositories") return "repositories";
  return kind === "issues" || kind === "pull_requests" ? "issues" : "comments";
}

const repositoryFields = ["type", "url", "name", "owner", "description", "website", "private", "fork"];
const issueFields = ["type", "url", "repository", "user", "title", "body", "created_at", "closed_at", "merged_at"];
const commentFields = ["type", "url", "user", "body", "created_at", "submitted_at", "updated_at"];

function toRepository(raw: RawRecord, remark: Remark): Bridged | undefined {
  const { value, owner } = raw.value as RawGithub;
  const found = identified(value, remark);
  if (value === undefined || found === undefined) return undefined;
  const account = addressOf(value, "owner");
  const record = {
    id: found,
    name: textField(value, "name", remark),
    account,
    is_own: account !== null && account === owner,
    description: textField(value, "description", remark),
    website: textField(value, "website", remark),
    is_private: flagOf(value, "private"),
    is_fork: flagOf(value, "fork"),
    default_branch: textField(value, "default_branch", remark),
    published: timeOf(value, remark, "created_at"),
  };
  return { record, extra: withoutFields(value, [...repositoryFields, "default_branch", "created_at"]) };
}

function toIssue(raw: RawRecord, remark: Remark): Bridged | undefined {
  const { kind, value, owner } = raw.value as RawGithub;
  const found = identified(value, remark);
  if (value === undefined || found === undefined) return undefined;
  const author = addressOf(value, "user");
  const labels = listOf(value, "labels", nameOfLabel);
  const assignees = listOf(value, "assignees", (item) => (typeof item === "string" ? item : undefined));
  const number = /\/(?:issues|pull)\/(\d{1,15})$/.exec(found)?.[1];
  const record = {
    id: found,
    kind: kind === "pull_requests" ? "pull_request" : "issue",
    repository: addressOf(value, "repository"),
    number: number === undefined ? null : BigInt(number),
    author,
    is_own: author !== null && author === owner,
    title: textField(value, "title", remark),
    content: textField(value, "body", remark),
    published: timeOf(value, remark, "created_at"),
    closed: timeOf(value, remark, "closed_at"),
    merged: timeOf(value, remark, "merged_at"),
    labels,
    assignees,
  };
  const held = [...issueFields, ...(labels === null ? [] : ["labels"]), ...(assignees === null ? [] : ["assignees"])];
  return { record, extra: withoutFields(value, held) };
}

function toComment(raw: RawRecord, remark: Remark): Bridged | undefined {
  const { kind, value, owner } = raw.value as RawGithub;
  const found = identified(value, remark);
  if (value === undefined || found === undefined) return undefined;
  const content = textField(value, "body", remark);
  if (kind === "pull_request_reviews" && (content ?? "") === "") return skipped(remark, "is a review without a text");
  const author = addressOf(value, "user");
  const context = ["issue", "pull_request", "commit", "repository"].find((name) => addressOf(value, name) !== null);
  const record = {
    id: found,
    published: timeOf(value, remark, "created_at", "submitted_at"),
    edited: timeOf(value, remark, "updated_at"),
    author,
    is_own: author !== null && author === owner,
    content,
    in_reply_to: addressOf(value, "in_reply_to") ?? (context === undefined ? null : addressOf(value, context)),
    context: context === undefined ? null : addressOf(value, context),
    community: addressOf(value, "repository") ?? /^https?:\/\/[^/]+\/[^/]+\/[^/]+/.exec(found)?.[0] ?? null,
    url: found,
  };
  const held = [...commentFields, "repository", "in_reply_to", ...(context === undefined ? [] : [context])];
  return { record, extra: withoutFields(value, held) };
}

/** The record's id, which is its address; undefined when it is left out. */
function identified(value: RawObject | undefined, remark: Remark): string | undefined {
  if (value === undefined) return skipped(remark, "is no object");
  return addressOf(value, "url") ?? skipped(remark, "has no address");
}

function addressOf(value: RawObject, name: string): string | null {
  const address = field(value, name);
  return typeof address === "string" && address !== "" ? address.toWellFormed() : null;
}

function flagOf(value: RawObject, name: string): boolean | null {
  const flag = field(value, name);
  return typeof flag === "boolean" ? flag : null;
}

/** The first of these that is there. */
function timeOf(value: RawObject, remark: Remark, ...names: readonly string[]): Date | null {
  const name = names.find((each) => (field(value, each) ?? null) !== null);
  if (name === undefined) return null;
  const text = field(value, name);
  const time = typeof text === "string" ? parseUtcTime(text) : null;
  if (time === null) remark("changed", `${name} is not a time`);
  return time;
}

/** A list of texts as JSON; null when there is none, or one of them is something else: it then stays as it was. */
function listOf(value: RawObject, name: string, textOf: (item: unknown) => string | undefined): string | null {
  const list = field(value, name);
  if (!Array.isArray(list)) return null;
  const texts = list.map(textOf).filter((text) => text !== undefined);
  return texts.length === list.length ? JSON.stringify(texts.map((text) => text.toWellFormed())) : null;
}

/** Labels are addresses that end in their name. */
function nameOfLabel(label: unknown): string | undefined {
  if (typeof label !== "string") return undefined;
  const name = /\/labels\/([^/]+)$/.exec(label)?.[1] ?? label;
  try {
    return decodeURIComponent(name);
  } catch {
    return name; // URIError: a percent sign that is one
  }
}
