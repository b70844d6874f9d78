import { listOf } from "./listOf.ts";

const site = "https://github.com";

/** GitHub's archive of an account with so many issues, and twice as many comments. */
export function githubArchive(issues: number): Record<string, string> {
  const repository = `${site}/kari/boats`;
  const author = (index: number) => `${site}/${index % 2 === 0 ? "kari" : "ola"}`;
  const time = (index: number) => new Date(Date.UTC(2020, 0, 1, 0, index)).toISOString().replace(".000", "");
  const files = {
    repositories: [
      {
        type: "repository",
        url: repository,
        owner: `${site}/kari`,
        name: "boats",
        description: "All about boats",
        private: true,
        created_at: "2019-01-01T00:00:00Z",
        default_branch: "main",
        wiki_enabled: true,
      },
    ],
    issues: listOf(issues, (index) => ({
      type: "issue",
      url: `${repository}/issues/${index + 1}`,
      repository,
      user: author(index),
      title: `Rope ${index}`,
      body: "It is **too short**.",
      assignee: null,
      assignees: [`${site}/kari`],
      labels: [`${repository}/labels/good%20first%20issue`],
      closed_at: index % 3 === 0 ? time(index + 10) : null,
      created_at: time(index),
    })),
    pull_requests: [
      {
        type: "pull_request",
        url: `${repository}/pull/${issues + 1}`,
        user: `${site}/ola`,
        repository,
        title: "Longer rope",
        body: null,
        base: { ref: "main", sha: "00", user: `${site}/kari`, repo: repository },
        labels: [],
        merged_at: "2021-01-02T00:00:00Z",
        closed_at: "2021-01-02T00:00:00Z",
        created_at: "2021-01-01T00:00:00Z",
      },
    ],
    issue_comments: listOf(2 * issues, (index) => ({
      type: "issue_comment",
      url: `${repository}/issues/${(index >> 1) + 1}#issuecomment-${index}`,
      issue: `${repository}/issues/${(index >> 1) + 1}`,
      user: author(index),
      body: `Yes, ${index}`,
      formatter: "markdown",
      reactions: [],
      created_at: time(index),
    })),
    pull_request_reviews: [
      {
        type: "pull_request_review",
        url: `${repository}/pull/9#pullrequestreview-1`,
        user: author(0),
        body: "",
        state: 40,
      },
    ],
  };
  return Object.fromEntries(
    Object.entries(files).map(([name, records]) => [`${name}_000001.json`, JSON.stringify(records, null, 2)]),
  );
}
