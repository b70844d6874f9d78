import { importArchive } from "@persona-protocol/sdk/ingest";
import { joinRecords, selectRecords } from "@persona-protocol/sdk/ingest/live";
import { expect } from "chai";
import type { Asked, Reply } from "../../helpers/httpService.ts";
import { partsOf, rowsOf } from "../../sdk/ingest/live/liveParts.ts";
import { memoryArchive } from "../../sdk/ingest/memoryArchive.ts";
import { accountScene } from "./accountScene.ts";

/**
 * For each service: a person's export and the same account, as the service documents its answers. What both have is there once,
 * with one id; what is new, changed and gone afterwards is told.
 */
describe("live sources: an archive and an account of one person", function () {
  this.timeout(60_000);
  const scene = accountScene();
  const { merged, next, newIds, deletionsOf } = scene;

  it("default: GitHub", async () => {
    const site = "https://github.com";
    const repo = `${site}/kari/boats`;
    const issue = (number: number, more: object = {}) => ({
      html_url: `${repo}/issues/${number}`,
      number,
      user: { login: "ola", html_url: `${site}/ola` },
      title: `Rope ${number}`,
      body: "too short",
      created_at: "2024-01-01T00:00:00Z",
      updated_at: `2024-01-0${number}T00:00:00Z`,
      closed_at: null,
      labels: [{ name: "good first issue" }],
      assignees: [{ html_url: `${site}/kari` }],
      ...more,
    });
    let issues = [
      issue(1),
      issue(2),
      issue(3, { html_url: `${repo}/pull/3`, pull_request: { merged_at: "2024-02-01T00:00:00Z" } }),
    ];
    let comments = [
      {
        html_url: `${repo}/issues/1#issuecomment-7`,
        user: { html_url: `${site}/kari` },
        body: "Yes",
        created_at: "2024-01-02T00:00:00Z",
        updated_at: "2024-01-02T00:00:00Z",
      },
    ];
    scene.service.answer = ({ path, query }: Asked): Reply => {
      const since = query.get("since") ?? "";
      const changed = <T extends { readonly updated_at: string }>(list: readonly T[]) =>
        list.filter((each) => each.updated_at >= since);
      switch (path) {
        case "/user":
          return { body: { login: "kari", html_url: `${site}/kari` } };
        case "/user/repos":
          return {
            body: [
              {
                full_name: "kari/boats",
                name: "boats",
                html_url: repo,
                owner: { html_url: `${site}/kari` },
                description: "About boats",
                homepage: "",
                private: true,
                fork: false,
                default_branch: "main",
                created_at: "2019-01-01T00:00:00Z",
              },
            ],
          };
        case "/repos/kari/boats/issues": {
          // Two pages, by a Link header.
          const list = changed(issues);
          if (query.get("page") === "2") return { body: list.slice(2) };
          const url = `https://api.github.com${path}?${query}&page=2`;
          return {
            body: list.slice(0, 2),
            headers: list.length > 2 ? { link: `<${url}>; rel="next", <${url}>; rel="last"` } : {},
          };
        }
        case "/repos/kari/boats/issues/comments":
          return { body: changed(comments) };
        case "/repos/kari/boats/comments":
          return { status: 409 };
        default:
          return { body: [] };
      }
    };
    const { archive, live } = await merged("github", {
      "repositories_000001.json": JSON.stringify([
        {
          type: "repository",
          url: repo,
          owner: `${site}/kari`,
          name: "boats",
          description: "About boats",
          private: true,
          fork: false,
          default_branch: "main",
          created_at: "2019-01-01T00:00:00Z",
        },
      ]),
      "issues_000001.json": JSON.stringify([
        {
          type: "issue",
          url: `${repo}/issues/1`,
          repository: repo,
          user: `${site}/ola`,
          title: "Rope 1",
          body: "too short",
          labels: [`${repo}/labels/good%20first%20issue`],
          assignees: [`${site}/kari`],
          created_at: "2024-01-01T00:00:00Z",
          closed_at: null,
        },
      ]),
      "issue_comments_000001.json": JSON.stringify([
        {
          type: "issue_comment",
          url: `${repo}/issues/1#issuecomment-7`,
          issue: `${repo}/issues/1`,
          user: `${site}/kari`,
          body: "Yes",
          created_at: "2024-01-02T00:00:00Z",
        },
      ]),
    });
    expect(await newIds(live)).to.deep.equal({ issues: [`${repo}/issues/2`, `${repo}/pull/3`] });
    // Not the id alone: a record of the account is that of the archive.
    const both = await next("github", undefined);
    for (const name of ["repositories", "issues"]) {
      const [ofFile] = await rowsOf(archive, name);
      const [ofAccount] = await rowsOf(both, name);
      expect(ofAccount, name).to.deep.equal(ofFile);
    }
    issues = issues.map((each) =>
      each.number === 2 ? { ...each, title: "Longer rope", updated_at: "2024-05-01T00:00:00Z" } : each,
    );
    const changed = await next("github", live.cursor);
    expect(await newIds(changed)).to.deep.equal({ issues: [`${repo}/issues/2`] });
    expect(deletionsOf(changed)).to.deep.equal({ issues: [`${repo}/issues/2`] });
    const [row] = await rowsOf(changed, "issues");
    expect(row?.["title"]).to.equal("Longer rope");
    // Gone: seen when everything is read again.
    comments = [];
    const text = JSON.parse(changed.cursor ?? "") as Record<string, unknown>;
    const whole = await next("github", JSON.stringify({ ...text, wholeAt: 0 }));
    expect(deletionsOf(whole)).to.deep.equal({ comments: [`${repo}/issues/1#issuecomment-7`] });
    expect(await newIds(whole)).to.deep.equal({});
  });

  it("default: X", async () => {
    const post = (id: number, likes = 0) => ({
      id: String(id),
      text: `post ${id} &amp; more`,
      created_at: "2024-01-01T00:00:00.000Z",
      lang: "en",
      public_metrics: { like_count: likes, retweet_count: 0 },
    });
    let posts = [post(3), post(2), post(1)];
    let followers = ["8", "9"];
    scene.service.answer = ({ path, query }) => {
      if (path === "/2/users/me") return { body: { data: { id: "1", username: "kari", name: "Kari" } } };
      const [, list] = /^\/2\/users\/1\/(\w+)$/.exec(path) ?? [];
      if (list === "tweets") {
        const fresh = posts.filter(({ id }) => Number(id) > Number(query.get("since_id") ?? 0));
        if (fresh.length > 1 && query.get("pagination_token") === null)
          return { body: { data: fresh.slice(0, 1), meta: { next_token: "n1" } } };
        const data = query.get("pagination_token") === null ? fresh : fresh.slice(1);
        return { body: data.length === 0 ? { meta: { result_count: 0 } } : { data, meta: {} } };
      }
      if (list === "liked_tweets") return { body: { data: [{ id: "77", text: "liked &lt;3" }], meta: {} } };
      if (list === "followers")
        return { body: { data: followers.map((id) => ({ id, username: `u${id}` })), meta: {} } };
      if (list === "following") return { body: { meta: { result_count: 0 } } };
      return { status: 403, body: { title: "Client Forbidden" } };
    };
    const js = (part: string, records: readonly object[]) => `window.YTD.${part}.part0 = ${JSON.stringify(records)}`;
    const { live } = await merged("x", {
      "data/account.js": js("account", [{ account: { username: "kari", accountId: "1", accountDisplayName: "Kari" } }]),
      "data/tweets.js": js("tweets", [
        {
          tweet: {
            id_str: "1",
            full_text: "post 1 &amp; more",
            created_at: "Mon Jan 01 00:00:00 +0000 2024",
            lang: "en",
            favorite_count: "0",
            retweet_count: "0",
          },
        },
      ]),
      "data/like.js": js("like", [
        { like: { tweetId: "77", fullText: "liked &lt;3", expandedUrl: "https://twitter.com/i/web/status/77" } },
      ]),
      "data/follower.js": js("follower", [
        { follower: { accountId: "8", userLink: "https://twitter.com/intent/user?user_id=8" } },
      ]),
    });
    expect(await newIds(live)).to.deep.equal({ posts: ["3", "2"], followers: ["9"] });
    expect(live.remarks.map(({ segment, reason }) => [segment, reason])).to.deep.include([
      "messages",
      "is not given to this application by its plan or scopes",
    ]);
    posts = [post(4), ...posts];
    followers = ["9"];
    const later = await next("x", live.cursor);
    expect(await newIds(later)).to.deep.equal({ posts: ["4"] });
    expect(deletionsOf(later)).to.deep.equal({ followers: ["8"] });
    posts = [post(4, 17), post(3)];
    const text = JSON.parse(later.cursor ?? "") as Record<string, unknown>;
    const whole = await next("x", JSON.stringify({ ...text, wholeAt: 0 }));
    expect(deletionsOf(whole)).to.deep.equal({ posts: ["1", "2", "4"] });
    expect(await newIds(whole)).to.deep.equal({ posts: ["4"] });
  });

  it("default: Discord", async () => {
    const own = "100000000000000001";
    const channel = "200000000000000001";
    const id = (number: number) => String(300000000000000000n + BigInt(number));
    const message = (number: number, author = own) => ({
      id: id(number),
      author: { id: author },
      content: `hello ${number}`,
      timestamp: "2024-01-01T12:00:00.000000+00:00",
      attachments: [],
    });
    let messages = [message(3), message(2, "100000000000000002"), message(1)];
    scene.service.answer = ({ path, query }) => {
      if (path.endsWith("/users/@me")) return { body: { id: own, username: "kari" } };
      if (path.endsWith("/channels"))
        return { body: [{ id: channel, type: 1, recipients: [{ id: "100000000000000002", username: "ola" }] }] };
      return { body: messages.filter((each) => BigInt(each.id) > BigInt(query.get("after") ?? "0")) };
    };
    const { live } = await merged("discord", {
      [`Messages/c${channel}/messages.json`]: JSON.stringify([
        { ID: id(1), Timestamp: "2024-01-01 12:00:00", Contents: "hello 1", Attachments: "" },
      ]),
      [`Messages/c${channel}/channel.json`]: JSON.stringify({
        id: channel,
        type: "DM",
        recipients: [own, "100000000000000002"],
      }),
      "Account/user.json": JSON.stringify({ id: own }),
    });
    expect((await newIds(live))["messages"]).to.deep.equal([id(3)]);
    expect((await newIds(live))["participants"]).to.equal(undefined);
    messages = [message(5), ...messages];
    const later = await next("discord", live.cursor);
    expect(await newIds(later)).to.deep.equal({ messages: [id(5)] });
    messages = messages.filter((each) => each.id !== id(1));
    const text = JSON.parse(later.cursor ?? "") as Record<string, unknown>;
    const whole = await next("discord", JSON.stringify({ ...text, wholeAt: 0 }));
    expect(deletionsOf(whole)).to.deep.equal({ messages: [id(1)] });
  });

  it("default: Spotify: what was heard to its end merges, what was not is there twice", async () => {
    const play = (number: number, minute: string) => ({
      played_at: `2024-01-01T10:${minute}:30.123Z`,
      track: {
        name: `Song ${number}`,
        duration_ms: 180_000 + number,
        uri: `spotify:track:${number}`,
        artists: [{ name: "Boats" }],
        album: { name: "Ropes" },
      },
    });
    let plays = [play(2, "05"), play(1, "02")];
    scene.service.answer = ({ query }) => ({
      body: {
        items: plays.filter(({ played_at }) => Date.parse(played_at) > Number(query.get("after") ?? 0)),
        next: null,
        cursors: null,
      },
    });
    const heard = (number: number, minute: string, ms: number) => ({
      ts: `2024-01-01T10:${minute}:30Z`,
      ms_played: ms,
      master_metadata_track_name: `Song ${number}`,
      master_metadata_album_artist_name: "Boats",
      master_metadata_album_album_name: "Ropes",
      spotify_track_uri: `spotify:track:${number}`,
    });
    const { live } = await merged("spotify", {
      "Streaming_History_Audio_2024_0.json": JSON.stringify([heard(1, "02", 180_001), heard(2, "05", 42_000)]),
    });
    const rows = await rowsOf(live, "listens");
    expect(rows.map(({ title }) => title)).to.deep.equal(["Song 2"]);
    plays = [play(3, "09"), ...plays];
    const later = await next("spotify", live.cursor);
    expect((await rowsOf(later, "listens")).map(({ title }) => title)).to.deep.equal(["Song 3"]);
  });

  it("default: Reddit", async () => {
    const thing = (kind: "t1" | "t3", id: string, more: object = {}) => ({
      kind,
      data: {
        id,
        name: `${kind}_${id}`,
        subreddit: "boats",
        created_utc: 1_704_067_200,
        permalink: kind === "t3" ? `/r/boats/comments/${id}/rope/` : `/r/boats/comments/p1/rope/${id}/`,
        ...more,
      },
    });
    const listing = (children: readonly object[], after: string | null = null) => ({
      body: { kind: "Listing", data: { after, children } },
    });
    let up = [thing("t3", "v1"), thing("t1", "v2")];
    let down: ReturnType<typeof thing>[] = [];
    let posts = [
      thing("t3", "p2", { title: "New", is_self: true, selftext: "x" }),
      thing("t3", "p1", { title: "Rope", is_self: true, selftext: "too short" }),
    ];
    scene.service.answer = ({ path, query }) => {
      if (path === "/api/v1/me") return { body: { name: "kari", created_utc: 1_500_000_000 } };
      if (path === "/user/kari/submitted")
        return query.get("after") === null ? listing(posts.slice(0, 1), "t3_p2") : listing(posts.slice(1));
      if (path === "/user/kari/comments")
        return listing([
          thing("t1", "c1", {
            body: "Yes",
            parent_id: "t3_p1",
            link_permalink: "https://www.reddit.com/r/boats/comments/p1/rope/",
          }),
        ]);
      if (path === "/user/kari/upvoted") return listing(up);
      return listing(down);
    };
    const { archive, live } = await merged("reddit", {
      "statistics.csv": "statistic,value\naccount name,kari\nregistration date,2017-07-14 02:40:00 UTC\n",
      "posts.csv":
        "id,permalink,date,ip,subreddit,gildings,title,url,body\np1,https://www.reddit.com/r/boats/comments/p1/rope/,2024-01-01 00:00:00 UTC,,boats,0,Rope,https://www.reddit.com/r/boats/comments/p1/rope/,too short\n",
      "comments.csv":
        "id,permalink,date,ip,subreddit,gildings,link,parent,body,media\nc1,https://www.reddit.com/r/boats/comments/p1/rope/c1/,2024-01-01 00:00:00 UTC,,boats,0,https://www.reddit.com/r/boats/comments/p1/rope/,,Yes,\n",
      "post_votes.csv": "id,permalink,direction\nv1,https://www.reddit.com/r/boats/comments/v1/rope/,up\n",
    });
    expect(await newIds(live)).to.deep.equal({ posts: ["p2"], votes: ["t1_v2"] });
    const whole = await next("reddit", undefined);
    for (const name of ["account", "comments"]) {
      const [ofFile] = await rowsOf(archive, name);
      expect((await rowsOf(whole, name))[0], name).to.deep.equal({ ...ofFile });
    }
    // A vote turned round, a post deleted.
    [down, up] = [[thing("t3", "v1")], [thing("t1", "v2")]];
    posts = posts.slice(0, 1);
    const later = await next("reddit", live.cursor);
    expect(deletionsOf(later)).to.deep.equal({ posts: ["p1"], votes: ["t3_v1"] });
    expect((await rowsOf(later, "votes")).map(({ id, direction }) => [id, direction])).to.deep.equal([
      ["t3_v1", "down"],
    ]);
  });

  it("behavior: what is gone is dropped from a dataset's earlier part, and its further fields with it", async () => {
    const js = (part: string, records: readonly object[]) => `window.YTD.${part}.part0 = ${JSON.stringify(records)}`;
    const archive = await importArchive(
      memoryArchive({
        "data/account.js": js("account", [{ account: { username: "kari", accountId: "1" } }]),
        "data/tweets.js": js(
          "tweets",
          [1, 2].map((id) => ({
            tweet: {
              id_str: String(id),
              full_text: `post ${id}`,
              created_at: "Mon Jan 01 00:00:00 +0000 2024",
              unheard: id,
            },
          })),
        ),
      }),
    );
    const gone = new Map([["posts", new Set(["1"])]]);
    const keeps = (segment: string, key: string) => gone.get(segment)?.has(key) !== true;
    for (const part of await partsOf(archive)) {
      const { bytes, records, dropped } = await selectRecords(part, keeps);
      if (part.name === "posts" || part.name === "extra") {
        expect(dropped, part.name).to.equal(1);
        const again = await selectRecords({ ...part, bytes }, keeps);
        expect(again).to.include({ records, dropped: 0 });
        // And with what a run brought beside it: a record that came anew stands once.
        const joined = await joinRecords(part, { ...part, bytes }, () => true);
        expect(joined.records, part.name).to.equal(records + dropped);
      } else expect(bytes, part.name).to.equal(part.bytes);
    }
  });
});
