import { createKnownRecords, importArchive } from "@persona-protocol/sdk/ingest";
import {
  joinRecords,
  type LiveCursor,
  type LiveRun,
  type LiveSource,
  liveSources,
  runLiveSource,
  selectRecords,
} from "@persona-protocol/sdk/ingest/live";
import { expect } from "chai";
import { type Asked, type HttpService, type Reply, startHttpService } from "../../helpers/httpService.ts";
import { idsOf, partsOf, rowsOf } from "../../sdk/ingest/live/liveParts.ts";
import { memoryArchive } from "../../sdk/ingest/memoryArchive.ts";

/**
 * For each service: a person's export and the same account, as the service documents its answers. What both have is there once,
 * with one id; what is new, changed and gone afterwards is told.
 */
describe("live sources: an archive and an account of one person", function () {
  this.timeout(60_000);
  let service: HttpService;

  before(async () => {
    service = await startHttpService([...new Set(liveSources.flatMap(({ hosts }) => hosts))], () => ({ status: 404 }));
  });
  after(() => service.stop());

  const sourceOf = (id: string): LiveSource => {
    const source = liveSources.find((each) => each.id === id);
    if (source === undefined) throw new Error(`no source ${id}`);
    return source;
  };

  /** What the account brings beside what the archive has, by segment. */
  async function merged(id: string, files: Readonly<Record<string, string>>) {
    const archive = await importArchive(memoryArchive(files));
    const known = createKnownRecords();
    for (const part of await partsOf(archive)) await known.add(part);
    const source = sourceOf(id);
    expect(archive.connector).to.equal(source.connector);
    const live = await runLiveSource(source, service.session(source), undefined, { known });
    expect(live.segments.map(({ name, schema }) => [name, schema])).to.deep.equal(
      archive.segments.map(({ name, schema }) => [name, schema]),
    );
    return { archive, live };
  }

  async function next(id: string, cursor: LiveCursor | undefined): Promise<LiveRun> {
    const source = sourceOf(id);
    return runLiveSource(source, service.session(source), cursor);
  }

  async function newIds(run: LiveRun): Promise<Record<string, string[]>> {
    const all = await Promise.all(
      run.segments.map(async ({ name, records }) => [name, records === 0 ? [] : await idsOf(run, name)] as const),
    );
    return Object.fromEntries(all.filter(([, ids]) => ids.length > 0));
  }

  const deletionsOf = (run: LiveRun) =>
    Object.fromEntries(run.deletions.map(({ segment, keys }) => [segment, [...keys].sort()]));

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
    service.answer = ({ path, query }: Asked): Reply => {
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

  it("default: Gmail", async () => {
    const mail = (number: number, body: string) =>
      `Message-ID: <${number}@example.org>\r\nFrom: Ola <ola@example.org>\r\nTo: kari@example.org\r\nSubject: Rope ${number}\r\nDate: Mon, 01 Jan 2024 10:0${number}:00 +0000\r\n\r\n${body}\r\n`;
    const raw = (text: string) => Buffer.from(text).toString("base64url");
    const mails = new Map(
      [1, 2, 3].map((number) => [
        `m${number}`,
        { text: mail(number, `too short ${number}`), labelIds: ["INBOX", "Label_1"] },
      ]),
    );
    let history: Reply = { body: { historyId: "101" } };
    let historyId = "100";
    service.answer = ({ path, query }) => {
      const at = path.replace("/gmail/v1/users/me", "");
      if (at === "/profile") return { body: { emailAddress: "kari@example.org", historyId } };
      if (at === "/labels") return { body: { labels: [{ id: "Label_1", name: "Båter", type: "user" }] } };
      if (at === "/history") return history;
      if (at === "/messages") {
        const ids = [...mails.keys()];
        return query.get("pageToken") === "p2"
          ? { body: { messages: ids.slice(2).map((id) => ({ id })) } }
          : { body: { messages: ids.slice(0, 2).map((id) => ({ id })), nextPageToken: "p2" } };
      }
      const found = mails.get(at.replace("/messages/", ""));
      if (found === undefined) return { status: 404, body: { error: { code: 404 } } };
      return {
        body: { id: at.replace("/messages/", ""), threadId: "18c", labelIds: found.labelIds, raw: raw(found.text) },
      };
    };
    const mboxText = `From 1@xxx Mon Jan 01 10:01:00 +0000 2024\r\nX-GM-THRID: 396\r\nX-Gmail-Labels: Inbox\r\n${mail(1, "too short 1")}\r\n`;
    const { archive, live } = await merged("google-gmail", { "Takeout/Mail/All mail.mbox": mboxText });
    const [first = ""] = await idsOf(archive, "headers");
    const all = await newIds(live);
    expect(all["headers"]).to.have.length(2);
    expect(all["headers"]).not.to.include(first);
    const [row] = await rowsOf(live, "headers");
    expect(row).to.include({ subject: "Rope 2", thread_id: "396", labels: '["Inbox","Båter"]' });
    // One mail gone, one in the trash, one with another label.
    history = {
      body: {
        historyId: "120",
        history: [
          { id: "110", messagesDeleted: [{ message: { id: "m1" } }] },
          { id: "111", labelsAdded: [{ message: { id: "m2", labelIds: ["TRASH"] }, labelIds: ["TRASH"] }] },
          {
            id: "112",
            labelsAdded: [{ message: { id: "m3", labelIds: ["INBOX", "STARRED"] }, labelIds: ["STARRED"] }],
          },
        ],
      },
    };
    mails.delete("m1");
    mails.set("m3", { text: mail(3, "too short 3"), labelIds: ["INBOX", "STARRED"] });
    historyId = "120";
    const later = await next("google-gmail", live.cursor);
    const whole = await next("google-gmail", undefined);
    expect(deletionsOf(later)["headers"]).to.have.length(3).and.to.include(first);
    const [starred] = await rowsOf(later, "headers");
    expect(starred).to.include({ subject: "Rope 3", keywords: '["$seen","$flagged"]' });
    // Google has forgotten the history: listed again, and only what is new is fetched.
    mails.delete("m2");
    mails.set("m4", { text: mail(4, "new"), labelIds: ["INBOX"] });
    history = { status: 404, body: { error: { code: 404 } } };
    service.asked.length = 0;
    const forgotten = await next("google-gmail", whole.cursor);
    expect((await newIds(forgotten))["headers"]).to.have.length(1);
    expect(deletionsOf(forgotten)["headers"]).to.have.length(1);
    expect(service.asked.filter(({ query }) => query.get("format") === "raw")).to.have.length(1);
  });

  it("default: Google Calendar", async () => {
    const event = (id: string, more: object = {}) => ({
      id,
      status: "confirmed",
      iCalUID: `${id}@google.com`,
      summary: `Boat, ${id}`,
      description: "line\nand line",
      location: "Oslo; harbour",
      start: { dateTime: "2024-03-01T10:00:00+01:00", timeZone: "Europe/Oslo" },
      end: { dateTime: "2024-03-01T11:00:00+01:00", timeZone: "Europe/Oslo" },
      created: "2024-01-01T00:00:00.000Z",
      updated: "2024-01-02T00:00:00.000Z",
      ...more,
    });
    let items: object[] = [event("a"), event("b", { start: { date: "2024-05-17" }, end: { date: "2024-05-18" } })];
    let status = 200;
    service.answer = ({ path, query }) => {
      if (path.endsWith("/calendarList")) return { body: { items: [{ id: "kari@example.org", summary: "Kari" }] } };
      if (query.get("syncToken") !== null && status !== 200) return { status, body: { error: { code: status } } };
      return { body: { items, nextSyncToken: `t${items.length}` } };
    };
    const ics = [
      "BEGIN:VCALENDAR",
      "PRODID:-//Google Inc//Google Calendar 70.9054//EN",
      "VERSION:2.0",
      "X-WR-CALNAME:Kari",
      "BEGIN:VEVENT",
      "DTSTART:20240301T090000Z",
      "DTEND:20240301T100000Z",
      "UID:a@google.com",
      "CREATED:20240101T000000Z",
      "DESCRIPTION:line\\nand line",
      "LAST-MODIFIED:20240102T000000Z",
      "LOCATION:Oslo\\; harbour",
      "STATUS:CONFIRMED",
      "SUMMARY:Boat\\, a",
      "TRANSP:OPAQUE",
      "END:VEVENT",
      "END:VCALENDAR",
    ].join("\r\n");
    const { archive, live } = await merged("google-calendar", { "Takeout/Calendar/Kari.ics": ics });
    expect(await newIds(live)).to.deep.equal({ events: ["b@google.com"] });
    const whole = await next("google-calendar", undefined);
    expect((await rowsOf(whole, "events"))[0]).to.deep.equal((await rowsOf(archive, "events"))[0]);
    items = [{ id: "a", status: "cancelled" }, event("b", { summary: "Moved" })];
    const changed = await next("google-calendar", live.cursor);
    expect(deletionsOf(changed)).to.deep.equal({ events: ["a@google.com", "b@google.com"] });
    expect(await newIds(changed)).to.deep.equal({ events: ["b@google.com"] });
    // The token is forgotten: read again, and what is not there any more is gone.
    status = 410;
    items = [event("c")];
    const again = await next("google-calendar", changed.cursor);
    expect(await newIds(again)).to.deep.equal({ events: ["c@google.com"] });
    expect(deletionsOf(again)["events"]).to.include("b@google.com");
  });

  it("default: YouTube", async () => {
    const channel = (number: number) => `UC${String(number).padStart(22, "0")}`;
    let numbers = [1, 2];
    service.answer = () => ({
      body: {
        items: numbers.map((number) => ({
          snippet: {
            title: `Channel ${number}`,
            publishedAt: "2020-01-01T00:00:00Z",
            resourceId: { channelId: channel(number) },
          },
        })),
      },
    });
    const { live } = await merged("google-youtube", {
      "Takeout/YouTube and YouTube Music/subscriptions/subscriptions.csv": `Channel Id,Channel Url,Channel Title\n${channel(1)},http://www.youtube.com/channel/${channel(1)},Channel 1\n`,
    });
    expect(await newIds(live)).to.deep.equal({ subscriptions: [channel(2)] });
    numbers = [2, 3];
    const later = await next("google-youtube", live.cursor);
    expect(await newIds(later)).to.deep.equal({ subscriptions: [channel(3)] });
    expect(deletionsOf(later)).to.deep.equal({ subscriptions: [channel(1)] });
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
    service.answer = ({ path, query }) => {
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
    service.answer = ({ path, query }) => {
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
    service.answer = ({ query }) => ({
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
    service.answer = ({ path, query }) => {
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
