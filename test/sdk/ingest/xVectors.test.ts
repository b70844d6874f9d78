import { expect } from "chai";
import { type ArchiveInput, readArchive } from "../../../sdk/src/ingest/index.ts";
import { readParquet } from "./readParquet.ts";
import { withSample } from "./samples.ts";

async function tables(input: ArchiveInput) {
  const { connector, segments, remarks } = await readArchive(input);
  const [account, posts, likes, messages, notes, followers] = await Promise.all(
    segments.map(({ bytes }) => readParquet(bytes)),
  );
  return {
    connector,
    segments,
    remarks,
    account: account?.rows ?? [],
    posts: posts?.rows ?? [],
    likes: likes?.rows ?? [],
    messages: messages?.rows ?? [],
    notes: notes?.rows ?? [],
    followers: followers?.rows ?? [],
  };
}

describe("X archive vectors", () => {
  withSample("twitter/synthetic", "the archive of 2023", async (input) => {
    const { connector, segments, remarks, account, posts, likes, messages, notes, followers } = await tables(input);
    expect(connector).to.equal("x-archive");
    // The manifest: it lists the files.
    expect(remarks).to.deep.equal([
      { segment: null, kind: "skipped", reason: "files this connector does not read", count: 1 },
    ]);
    expect(segments.map(({ records }) => records)).to.deep.equal([1, 4, 2, 2, 1, 1, 0]);
    expect([segments[3]?.from?.toISOString(), segments[3]?.to?.toISOString()]).to.deep.equal([
      "2023-06-02T08:00:00.123Z",
      "2023-06-02T08:02:00.000Z",
    ]);
    expect(messages[0]).to.include({
      id: "1664300000000000001",
      // The source's id names both people: it is in `extra`.
      conversation: "e40d1d5f21c83b2bb568309f0aa50ca4",
      sender: "1000000002",
      is_own: false,
      content: "Hei! Kommer du?",
      kind: "text",
    });
    expect(String(messages[0]?.reactions)).to.include('"reactionKey":"like"');
    expect(messages[1]).to.include({ is_own: true, recipients: '["1000000002"]', reactions: null });
    expect(notes[0]).to.include({ id: "1664201234567890999" });
    expect(notes[0]?.content).to.match(/^A long note\..*END$/);
    expect(segments[4]?.from?.toISOString()).to.equal("2023-06-01T12:31:00.000Z");
    expect(followers).to.deep.equal([
      { id: "1000000002", url: "https://twitter.com/intent/user?user_id=1000000002", since: null },
    ]);
    expect([segments[1]?.from?.toISOString(), segments[1]?.to?.toISOString()]).to.deep.equal([
      "2010-03-21T04:40:00.000Z",
      "2023-06-01T12:30:00.000Z",
    ]);

    expect(account[0]).to.include({
      id: "1000000001",
      username: "kari_example",
      display_name: "Kari Nordmann ⚓",
      email: "kari.nordmann@example.org",
      created_via: "web",
    });
    expect(String(account[0]?.created)).to.equal("2009-04-01 10:20:30");

    expect(posts[0]).to.include({
      id: "1664201234567890123",
      content: "Fish & chips <3 at the pier 🐟 – best in #Oslo https://t.co/AAAAaaaa01",
      like_count: 12n,
      share_count: 3n,
      language: "en",
      is_repost: false,
      source: "Twitter Web App",
      in_reply_to: null,
    });
    expect(String(posts[0]?.published)).to.equal("2023-06-01 12:30:00");
    expect(posts[1]).to.include({
      content: "RT @ola_example: Løft ankeret! Line one\nLine two",
      is_repost: true,
      share_count: 7n,
    });
    expect(posts[2]).to.include({
      in_reply_to: "1579999999999999999",
      content: "@ola_example @havn_example takk 👨‍👩‍👧 https://t.co/AbCdEfGhIj",
    });
    expect(posts[3]).to.include({ id: "20000000042", content: "just setting up" });
    expect(String(posts[3]?.published)).to.equal("2010-03-21 04:40:00");

    expect(likes).to.deep.equal([
      {
        id: "1664100000000000007",
        content: 'A liked tweet with “curly” quotes & "straight" ones https://t.co/BBBBbbbb02',
        url: "https://twitter.com/i/web/status/1664100000000000007",
      },
      { id: "1500000000000000000", content: null, url: "https://twitter.com/i/web/status/1500000000000000000" },
    ]);
  });

  withSample("twitter/dogsheep-twitter-to-sqlite", "files of an early archive, without posts", async (input) => {
    const { segments, account } = await tables(input);
    expect(segments.map(({ records }) => records)).to.deep.equal([1, 0, 0, 0, 0, 2, 2]);
    expect(account[0]).to.include({ id: "12497", username: "simonw", phone: "+15555555555", created_via: "web" });
    expect(String(account[0]?.created)).to.equal("2006-11-15 13:18:50");
  });

  // readArchive.test.ts has the same form, self-made.
  withSample("twitter/synthetic-legacy-2019", "the archive of 2019", async (input) => {
    const { posts } = await tables(input);
    expect(posts).to.have.length(1);
    expect(posts[0]?.content).to.match(/in text$/);
  });
});
