import type { InlineProgram } from "@persona-protocol/sdk/compute";

/**
 * The story's program: how well were this person's posts received? It sees posts inside the enclave and lets out three
 * numbers: no account name, no post.
 */
export const engagementProgram: InlineProgram = {
  v: 1,
  kind: "sql",
  name: "engagement-score",
  description:
    "Counts a person's own posts, those with high engagement, and the sum of likes and twice the shares of these.",
  statement: `
    SELECT
      count(*)::BIGINT AS posts,
      count(*) FILTER (WHERE engagement >= $threshold)::BIGINT AS high_engagement_posts,
      coalesce(sum(engagement) FILTER (WHERE engagement >= $threshold), 0)::BIGINT AS score
    FROM (SELECT coalesce(like_count, 0) + 2 * coalesce(share_count, 0) AS engagement FROM posts WHERE NOT is_repost)
  `,
  tables: [{ table: "posts", schema: "persona:post@1" }],
  args: [{ name: "threshold", type: "bigint" }],
  result: {
    columns: [
      { name: "posts", type: "bigint", nullable: false },
      { name: "high_engagement_posts", type: "bigint", nullable: false },
      { name: "score", type: "bigint", nullable: false },
    ],
    maxRows: 1,
  },
  limits: { timeMs: 30_000, memoryMb: 512 },
};

/** A program that nobody granted: the same shape of result, another question. */
export const otherProgram: InlineProgram = {
  ...engagementProgram,
  name: "shouting-score",
  statement: engagementProgram.statement.replace("WHERE NOT is_repost", "WHERE content LIKE '%!%'"),
};

export const threshold = 100;
export type Score = { readonly posts: number; readonly high_engagement_posts: number; readonly score: number };
