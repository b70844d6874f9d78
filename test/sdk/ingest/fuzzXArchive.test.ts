import { xArchive } from "../../../sdk/src/ingest/xArchive/xArchive.ts";
import { fuzzConnector } from "./fuzzConnector.ts";
import { account, tweet, ytd } from "./memoryArchive.ts";

const note = { noteTweetId: "9", createdAt: "2023-06-01T12:30:00.000Z", core: { text: "x".repeat(300) } };
const messageCreate = { id: "5", senderId: "1", recipientId: "2", text: "hei", createdAt: note.createdAt };

describe("X's archive, damaged", function () {
  this.timeout(0);
  it("x-archive", () =>
    fuzzConnector(xArchive, {
      "data/account.js": ytd("account", [account]),
      "data/tweets.js": ytd("tweets", [tweet({ full_text: "🐟 &amp; ] };", in_reply_to_status_id_str: "1" })]),
      "data/note-tweet.js": ytd("note_tweet", [{ noteTweet: note }]),
      "data/like.js": ytd("like", [{ like: { tweetId: "7", fullText: "&lt;3" } }, { like: { tweetId: "8" } }]),
      "data/direct-messages.js": ytd("direct_messages", [
        { dmConversation: { conversationId: "1-2", messages: [{ messageCreate }] } },
      ]),
      "data/follower.js": ytd("follower", [{ follower: { accountId: "3", userLink: "https://x.com/i/user/3" } }]),
    }));
});
