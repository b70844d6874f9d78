import { expect } from "chai";
import { redditExport } from "../../../scripts/exports/reddit.ts";
import { inspectInput } from "../../../sdk/src/ingest/index.ts";
import { reddit } from "../../../sdk/src/ingest/reddit/reddit.ts";
import { expectError } from "./expectError.ts";
import { rowsOf, summaryOf } from "./exportSamples.ts";
import { memoryArchive } from "./memoryArchive.ts";
import { withSample } from "./samples.ts";

const posts = "id,permalink,date,ip,subreddit,gildings,title,url,body\n";
const comments = "id,permalink,date,ip,subreddit,gildings,link,parent,body,media\n";

describe("reddit", () => {
  it("default", async () => {
    expect(await summaryOf(memoryArchive(redditExport(5)))).to.deep.equal({
      connector: "reddit",
      segments: {
        account: [1, "2015-03-02T01:02:03.000Z", "2015-03-02T01:02:03.000Z"],
        posts: [5, "2020-01-01T00:00:00.000Z", "2020-01-01T00:04:00.000Z"],
        comments: [10, "2020-01-01T00:00:00.000Z", "2020-01-01T00:09:00.000Z"],
        votes: [15, null, null],
      },
      remarks: [],
    });
    const [account] = await rowsOf(memoryArchive(redditExport(1)), "account");
    expect(account).to.include({ id: "kari_example", email: "kari@example.org", created: "2015-03-02 01:02:03" });
    const [vote] = await rowsOf(memoryArchive(redditExport(1)), "votes");
    expect(vote).to.include({ id: "t3_v0", object: "v0", kind: "post", direction: "down" });
  });

  it("behavior: rows of several lines, CR LF, dates that are none, repeated ids", async () => {
    const input = memoryArchive({
      "export/posts.csv":
        `${posts}a1,https://r/a1,2021-02-30 00:00:00 UTC,,boats,0,T,,"x\r\ny ""z"""\r\na2,,,,boats,0,T,,\r\na1,,,,boats,0,again,,`.replaceAll(
          /\n(?=a)/g,
          "\r\n",
        ),
    });
    const { segments, remarks } = await summaryOf(input);
    expect(segments["posts"]).to.deep.equal([2, null, null]);
    expect(remarks).to.deep.equal(["changed date is not a time 1", "skipped repeats an id of the same segment 1"]);
    const [first, second] = await rowsOf(input, "posts");
    expect(first).to.include({ content: 'x\r\ny "z"', published: null, link: null });
    expect(second).to.include({ content: null });
  });

  it("behavior: headers stand in for posts that are not there, and only then", async () => {
    const headers = "id,permalink,date,ip,subreddit,gildings,url\na1,,2021-01-01 00:00:00 UTC,,boats,0,\n";
    expect((await summaryOf(memoryArchive({ "post_headers.csv": headers }))).segments["posts"]?.[0]).to.equal(1);
    const both = { "post_headers.csv": headers, "posts.csv": `${posts}a1,,,,boats,0,T,,text\n` };
    expect(await rowsOf(memoryArchive(both), "posts")).to.deep.include.members([
      { id: "a1", published: null, title: "T", content: "text", link: null, community: "boats", url: null },
    ]);
    expect((await summaryOf(memoryArchive(both))).segments["posts"]?.[0]).to.equal(1);
  });

  it("behavior: a renamed file is known by its header, and votes on comments by their address", async () => {
    const votes = "id,permalink,direction\nk1,https://www.reddit.com/r/b/comments/1a/_/k1/,up\n";
    expect(await rowsOf(memoryArchive({ "data.txt": votes }), "votes")).to.deep.equal([
      {
        id: "t1_k1",
        object: "k1",
        kind: "comment",
        direction: "up",
        url: "https://www.reddit.com/r/b/comments/1a/_/k1/",
      },
    ]);
  });

  it("behavior: what no column holds is kept for the owner", async () => {
    const input = memoryArchive({ "comments.csv": `${comments}c1,,,10.0.0.1,boats,3,,,hi,m.png\n` });
    const [extra] = await rowsOf(input, "extra");
    expect(extra).to.include({ segment: "comments", id: "c1" });
    expect(JSON.parse(String(extra?.["fields"]))).to.deep.equal({ ip: "10.0.0.1", gildings: "3", media: "m.png" });
  });

  it("behavior: a posts.csv of others is not claimed", async () => {
    const confidence = async (files: Record<string, string>) => reddit.detect(inspectInput(memoryArchive(files)));
    expect(await confidence({ "posts.csv": "slug,markdown\na,b\n" })).to.be.below(0.05);
    expect(await confidence({ "a.csv": "id,name\n1,2\n" })).to.be.below(0.05);
    expect(await confidence({ "comments.csv": comments })).to.equal(0.9);
  });

  it("error: a quote that is never closed, an archive whose files have no header", async () => {
    await expectError("EXPORT_INVALID", () =>
      summaryOf(memoryArchive({ "posts.csv": `${posts}a1,,,,b,0,"never,,\n` })),
    );
    await expectError("EXPORT_INVALID", () =>
      summaryOf(memoryArchive({ "posts.csv": "a,b\n1,2\n", "comments.csv": "a,b\n1,2\n" })),
    );
  });

  withSample("reddit/synthetic", "behavior: the shared sample", async (input) => {
    expect(await summaryOf(input)).to.deep.equal({
      connector: "reddit",
      segments: {
        account: [0, null, null],
        posts: [2, "2022-02-02T02:02:02.000Z", "2024-04-16T08:00:00.000Z"],
        comments: [2, "2021-01-01T00:00:00.000Z", "2024-04-16T09:08:07.000Z"],
        votes: [0, null, null],
      },
      remarks: ["skipped files this connector does not read 1"],
    });
    const [first] = await rowsOf(input, "posts");
    expect(first).to.include({
      id: "1abcde",
      title: "Rope, question",
      content: "Line 1\n\nLine 2",
      community: "boats",
    });
    const [comment, another] = await rowsOf(input, "comments");
    expect(comment).to.include({
      id: "kz0aaa1",
      published: "2024-04-16 09:08:07",
      content: 'Quote: "use a bowline",\nthen\n\n> nested, comma',
      in_reply_to: "kz09999",
      context: "1abcde",
    });
    expect(another).to.include({ content: "Blåbærsyltetøy 🫐", in_reply_to: "1abcdf" });
  });
});
