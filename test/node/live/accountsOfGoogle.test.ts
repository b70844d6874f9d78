import { expect } from "chai";
import type { Reply } from "../../helpers/httpService.ts";
import { idsOf, rowsOf } from "../../sdk/ingest/live/liveParts.ts";
import { accountScene } from "./accountScene.ts";

describe("live sources of Google: an archive and an account of one person", function () {
  this.timeout(60_000);
  const scene = accountScene();
  const { merged, next, newIds, deletionsOf } = scene;

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
    scene.service.answer = ({ path, query }) => {
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
    scene.service.asked.length = 0;
    const forgotten = await next("google-gmail", whole.cursor);
    expect((await newIds(forgotten))["headers"]).to.have.length(1);
    expect(deletionsOf(forgotten)["headers"]).to.have.length(1);
    expect(scene.service.asked.filter(({ query }) => query.get("format") === "raw")).to.have.length(1);
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
    scene.service.answer = ({ path, query }) => {
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
    scene.service.answer = () => ({
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
});
