import type { RawRecord } from "../../connector.ts";
import { googleYoutube } from "../../googleYoutube/googleYoutube.ts";
import type { RawSubscription } from "../../googleYoutube/subscriptions.ts";
import { field, objectField } from "../../rawFields.ts";
import { readCursor, writeCursor } from "../http/cursorText.ts";
import { isObject, listAt, optionalText, readPages, requiredText, withParameter } from "../http/pages.ts";
import { createWholeLists, type ListPrints } from "../http/wholeLists.ts";
import type { HttpSession, LiveCursor, LiveFetchOptions, LiveItem, LiveSource } from "../liveSource.ts";
import { googleClient } from "./googleClient.ts";

/**
 * A YouTube account (developers.google.com/youtube/v3): the channels it is subscribed to. What was watched and searched for is in
 * no interface of Google's since 2016, only in Takeout.
 */
export const youtube: LiveSource = {
  id: "google-youtube",
  connector: "google-youtube",
  segments: googleYoutube.segments,
  hosts: ["www.googleapis.com"],
  scopes: ["https://www.googleapis.com/auth/youtube.readonly"],
  fetch,
};

type State = { readonly prints: ListPrints };

const form = 1;

async function* fetch(
  session: HttpSession,
  cursor: LiveCursor | undefined,
  options: LiveFetchOptions,
): AsyncGenerator<LiveItem> {
  const client = googleClient(session, youtube.hosts, options);
  const lists = createWholeLists(readCursor<State>(form, cursor)?.prints);
  const shape = "/youtube/v3/subscriptions";
  const first = `https://www.googleapis.com${shape}?part=snippet&mine=true&maxResults=50`;
  const next = (answer: { readonly value: unknown }, url: string): string | undefined =>
    withParameter(url, "pageToken", isObject(answer.value) ? optionalText(answer.value, "nextPageToken") : null);
  for await (const page of readPages(client, first, { shape, next, limits: options.limits })) {
    for (const item of listAt(page, shape, "items")) {
      const snippet = objectField(item, "snippet") ?? {};
      const id = requiredText(objectField(snippet, "resourceId") ?? {}, "channelId", shape);
      const subscription: RawSubscription = {
        id,
        url: `http://www.youtube.com/channel/${id}`,
        title: optionalText(snippet, "title"),
        since: field(snippet, "publishedAt"),
      };
      const raw: RawRecord = {
        segment: "subscriptions",
        value: subscription,
        file: "www.googleapis.com/youtube",
        position: 0,
      };
      const is = lists.note("subscriptions", id, subscription);
      if (is === "changed") yield { segment: "subscriptions", deletion: id };
      if (is !== "same") yield raw;
    }
  }
  yield* lists.gone("subscriptions", "subscriptions");
  yield { cursor: writeCursor(form, { prints: lists.prints(() => true) }) };
}
