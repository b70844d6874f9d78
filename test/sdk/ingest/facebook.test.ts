import { expect } from "chai";
import { metaJson, metaThread } from "../../../scripts/exports/meta.ts";
import { readArchive } from "../../../sdk/src/ingest/index.ts";
import { repairText } from "../../../sdk/src/ingest/meta/repairText.ts";
import { expectError } from "./expectError.ts";
import { importRecords } from "./importRecords.ts";
import { memoryArchive } from "./memoryArchive.ts";
import { readParquet } from "./readParquet.ts";
import { withSample } from "./samples.ts";

const activity = "your_facebook_activity";
const profile = {
  "personal_information/profile_information/profile_information.json": metaJson({
    profile_v2: {
      name: { full_name: "Åse Østby" },
      emails: { emails: ["ase@example.org"] },
      registration_timestamp: 1_200_000_000,
      profile_uri: "https://www.facebook.com/ase",
      username: "ase",
    },
  }),
};

describe("facebook", () => {
  it("default", async () => {
    const { connector, counts, times, records, extras } = await importRecords({
      ...profile,
      ...metaThread({ messages: 2, folder: `${activity}/messages` }),
      [`${activity}/posts/your_posts__check_ins__photos_and_videos_1.json`]: metaJson([
        { timestamp: 1_600_000_000, data: [{ post: "Høst på fjorden" }], title: "Åse Østby updated her status." },
      ]),
      [`${activity}/comments_and_reactions/comments.json`]: metaJson({
        comments_v2: [
          {
            timestamp: 1_500_000_000,
            data: [{ comment: { timestamp: 1_500_000_000, comment: "Så fint", author: "Åse Østby", group: "Båtlag" } }],
            title: "Åse Østby commented on Ola's post.",
          },
        ],
      }),
      [`${activity}/comments_and_reactions/likes_and_reactions_1.json`]: metaJson([
        {
          timestamp: 1_400_000_000,
          data: [{ reaction: { reaction: "LOVE", actor: "Åse Østby" } }],
          title: "Åse Østby liked Ola's post.",
        },
      ]),
      [`${activity}/pages/pages_you've_liked.json`]: metaJson({
        page_likes_v2: [{ timestamp: 1_300_000_000, name: "Havn", url: "https://www.facebook.com/havn" }],
      }),
    });
    expect(connector).to.equal("facebook");
    expect(counts).to.deep.equal({ account: 1, posts: 1, comments: 1, likes: 2, messages: 2 });
    expect(times["comments"]).to.deep.equal(["2017-07-14T02:40:00.000Z", "2017-07-14T02:40:00.000Z"]);
    expect(records["account"]?.[0]).to.deep.include({
      display_name: "Åse Østby",
      email: "ase@example.org",
      username: "ase",
      created: new Date("2008-01-10T21:20:00Z"),
    });
    expect(records["posts"]?.[0]).to.include({ content: "Høst på fjorden" });
    expect(records["comments"]?.[0]).to.include({
      content: "Så fint",
      author: "Åse Østby",
      is_own: true,
      community: "Båtlag",
    });
    expect(
      records["likes"]?.map(({ kind, object_kind, object_author }) => [kind, object_kind, object_author]),
    ).to.deep.equal([
      ["love", null, null],
      ["like", "page", "Havn"],
    ]);
    expect(records["messages"]?.map(({ sender, is_own, recipients }) => [sender, is_own, recipients])).to.deep.equal([
      ["Ola Nordmann", false, '["Åse Østby"]'],
      ["Åse Østby", true, '["Ola Nordmann"]'],
    ]);
    expect(extras.some((extra) => JSON.stringify(extra)?.includes("Åse Østby commented on Ola's post."))).to.equal(
      true,
    );
    expect(extras.find((extra) => extra?.["conversation"] !== undefined)?.["conversation"]).to.include({
      title: "Ola Nordmann",
    });
  });

  it("behavior: texts repaired where they are broken, and left where they are not", () => {
    expect(repairText("Bl\u00c3\u00a5b\u00c3\u00a6r \u00f0\u009f\u00ab\u0090")).to.equal("Blåbær 🫐");
    for (const text of ["Blåbær 🫐", "Høst", "plain", "", "\u00c3", "日本"]) expect(repairText(text)).to.equal(text);
    const from = performance.now();
    repairText(`${"\u00e9".repeat(500_000)}日`);
    expect(performance.now() - from).to.be.below(2000);
  });

  it("behavior: messages without text", async () => {
    const message = { sender_name: "Ola", timestamp_ms: 1_577_186_580_000 };
    const { records, extras } = await importRecords({
      "messages/inbox/ola_1/message_1.json": metaJson({
        participants: [{ name: "Ola" }],
        messages: [
          { ...message, photos: [{ uri: "photos/1.jpg" }] },
          { ...message, is_unsent: true },
          { ...message, type: "Call", call_duration: 12 },
          { ...message, share: { link: "https://example.org" }, content: "se" },
          {
            ...message,
            content: "x",
            reactions: [
              { reaction: "❤", actor: "Åse" },
              { reaction: "❤", actor: "Per" },
            ],
          },
        ],
      }),
    });
    expect(
      records["messages"]?.map(({ kind, content, attachments, reactions }) => [kind, content, attachments, reactions]),
    ).to.deep.equal([
      ["media", null, '[{"url":"photos/1.jpg"}]', null],
      ["deleted", null, null, null],
      ["call", null, null, null],
      ["text", "se", '[{"url":"https://example.org"}]', null],
      ["text", "x", null, '[{"reaction":"❤","count":2}]'],
    ]);
    expect(JSON.stringify(extras.at(-1))).to.contain("Åse");
  });

  it("behavior: a conversation of two files; alike messages; the same export twice", async () => {
    const message = { sender_name: "Ola", timestamp_ms: 1_577_186_580_000, content: "ja" };
    const part = (messages: readonly unknown[]) =>
      metaJson({ participants: [{ name: "Ola" }], messages, title: "Ola", thread_path: "inbox/ola_1" });
    const { counts } = await importRecords({
      "a/messages/inbox/ola_1/message_2.json": part([message]),
      "a/messages/inbox/ola_1/message_1.json": part([message, message]),
      "b/messages/inbox/ola_1/message_1.json": part([message, message, message]),
    });
    expect(counts["messages"]).to.equal(3);
  });

  it("behavior: what Messenger exports by itself", async () => {
    const { connector, counts, records } = await importRecords({
      "Ola_12.json": JSON.stringify({
        participants: ["Ola", "Åse"],
        threadName: "Ola_12",
        messages: [
          {
            isUnsent: false,
            media: [],
            reactions: [],
            senderName: "Ola",
            text: "Blåbær",
            timestamp: 1_699_999_999_999,
            type: "text",
          },
        ],
      }),
    });
    expect([connector, counts["messages"]]).to.deep.equal(["facebook", 1]);
    expect(records["messages"]?.[0]).to.deep.include({
      content: "Blåbær",
      sender: "Ola",
      sent: new Date(1_699_999_999_999),
      recipients: '["Åse"]',
    });
  });

  it("behavior: labelled values, since 2024", async () => {
    const { counts, records } = await importRecords({
      [`${activity}/comments_and_reactions/likes_and_reactions.json`]: metaJson([
        {
          timestamp: 1_700_000_000,
          media: [],
          label_values: [
            { label: "Reaction", value: "Like" },
            { label: "URL", value: "https://f.example/1", href: "https://f.example/1" },
          ],
          fbid: "17",
        },
      ]),
    });
    expect(counts["likes"]).to.equal(1);
    expect(records["likes"]?.[0]).to.include({ kind: "like", url: "https://f.example/1" });
  });

  it("behavior: other people under a pseudonym, and the owner by name", async () => {
    const files = { ...profile, ...metaThread({ messages: 2, folder: `${activity}/messages` }) };
    const { segments, ownerOnly } = await readArchive(memoryArchive(files), {
      thirdParties: { policy: "pseudonymise", key: new Uint8Array(32) },
    });
    const { rows } = await readParquet(segments[4]?.bytes ?? new Uint8Array());
    const [other, own] = rows;
    expect(other?.["sender"]).to.match(/^person-[0-9a-f]{20}$/);
    expect(own).to.include({ sender: "Åse Østby", is_own: true, recipients: `["${String(other?.["sender"])}"]` });
    const shown = JSON.stringify(rows, (_, value) => (typeof value === "bigint" ? String(value) : value));
    expect(shown).not.to.contain("Ola Nordmann");
    expect(ownerOnly.find(({ name }) => name === "people")?.records).to.be.greaterThan(0);
  });

  it("behavior: bad records are left out or said", async () => {
    const { counts, skipped, changed } = await importRecords({
      "messages/inbox/ola_1/message_1.json": metaJson({
        participants: [],
        messages: [7, { content: "x" }, { sender_name: "O", timestamp_ms: 9e18 }],
      }),
    });
    expect(counts["messages"]).to.equal(2);
    expect(skipped).to.deep.equal({ "is no message": 1 });
    expect(changed).to.deep.equal({ "has no time": 1, "has no sender": 1, "its time is no time": 1 });
  });

  it("error: a conversation that is cut off", async () => {
    const files = metaThread({ messages: 3, folder: `${activity}/messages` });
    const [path = "", text = ""] = Object.entries(files)[0] ?? [];
    await expectError("EXPORT_INVALID", () => importRecords({ [path]: text.slice(0, -40) }));
    await expectError("EXPORT_INVALID", () => importRecords({ [path]: "nothing" }));
  });

  it("behavior: an export of any size", async () => {
    const { counts } = await importRecords(
      metaThread({ messages: 2500, perFile: 1000, folder: `${activity}/messages` }),
    );
    expect(counts["messages"]).to.equal(2500);
  });

  describe("vectors", () => {
    const thread = "facebook/synthetic/your_facebook_activity/messages/inbox/aseostby_123/message_1.json";
    for (const path of ["facebook/synthetic", thread]) {
      withSample(path, "messages repaired", async (input) => {
        const { connector, counts, times, records } = await importRecords(input);
        expect([connector, counts["messages"]]).to.deep.equal(["facebook", 3]);
        expect(times["messages"]).to.deep.equal(["2019-12-24T11:21:40.000Z", "2019-12-24T11:24:00.000Z"]);
        expect(records["messages"]?.[0]).to.include({
          sender: "Åse Østby",
          content: "Blåbær 🫐 – “ja”",
          reactions: '[{"reaction":"❤","count":1}]',
        });
        expect(records["messages"]?.map(({ kind }) => kind)).to.deep.equal(["text", "media", "deleted"]);
      });
    }
    const posts = "facebook/synthetic/your_facebook_activity/posts/your_posts__check_ins__photos_and_videos_1.json";
    for (const path of ["facebook/synthetic", posts]) {
      withSample(path, "posts repaired", async (input) => {
        const { connector, counts, times, records } = await importRecords(input);
        expect([connector, counts["posts"]]).to.deep.equal(["facebook", 2]);
        expect(times["posts"]).to.deep.equal(["2017-07-14T02:40:00.000Z", "2020-09-13T12:26:40.000Z"]);
        expect(records["posts"]?.[0]?.["content"]).to.equal("Høst på fjorden");
      });
    }
  });
});
