import { csvText, listOf } from "./listOf.ts";

const day = (index: number) => new Date(Date.UTC(2020, 0, 1, 0, index)).toISOString().slice(0, 19).replace("T", " ");

/** Reddit's data request with so many posts, twice as many comments and three times as many votes. */
export function redditExport(posts: number): Record<string, string> {
  return {
    "statistics.csv": csvText([
      ["statistic", "value"],
      ["account name", "kari_example"],
      ["export time", "2024-05-01 10:00:00 UTC"],
      ["registration date", "2015-03-02 01:02:03 UTC"],
      ["email address", "kari@example.org"],
    ]),
    "posts.csv": csvText([
      ["id", "permalink", "date", "ip", "subreddit", "gildings", "title", "url", "body"],
      ...listOf(posts, (index) => [
        `p${index}`,
        `https://www.reddit.com/r/boats/comments/p${index}/rope/`,
        `${day(index)} UTC`,
        "",
        "boats",
        "0",
        `Rope, "part" ${index}`,
        "",
        `Line 1\n\nLine ${index}`,
      ]),
    ]),
    "comments.csv": csvText([
      ["id", "permalink", "date", "ip", "subreddit", "gildings", "link", "parent", "body", "media"],
      ...listOf(2 * posts, (index) => [
        `c${index}`,
        `https://www.reddit.com/r/boats/comments/p${index}/_/c${index}/`,
        `${day(index)} UTC`,
        "10.0.0.1",
        "boats",
        "0",
        `https://www.reddit.com/r/boats/comments/p${index}/`,
        index % 2 === 0 ? "" : `c${index - 1}`,
        `> quoted\nBlåbær ${index}`,
        "",
      ]),
    ]),
    "post_votes.csv": csvText([
      ["id", "permalink", "direction"],
      ...listOf(3 * posts, (index) => [
        `v${index}`,
        `https://www.reddit.com/r/boats/comments/v${index}/x/`,
        index % 3 === 0 ? "down" : "up",
      ]),
    ]),
  };
}
