import { expect } from "chai";
import { createFuzz, refusedOr } from "../../helpers/fuzz.ts";
import { bridgeDetected } from "./connectorRecords.ts";
import { account, memoryArchive, tweet, ytd } from "./memoryArchive.ts";
import { readTables } from "./readTables.ts";

const message = (fields: Readonly<Record<string, unknown>> = {}) => ({
  messageCreate: {
    id: "1",
    senderId: "2",
    recipientId: "1000000001",
    createdAt: "2023-06-02T08:00:00.123Z",
    text: "a &amp; b",
    mediaUrls: [],
    reactions: [],
    ...fields,
  },
});
const conversation = (messages: readonly unknown[], more = {}) => ({
  dmConversation: { conversationId: "1000000001-2", messages, ...more },
});
const archive = (files: Readonly<Record<string, string>>) => ({
  "data/account.js": ytd("account", [account]),
  ...files,
});

describe("X messages, notes and follows", () => {
  it("default: messages of both sides, media, reactions", async () => {
    const reactions = [{ senderId: "2", reactionKey: "like", eventId: "9", createdAt: "2023-06-02T08:01:00.000Z" }];
    const { tables, range } = await readTables(
      archive({
        "data/direct-messages.js": ytd("direct_messages", [
          conversation([
            message({ urls: [{ url: "https://t.co/a" }] }),
            message({ id: "2", senderId: "1000000001", recipientId: "2", mediaUrls: ["https://x/1.jpg"], reactions }),
          ]),
        ]),
      }),
    );
    // The account's.
    expect(range).to.deep.equal(["2009-04-01T10:20:30.000Z", "2009-04-01T10:20:30.000Z"]);
    expect(tables["messages"]).to.have.length(2);
    expect(tables["messages"]?.[0]).to.include({
      content: "a & b",
      is_own: false,
      sender: "2",
      kind: "text",
      attachments: null,
    });
    expect(tables["messages"]?.[1]).to.include({
      is_own: true,
      recipients: '["2"]',
      kind: "media",
      attachments: '["https://x/1.jpg"]',
      reactions: JSON.stringify(reactions),
    });
    expect(tables["extra"]?.find(({ segment }) => segment === "messages")?.["fields"]).to.equal(
      '{"urls":[{"url":"https://t.co/a"}],"conversation":{"conversationId":"1000000001-2"}}',
    );
  });

  it("behavior: files by themselves, also renamed, by their wrapper", async () => {
    const { counts } = await readTables({
      "my followers": ytd("follower", [{ follower: { accountId: "2" } }]),
      "export.txt": ytd("direct_messages", [conversation([message()])]),
    });
    expect(counts).to.include({ account: 0, messages: 1, followers: 1 });
  });

  it("behavior: groups and what is no message in them; the names of 2019", async () => {
    const group = conversation(
      [
        message({ recipientId: undefined }),
        {
          joinConversation: {
            initiatingUserId: "3",
            participantsSnapshot: ["1", "2"],
            createdAt: "2023-06-02T07:00:00.000Z",
          },
        },
      ],
      { name: "Havna" },
    );
    for (const [folder, file, name] of [
      ["data/", "direct-messages-group.js", "direct_messages_group"],
      ["", "direct-message-group.js", "direct_message_group"],
    ] as const) {
      const { tables } = await readTables({
        [`${folder}account.js`]: ytd("account", [account]),
        [folder + file]: ytd(name, [group]),
      });
      expect(tables["messages"]?.map(({ kind, sender }) => [kind, sender])).to.deep.equal([
        ["text", "2"],
        ["system", "3"],
      ]);
      const kept = tables["extra"]
        ?.filter(({ segment }) => segment === "messages")
        .map(({ fields }) => JSON.parse(String(fields)));
      expect(kept).to.deep.equal([
        { conversation: { conversationId: "1000000001-2", name: "Havna" } },
        { participantsSnapshot: ["1", "2"], event: "joinConversation" },
      ]);
    }
  });

  it("behavior: a message without a conversation, an event without anything", async () => {
    const { counts, remarks } = await readTables(
      archive({
        "data/direct-messages.js": ytd("direct_messages", [
          { dmConversation: { messages: [message()] } },
          conversation([{}, 7, null]),
          { dmConversation: 5 },
        ]),
      }),
    );
    expect(counts["messages"]).to.equal(0);
    expect(remarks).to.deep.equal(["skipped 1: has no conversation", "skipped 3: has no message"]);
  });

  it("behavior: without an account file no message is taken for the owner's", async () => {
    const { tables } = await readTables({
      "data/tweets.js": ytd("tweets", [tweet()]),
      "data/direct-messages.js": ytd("direct_messages", [conversation([message({ senderId: "1000000001" })])]),
    });
    expect(tables["messages"]?.[0]?.["is_own"]).to.equal(false);
  });

  it("behavior: notes and follows, with ids beyond 2^53", async () => {
    const { tables, counts } = await readTables(
      archive({
        "data/note-tweet.js": ytd("note_tweet", [
          {
            noteTweet: {
              noteTweetId: "1664201234567890999",
              createdAt: "2023-06-01T12:31:00.000Z",
              core: { text: "whole", urls: [] },
              lifecycle: { name: "Active" },
            },
          },
        ]),
        "data/follower.js": ytd("follower", [{ follower: { accountId: "1664201234567890999" } }, { follower: {} }]),
        "data/following.js": ytd("following", []),
      }),
    );
    expect(counts).to.include({ notes: 1, followers: 1, following: 0 });
    expect(tables["notes"]?.[0]).to.include({ id: "1664201234567890999", content: "whole" });
    expect(tables["followers"]?.[0]).to.deep.equal({ id: "1664201234567890999", url: null, since: null });
  });

  it("behavior: others are left out where they are asked to be: partners, and texts that were reposted", async () => {
    const files = archive({
      "data/tweets.js": ytd("tweets", [tweet(), tweet({ id_str: "2", full_text: "RT @ola: theirs" })]),
      "data/direct-messages.js": ytd("direct_messages", [
        conversation([message(), message({ id: "2", senderId: "1000000001", recipientId: "2" })]),
      ]),
    });
    const { tables, remarks } = await readTables(files, { thirdParties: { policy: "omit" } });
    expect(tables["messages"]?.map(({ sender, content, recipients }) => [sender, content, recipients])).to.deep.equal([
      [null, null, null],
      ["1000000001", "a & b", null],
    ]);
    expect(tables["posts"]?.map(({ content }) => content)).to.deep.equal(["hello"]);
    expect(remarks).to.deep.equal(["skipped 1: is another person's"]);
  });

  const { fuzz, runs, seed } = createFuzz();
  it(`behavior: ${runs} mutations of messages (PERSONA_SEED=${seed}) are read or refused`, async function () {
    this.timeout(0);
    const files = archive({ "data/follower.js": ytd("follower", [{ follower: { accountId: "5" } }]) });
    const text = ytd("direct_messages", [conversation([message(), { joinConversation: { initiatingUserId: "3" } }])]);
    await fuzz(new TextEncoder().encode(text), async (bytes) => {
      await refusedOr(() => bridgeDetected(memoryArchive({ ...files, "data/direct-messages.js": bytes }, 97)));
    });
  });
});
