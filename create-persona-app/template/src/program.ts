import { defineProgram } from "@persona-protocol/sdk/dapp";

/** What this dApp asks. Arguments and rows are typed by it. */
export const program = defineProgram({
  v: 1,
  kind: "sql",
  name: "engagement",
  description: "Counts a person's own posts and those with high engagement, and adds these up.",
  statement: `
    SELECT
      count(*)::BIGINT AS posts,
      count(*) FILTER (WHERE n >= $threshold)::BIGINT AS high_engagement_posts,
      coalesce(sum(n) FILTER (WHERE n >= $threshold), 0)::BIGINT AS score
    FROM (SELECT coalesce(like_count, 0) + 2 * coalesce(share_count, 0) AS n FROM posts WHERE NOT is_repost)
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
});
