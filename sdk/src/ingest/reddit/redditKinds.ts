import type { CsvKind } from "../csvExport/csvKind.ts";

/** The files this connector reads; `statistics` first, for the account comes before what it wrote. */
export const redditKinds = {
  statistics: { name: /^statistics\.csv$/i, headers: [["statistic", "value"]], segment: "account" },
  posts: { name: /^posts\.csv$/i, headers: [["id", "permalink", "date", "subreddit", "title", "body"]] },
  postHeaders: {
    name: /^post_headers\.csv$/i,
    headers: [["id", "permalink", "date", "subreddit", "url"]],
    segment: "posts",
  },
  comments: { name: /^comments\.csv$/i, headers: [["id", "permalink", "date", "subreddit", "link", "body"]] },
  commentHeaders: {
    name: /^comment_headers\.csv$/i,
    headers: [["id", "permalink", "date", "subreddit", "link"]],
    segment: "comments",
  },
  postVotes: { name: /^post_votes\.csv$/i, headers: [["id", "permalink", "direction"]], segment: "votes" },
  commentVotes: { name: /^comment_votes\.csv$/i, headers: [["id", "permalink", "direction"]], segment: "votes" },
} as const satisfies Record<string, CsvKind>;

export type RedditKind = keyof typeof redditKinds;
