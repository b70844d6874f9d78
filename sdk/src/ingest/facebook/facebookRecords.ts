import type { Bridged, Remark } from "../connector.ts";
import { idText, isObject } from "../jsonFiles.ts";
import { byLabel, firstTime, labelledValues } from "../meta/labels.ts";
import { metaTime } from "../meta/metaTime.ts";
import type { RawMetaRecord } from "../meta/openMeta.ts";
import { field, objectField, type RawObject, textField, withoutFields } from "../rawFields.ts";
import { stableId } from "../stableId.ts";

export function facebookName(profile: RawObject): string | null {
  return idText(field(objectField(profile, "name") ?? {}, "full_name")) ?? idText(field(profile, "name"));
}

export function toFacebookAccount({ record: profile }: RawMetaRecord, remark: Remark): Bridged {
  const name = facebookName(profile);
  const username = textField(profile, "username", remark);
  const uri = textField(profile, "profile_uri", remark);
  const emails = field(objectField(profile, "emails") ?? {}, "emails");
  const phones = field(profile, "phone_numbers");
  const record = {
    id: stableId("facebook", "account", uri ?? username ?? name),
    username,
    display_name: name,
    email: Array.isArray(emails) ? idText(emails[0]) : null,
    phone: Array.isArray(phones) && isObject(phones[0]) ? idText(field(phones[0], "phone_number")) : null,
    created: metaTime(field(profile, "registration_timestamp"), remark),
    created_via: null,
    bio: textField(profile, "about_me", remark),
    website: uri,
    location: idText(field(objectField(profile, "current_city") ?? {}, "name")),
  };
  return { record, extra: withoutFields(profile, ["username", "profile_uri", "registration_timestamp", "about_me"]) };
}

export function toFacebookPost(raw: RawMetaRecord, remark: Remark): Bridged {
  const { record: post } = raw;
  const published = metaTime(field(post, "timestamp") ?? firstTime(labelledValues(post)), remark);
  const texts = dataOf(post).map((item) => field(item, "post"));
  const [content = null] = texts.filter((text) => typeof text === "string");
  const labels = labelledValues(post);
  const text = content?.toWellFormed() ?? byLabel(labels, "Text", "Message", "Post")?.value ?? null;
  const record = {
    id: raw.id,
    published,
    content: text ?? "",
    language: null,
    in_reply_to: null,
    like_count: null,
    share_count: null,
    is_repost: false,
    source: null,
  };
  return { record, extra: withoutFields(post, ["timestamp"]) };
}

export function toFacebookComment(raw: RawMetaRecord, remark: Remark): Bridged {
  const { record: entry, ownerName } = raw;
  const comment =
    dataOf(entry)
      .map((item) => objectField(item, "comment"))
      .find((item) => item !== undefined) ?? {};
  const labels = labelledValues(entry);
  const content = textField(comment, "comment", remark) ?? byLabel(labels, "Comment", "Text")?.value ?? null;
  const author = textField(comment, "author", remark) ?? byLabel(labels, "Author")?.value ?? ownerName;
  const record = {
    id: raw.id,
    published: metaTime(field(entry, "timestamp") ?? field(comment, "timestamp") ?? firstTime(labels), remark),
    edited: null,
    author,
    // It is the list of what the owner wrote.
    is_own: ownerName === null || author === null || author === ownerName,
    content,
    in_reply_to: null,
    context: null,
    community: textField(comment, "group", remark) ?? byLabel(labels, "Group")?.value ?? null,
    url: byLabel(labels, "URL")?.url ?? byLabel(labels, "URL")?.value ?? null,
  };
  return { record, extra: withoutFields(entry, ["timestamp"]) };
}

export function toFacebookLike(raw: RawMetaRecord, remark: Remark): Bridged {
  const { record: like, list } = raw;
  const labels = labelledValues(like);
  const reaction = dataOf(like)
    .map((item) => objectField(item, "reaction"))
    .find((item) => item !== undefined);
  const kind = idText(field(reaction ?? {}, "reaction")) ?? byLabel(labels, "Reaction")?.value ?? "like";
  const isPage = /page/.test(list);
  const url = textField(like, "url", remark) ?? byLabel(labels, "URL")?.url ?? byLabel(labels, "URL")?.value ?? null;
  const name = textField(like, "name", remark) ?? byLabel(labels, "Name")?.value ?? null;
  const record = {
    id: raw.id,
    published: metaTime(field(like, "timestamp") ?? firstTime(labels), remark),
    kind: kind.toLowerCase(),
    object_kind: isPage ? "page" : null,
    object_author: name,
    url,
  };
  return { record, extra: withoutFields(like, ["timestamp", "url", "name"]) };
}

function dataOf(record: RawObject): readonly RawObject[] {
  const data = field(record, "data");
  return Array.isArray(data) ? data.filter(isObject) : [];
}
