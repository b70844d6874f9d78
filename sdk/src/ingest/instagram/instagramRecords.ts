import type { Bridged, Remark } from "../connector.ts";
import { idText, isObject } from "../jsonFiles.ts";
import { byLabel, firstTime, type Labelled, labelledValues } from "../meta/labels.ts";
import { metaTime } from "../meta/metaTime.ts";
import type { RawMetaRecord } from "../meta/openMeta.ts";
import { field, type RawObject, textField, withoutFields } from "../rawFields.ts";
import { stableId } from "../stableId.ts";

/** Labels of the profile, in the languages most people have; the exports write them in the owner's. */
const labels = {
  username: [
    "Username",
    "Benutzername",
    "Nom d’utilisateur",
    "Nombre de usuario",
    "Nome de usuário",
    "Nome utente",
    "Gebruikersnaam",
    "Brukernavn",
    "Användarnamn",
    "Brugernavn",
  ],
  name: ["Name", "Nom", "Nombre", "Nome", "Naam", "Navn", "Namn"],
  email: [
    "Email",
    "E-Mail",
    "E-mail",
    "Email Address",
    "E-mail address",
    "Correo electrónico",
    "E-mailadres",
    "E-post",
  ],
  phone: [
    "Phone Number",
    "Phone number",
    "Telefonnummer",
    "Numéro de téléphone",
    "Número de teléfono",
    "Número de telefone",
    "Numero di telefono",
    "Telefoonnummer",
  ],
  bio: ["Bio", "Steckbrief", "Biografía", "Biografie", "Biografia", "Biographie"],
  website: ["Website", "Webseite", "Site web", "Sitio web", "Site", "Sito web", "Nettsted", "Webbplats"],
} as const;

export function instagramName(profile: RawObject): string | null {
  const values = labelledValues(profile);
  return (
    byLabel(values, ...labels.name)?.value ??
    idText(field(profile, "name")) ??
    byLabel(values, ...labels.username)?.value ??
    null
  );
}

export function toInstagramAccount({ record: profile }: RawMetaRecord, remark: Remark): Bridged {
  const values = labelledValues(profile);
  const of = (kind: keyof typeof labels, old: string): string | null => {
    const value = byLabel(values, ...labels[kind])?.value ?? textField(profile, old, remark);
    return value === "" ? null : value;
  };
  const username = of("username", "username");
  if (username === null)
    remark("changed", "has no user name in a language that is known: its labels are kept in extra");
  const record = {
    id: stableId("instagram", "account", username ?? instagramName(profile)),
    username,
    display_name: of("name", "name"),
    email: of("email", "email"),
    phone: of("phone", "phone_number"),
    created: metaTime(field(profile, "date_joined"), remark),
    created_via: null,
    bio: of("bio", "biography"),
    website: of("website", "website"),
    location: null,
  };
  return { record, extra: profile };
}

/** A post: the title and time stand on it only when it has several media, else on the one. A story has neither title nor list. */
export function toInstagramPost(raw: RawMetaRecord, remark: Remark): Bridged {
  const { record: post, id, list } = raw;
  const media = mediaOf(post);
  const values = labelledValues(post);
  const title = [field(post, "title"), field(post, "caption"), field(media[0] ?? {}, "title")].find(
    (text) => typeof text === "string" && text !== "",
  );
  const content = (
    typeof title === "string" ? title : (byLabel(values, "Caption", "Title")?.value ?? "")
  ).toWellFormed();
  const time =
    field(post, "creation_timestamp") ??
    field(post, "taken_at") ??
    field(media[0] ?? {}, "creation_timestamp") ??
    field(post, "timestamp") ??
    firstTime(values);
  const published = metaTime(time, remark);
  if (published === null) remark("changed", "has no time");
  const record = {
    id,
    published,
    content,
    language: null,
    in_reply_to: null,
    like_count: null,
    share_count: null,
    is_repost: false,
    source: null,
  };
  const rest = withoutFields(post, ["creation_timestamp", ...(field(post, "title") === content ? ["title"] : [])]);
  // Reels, stories and posts that were archived are posts too; which they are is the name of their list.
  return { record, extra: /^posts$/.test(list) ? rest : { ...rest, list } };
}

export function toInstagramComment(raw: RawMetaRecord, remark: Remark): Bridged {
  const { record: comment, id, ownerName } = raw;
  const values = labelledValues(comment);
  const old = oldValues(comment);
  const of = (label: string, place: number): Labelled | undefined =>
    byLabel(values, label) ?? [...values.values()][place];
  const [listed] = listedValues(comment);
  const written = listed === undefined ? null : textField(listed, "value", remark);
  const content = of("Comment", 0)?.value ?? written ?? old?.[1] ?? null;
  if (content === null) remark("changed", "has no text");
  const record = {
    id,
    published: metaTime(
      byLabel(values, "Time")?.timestamp ?? firstTime(values) ?? field(listed ?? {}, "timestamp") ?? old?.[0],
      remark,
    ),
    edited: null,
    author: ownerName,
    is_own: true,
    content,
    in_reply_to: null,
    context: null,
    community: null,
    url: null,
  };
  return { record, extra: comment };
}

export function toInstagramLike(raw: RawMetaRecord, remark: Remark): Bridged {
  const { record: like, id, list } = raw;
  const values = labelledValues(like);
  const [entry] = listedValues(like);
  const old = oldValues(like);
  const url =
    (entry === undefined ? null : textField(entry, "href", remark)) ??
    byLabel(values, "URL")?.url ??
    byLabel(values, "URL")?.value ??
    null;
  const time = field(entry ?? {}, "timestamp") ?? field(like, "timestamp") ?? firstTime(values) ?? old?.[0];
  const title = textField(like, "title", remark);
  const record = {
    id,
    published: metaTime(time, remark),
    kind: "like",
    object_kind: /comment/.test(list) ? "comment" : "post",
    object_author: title === null || title === "" ? (old?.[1] ?? null) : title,
    url,
  };
  return { record, extra: withoutFields(like, ["title", "timestamp"]) };
}

/** Values without labels. */
function listedValues(record: RawObject): readonly RawObject[] {
  const list = field(record, "string_list_data");
  return Array.isArray(list) ? list.filter(isObject) : [];
}

/** The form before 2020: a list of time, text, name. */
function oldValues(record: RawObject): readonly string[] | undefined {
  const values = field(record, "values");
  return Array.isArray(values) ? values.map((value) => idText(value) ?? "") : undefined;
}

function mediaOf(post: RawObject): readonly RawObject[] {
  const media = field(post, "media");
  return Array.isArray(media) ? media.filter(isObject) : isObject(media) ? [media] : [];
}
