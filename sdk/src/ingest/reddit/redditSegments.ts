import type { Bridged, RawRecord, Remark, SegmentDefinition } from "../connector.ts";
import { otherCells, textOf, utcTimeOf } from "../csvExport/cells.ts";
import type { KnownRow } from "../csvExport/readCsvFiles.ts";
import { withoutFields } from "../rawFields.ts";
import { accountSchema, commentSchema, submissionSchema, voteSchema } from "../schemas/index.ts";
import { skipped } from "../skipped.ts";
import { type CsvFields, cellOf } from "../text/readCsvTable.ts";
import type { RedditKind } from "./redditKinds.ts";

/** `statistics.csv` as it says: names and values. */
export type RawAccount = CsvFields;
type Row = KnownRow<RedditKind>;

/** Append only: the place in this list is the index in the dataset's catalogue. */
export const redditSegments: readonly SegmentDefinition[] = [
  { name: "account", schema: accountSchema, toRecord: toAccount },
  { name: "posts", schema: submissionSchema, toRecord: toPost },
  { name: "comments", schema: commentSchema, toRecord: toComment },
  { name: "votes", schema: voteSchema, toRecord: toVote },
];

function toAccount({ value }: RawRecord, remark: Remark): Bridged | undefined {
  const account = value as RawAccount;
  const id = cellOf(account, "account name");
  if (id === null) return skipped(remark, "has no account name");
  const record = {
    id,
    username: id,
    display_name: null,
    email: cellOf(account, "email address"),
    phone: null,
    created: utcTimeOf(account, "registration date", remark),
    created_via: null,
    bio: null,
    website: null,
    location: null,
  };
  return { record, extra: withoutFields(account, ["account name", "email address", "registration date"]) };
}

function toPost({ value }: RawRecord, remark: Remark): Bridged | undefined {
  const { fields } = value as Row;
  const id = cellOf(fields, "id");
  if (id === null) return skipped(remark, "has no id");
  const record = {
    id,
    published: utcTimeOf(fields, "date", remark),
    title: textOf(fields, "title"),
    content: textOf(fields, "body"),
    link: cellOf(fields, "url"),
    community: cellOf(fields, "subreddit"),
    url: cellOf(fields, "permalink"),
  };
  return { record, extra: otherCells(fields, ["id", "date", "title", "body", "url", "subreddit", "permalink"]) };
}

function toComment({ value }: RawRecord, remark: Remark): Bridged | undefined {
  const { fields } = value as Row;
  const id = cellOf(fields, "id");
  if (id === null) return skipped(remark, "has no id");
  const link = cellOf(fields, "link");
  const post = link === null ? null : (/\/comments\/([0-9a-z]{1,13})(?:\/|$)/.exec(link)?.[1] ?? null);
  const record = {
    id,
    published: utcTimeOf(fields, "date", remark),
    edited: null,
    author: null,
    is_own: true,
    content: textOf(fields, "body"),
    // Without a parent it answers the post itself.
    in_reply_to: cellOf(fields, "parent") ?? post,
    context: post ?? link,
    community: cellOf(fields, "subreddit"),
    url: cellOf(fields, "permalink"),
  };
  const held = ["id", "date", "body", "parent", "subreddit", "permalink", ...(post === null ? [] : ["link"])];
  return { record, extra: otherCells(fields, held) };
}

function toVote({ value }: RawRecord, remark: Remark): Bridged | undefined {
  const { fields, kind } = value as Row;
  const object = cellOf(fields, "id");
  if (object === null) return skipped(remark, "has no id");
  const url = cellOf(fields, "permalink");
  // Of a renamed file only the address says which of the two it is: a comment's has one more part.
  const isComment = url === null ? kind === "commentVotes" : /\/comments\/[^/]+\/[^/]+\/[^/?]+/.test(url);
  const direction = cellOf(fields, "direction");
  const record = {
    id: `${isComment ? "t1" : "t3"}_${object}`,
    object,
    kind: isComment ? "comment" : "post",
    direction,
    url,
  };
  return { record, extra: otherCells(fields, ["id", "permalink", "direction"]) };
}
