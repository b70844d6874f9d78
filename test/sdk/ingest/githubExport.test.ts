import { expect } from "chai";
import { githubArchive } from "../../../scripts/exports/github.ts";
import { expectError } from "./expectError.ts";
import { rowsOf, summaryOf } from "./exportSamples.ts";
import { memoryArchive } from "./memoryArchive.ts";

describe("githubExport", () => {
  it("default", async () => {
    expect(await summaryOf(memoryArchive({ ...githubArchive(3), "schema.json": '{"version":"1.2.0"}' }))).to.deep.equal(
      {
        connector: "github-export",
        segments: {
          repositories: [1, "2019-01-01T00:00:00.000Z", "2019-01-01T00:00:00.000Z"],
          issues: [4, "2020-01-01T00:00:00.000Z", "2021-01-01T00:00:00.000Z"],
          comments: [6, "2020-01-01T00:00:00.000Z", "2020-01-01T00:05:00.000Z"],
        },
        remarks: ["skipped is a review without a text 1", "skipped files this connector does not read 1"],
      },
    );
    const [repository] = await rowsOf(memoryArchive(githubArchive(1)), "repositories");
    expect(repository).to.include({ name: "boats", is_private: true, is_fork: null, is_own: true });
    const [issue, pull] = await rowsOf(memoryArchive(githubArchive(1)), "issues");
    expect(issue).to.include({
      id: "https://github.com/kari/boats/issues/1",
      kind: "issue",
      number: 1n,
      is_own: true,
      closed: "2020-01-01 00:10:00",
      labels: '["good first issue"]',
    });
    expect(pull).to.include({ kind: "pull_request", is_own: false, content: null, merged: "2021-01-02 00:00:00" });
    const comments = await rowsOf(memoryArchive(githubArchive(1)), "comments");
    expect(comments.map(({ is_own, content }) => [is_own, content])).to.deep.equal([
      [true, "Yes, 0"],
      [false, "Yes, 1"],
    ]);
    expect(comments[0]).to.include({
      context: "https://github.com/kari/boats/issues/1",
      community: "https://github.com/kari/boats",
    });
  });

  it("behavior: several owners, or an organization: nothing is taken for the owner's own", async () => {
    const files = githubArchive(1);
    const organization = JSON.stringify([{ type: "organization", url: "https://github.com/kari", login: "kari" }]);
    const rows = await rowsOf(memoryArchive({ ...files, "organizations_000001.json": organization }), "comments");
    expect(rows.map(({ is_own }) => is_own)).to.deep.equal([false, false]);
  });

  it("behavior: known by content when renamed, empty lists, records that are none", async () => {
    const { "issues_000001.json": issues = "" } = githubArchive(2);
    expect((await summaryOf(memoryArchive({ "my issues.json": issues }))).segments["issues"]?.[0]).to.equal(2);
    expect((await summaryOf(memoryArchive({ "issues_000001.json": "[]" }))).connector).to.equal("github-export");
    const odd = '[1, null, {"type":"issue"}, {"url":"u","created_at":"2020-02-30T00:00:00Z","labels":[{"a":1}]}]';
    const { segments, remarks } = await summaryOf(memoryArchive({ "issues_000001.json": odd }));
    expect(segments["issues"]).to.deep.equal([1, null, null]);
    expect(remarks).to.deep.equal([
      "skipped is no object 2",
      "skipped has no address 1",
      "changed created_at is not a time 1",
    ]);
    const [extra] = await rowsOf(memoryArchive({ "issues_000001.json": odd }), "extra");
    expect(JSON.parse(String(extra?.["fields"]))).to.deep.equal({ labels: [{ a: 1 }] });
  });

  it("error: cut off", async () => {
    const { "issues_000001.json": issues = "" } = githubArchive(2);
    await expectError("EXPORT_INVALID", () =>
      summaryOf(memoryArchive({ "issues_000001.json": issues.slice(0, issues.length / 2) })),
    );
  });
});
