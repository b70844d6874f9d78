import { expect } from "chai";
import { metaJson, metaThread } from "../../../scripts/exports/meta.ts";
import { expectError } from "./expectError.ts";
import { importRecords } from "./importRecords.ts";
import { sampleJson, withSample } from "./samples.ts";

const activity = "your_instagram_activity";
const labelled = (values: Record<string, string>) =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { href: "", value, timestamp: 0 }]));

describe("instagram", () => {
  it("default", async () => {
    const { connector, counts, times, records, skipped } = await importRecords({
      "personal_information/personal_information/personal_information.json": metaJson({
        profile_user: [
          {
            title: "",
            string_map_data: labelled({ Email: "ase@example.org", Brukernavn: "ase", Navn: "Åse Østby", Bio: "Båt" }),
          },
        ],
      }),
      [`${activity}/media/posts_1.json`]: metaJson([
        { media: [{ uri: "media/posts/1.jpg", creation_timestamp: 1_600_000_000, title: "Fjord 🌊" }] },
        {
          media: [{ uri: "a.jpg", creation_timestamp: 1_601_600_000, title: "" }, { uri: "b.jpg" }],
          title: "Two",
          creation_timestamp: 1_601_600_001,
        },
      ]),
      [`${activity}/media/stories.json`]: metaJson({
        ig_stories: [{ uri: "s.jpg", creation_timestamp: 1_602_000_000, title: "" }],
      }),
      [`${activity}/comments/post_comments_1.json`]: metaJson([
        {
          media_list_data: [],
          string_map_data: {
            Comment: { value: "Så fint" },
            "Media Owner": { value: "ola" },
            Time: { timestamp: 1_650_000_000 },
          },
        },
      ]),
      [`${activity}/comments/reels_comments.json`]: metaJson({
        comments_reels_comments: [
          {
            string_map_data: {
              Kommentar: { value: "ja" },
              Medieeier: { value: "ola" },
              Tid: { timestamp: 1_650_000_001 },
            },
          },
        ],
      }),
      [`${activity}/likes/liked_posts.json`]: metaJson({
        likes_media_likes: [
          {
            title: "ola",
            string_list_data: [{ href: "https://www.instagram.com/p/A/", value: "👍", timestamp: 1_640_000_000 }],
          },
        ],
      }),
      [`${activity}/likes/liked_comments.json`]: metaJson({
        likes_comment_likes: [
          {
            title: "ola",
            string_list_data: [{ href: "https://www.instagram.com/p/B/", value: "👍", timestamp: 1_640_000_001 }],
          },
        ],
      }),
      ...metaThread({ messages: 2, folder: `${activity}/messages` }),
      "connections/followers_and_following/followers_1.json": "[]",
    });
    expect(connector).to.equal("instagram");
    expect(counts).to.deep.equal({ account: 1, posts: 3, comments: 2, likes: 2, messages: 2 });
    // Followers: looked at, and said.
    expect(skipped).to.deep.equal({ "files this connector does not read": 1 });
    expect(times["posts"]).to.deep.equal(["2020-09-13T12:26:40.000Z", "2020-10-06T16:00:00.000Z"]);
    expect(records["account"]?.[0]).to.include({
      username: "ase",
      display_name: "Åse Østby",
      email: "ase@example.org",
      bio: "Båt",
    });
    expect(records["posts"]?.map(({ content }) => content)).to.deep.equal(["Fjord 🌊", "Two", ""]);
    expect(
      records["comments"]?.map(({ content, published }) => [content, (published as Date).getTime() / 1000]),
    ).to.deep.equal([
      ["Så fint", 1_650_000_000],
      ["ja", 1_650_000_001],
    ]);
    expect(
      records["likes"]?.map(({ object_kind, object_author, url }) => [object_kind, object_author, url]),
    ).to.deep.equal([
      ["post", "ola", "https://www.instagram.com/p/A/"],
      ["comment", "ola", "https://www.instagram.com/p/B/"],
    ]);
    expect(records["messages"]?.map(({ is_own }) => is_own)).to.deep.equal([false, true]);
  });

  it("behavior: the form before 2020", async () => {
    const { connector, counts, records } = await importRecords({
      "instagram-ase/media.json": metaJson({
        stories: [],
        photos: [{ caption: "Fjord", taken_at: "2019-01-02T03:04:05+00:00", path: "photos/1.jpg" }],
        videos: [{ caption: "", taken_at: "2019-01-03T03:04:05+00:00", path: "videos/1.mp4" }],
      }),
      "instagram-ase/likes.json": metaJson({
        media_likes: [["2019-01-02T03:04:05+00:00", "ola"]],
        comment_likes: [["2019-01-03T03:04:05+00:00", "per"]],
      }),
      "instagram-ase/comments.json": metaJson({ media_comments: [["2019-01-02T03:04:05+00:00", "fint", "ola"]] }),
    });
    expect(connector).to.equal("instagram");
    expect(counts).to.include({ posts: 2, comments: 1, likes: 2 });
    expect(records["likes"]?.map(({ object_author, object_kind }) => [object_author, object_kind])).to.deep.equal([
      ["ola", "post"],
      ["per", "comment"],
    ]);
    expect(records["comments"]?.[0]).to.deep.include({ content: "fint", published: new Date("2019-01-02T03:04:05Z") });
  });

  it("behavior: the form before 2020: profile, pictures of it, conversations in one file, times without a zone", async () => {
    const conversation = [
      { sender: "ola", created_at: "2019-05-01T10:11:12.123456+00:00", text: "hei" },
      { sender: "kari", created_at: "2019-05-02T10:11:12", media: "https://a.example/1.jpg" },
    ];
    const { connector, counts, times, records, changed } = await importRecords({
      "media.json": metaJson({
        profile: [{ caption: "", taken_at: "2019-05-04T10:11:12", path: "profile/a.jpg" }],
        stories: [{ caption: "", taken_at: "2019-05-04T10:11:12", path: "stories/a.jpg" }],
        photos: [{ caption: "Fjord", taken_at: "2019-01-02T03:04:05", path: "photos/1.jpg" }],
      }),
      "profile.json": metaJson({ biography: "b", date_joined: "2013-01-02T03:04:05", name: "Kari", username: "kari" }),
      "messages.json": metaJson([
        { participants: ["kari", "ola"], conversation },
        { participants: ["kari", "per"], conversation: [] },
      ]),
    });
    expect(connector).to.equal("instagram");
    expect(counts).to.include({ account: 1, posts: 2, messages: 2 });
    expect(changed).to.deep.equal({});
    expect(times["posts"]).to.deep.equal(["2019-01-02T03:04:05.000Z", "2019-05-04T10:11:12.000Z"]);
    expect(
      records["messages"]?.map(({ sender, recipients, content, kind, attachments }) => [
        sender,
        recipients,
        content,
        kind,
        attachments,
      ]),
    ).to.deep.equal([
      ["ola", '["kari"]', "hei", "text", null],
      ["kari", '["ola"]', null, "media", '[{"url":"https://a.example/1.jpg"}]'],
    ]);
    expect(records["account"]?.[0]).to.include({ username: "kari", display_name: "Kari" });
    expect(
      (await importRecords({ "messages.json": metaJson([{ participants: ["a", "b"], conversation }]) })).counts,
    ).to.include({ messages: 2 });
  });

  it("behavior: comments of 2021, without labels", async () => {
    const { records, changed } = await importRecords({
      "comments/post_comments.json": metaJson({
        comments_media_comments: [
          {
            title: "ola",
            media_list_data: [],
            string_list_data: [{ href: "", value: "fint", timestamp: 1_600_000_000 }],
          },
        ],
      }),
    });
    expect(changed).to.deep.equal({});
    expect(records["comments"]?.[0]).to.deep.include({ content: "fint", published: new Date("2020-09-13T12:26:40Z") });
  });

  it("behavior: two posts of one second are two, the same post in two exports is one", async () => {
    const post = (uri: string) => ({ media: [{ uri, creation_timestamp: 1_600_000_000, title: "" }] });
    const { counts } = await importRecords({
      "a/posts_1.json": metaJson([post("media/posts/1.jpg"), post("media/posts/2.jpg")]),
      "b/posts_1.json": metaJson([post("media/posts/202009/1.jpg")]),
    });
    expect(counts["posts"]).to.equal(2);
  });

  it("error: posts that are cut off", async () => {
    await expectError("EXPORT_INVALID", () =>
      importRecords({ [`${activity}/media/posts_1.json`]: '[{"media": [{"uri": "x", "creation_timestamp": 1}]}, {' }),
    );
  });

  describe("vectors", () => {
    for (const path of ["instagram/synthetic", "instagram/synthetic/your_instagram_activity/media/posts_1.json"]) {
      withSample(path, "two posts", async (input) => {
        const { connector, counts, times, records } = await importRecords(input);
        expect([connector, counts["posts"]]).to.deep.equal(["instagram", 2]);
        expect(times["posts"]).to.deep.equal(["2020-09-13T12:26:40.000Z", "2020-10-02T00:53:21.000Z"]);
        expect(records["posts"]?.map(({ content }) => content)).to.deep.equal(["Fjord 🌊 #høst", "Two in one"]);
      });
    }
    withSample("chat/chat-miner/instagram/test_export.json", "as its target", async (input) => {
      const { connector, counts, records } = await importRecords(input);
      expect([connector, counts["messages"]]).to.deep.equal(["instagram", 2]);
      const read = records["messages"]?.map(({ sent, sender, content }) => ({
        timestamp: (sent as Date).toISOString().slice(0, 19),
        author: sender,
        message: content,
      }));
      expect(read).to.deep.equal(await sampleJson("chat/chat-miner/instagram/target.json"));
    });
  });
});
