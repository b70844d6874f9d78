import { metaJson, metaThread } from "../../../scripts/exports/meta.ts";
import { facebook } from "../../../sdk/src/ingest/facebook/facebook.ts";
import { instagram } from "../../../sdk/src/ingest/instagram/instagram.ts";
import { fuzzConnector } from "./fuzzConnector.ts";

describe("fuzzing of Meta's exports", function () {
  // As long as so many mutations take.
  this.timeout(0);
  it("facebook", async () => {
    const data = [
      { reaction: { reaction: "LOVE", actor: "Åse" }, comment: { comment: "ja", author: "Åse" }, post: "Høst" },
    ];
    await fuzzConnector(facebook, {
      "your_facebook_activity/profile.json": metaJson({
        profile_v2: { name: { full_name: "Åse" }, emails: { emails: ["a@b"] } },
      }),
      "your_facebook_activity/your_posts_1.json": metaJson([
        { timestamp: 1, data, attachments: [{ data: [{ media: { uri: "a/b" } }] }] },
      ]),
      "your_facebook_activity/comments.json": metaJson({ comments_v2: [{ timestamp: 1, data, title: "x" }] }),
      "your_facebook_activity/likes.json": metaJson({
        reactions_v2: [{ data }],
        page_likes_v2: [{ name: "Havn", url: "u" }],
      }),
      ...metaThread({ messages: 2, folder: "your_facebook_activity/messages" }),
    });
  });

  it("instagram", async () => {
    const comment = { string_map_data: { Comment: { value: "fint" }, Time: { timestamp: 1 } } };
    await fuzzConnector(instagram, {
      "instagram-a/profile.json": metaJson({
        profile_user: [{ string_map_data: { Name: { value: "Åse" }, Username: { value: "ase" } } }],
      }),
      "instagram-a/posts_1.json": metaJson([{ media: [{ uri: "a/b.jpg", creation_timestamp: 1, title: "Fjord 🌊" }] }]),
      "instagram-a/post_comments_1.json": metaJson([comment]),
      "instagram-a/likes.json": metaJson({
        media_likes: [["2019-01-02T03:04:05+00:00", "ola"]],
        likes_media_likes: [{ title: "o", string_list_data: [{ href: "h", timestamp: 1 }] }],
      }),
    });
  });
});
