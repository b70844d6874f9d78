import { addressParser, decodeWords } from "postal-mime";
import type { BridgeContext, Bridged, RawRecord, Remark, SegmentDefinition } from "../connector.ts";
import { emailAttachmentSchema, emailBodySchema, emailSchema } from "../schemas/index.ts";
import { fieldOf, type HeaderField } from "./headerFields.ts";
import { isOwn, keywordsOf, labelsOf } from "./mailbox.ts";
import { parseMailDate } from "./mailDate.ts";
import type { Mail, MailAttachment } from "./readMail.ts";
import { encodeBase64 } from "./transferEncoding.ts";

/** Where a mail stood: the file, and the mbox's From line where there is one. */
export type MailPlace = { readonly file: string; readonly fromLine: string | null };

export type RawMail = { readonly mail: Mail; readonly place: MailPlace };
export type RawAttachment = {
  readonly mail: Mail;
  readonly place: MailPlace;
  readonly attachment: MailAttachment;
  /** From 0. */
  readonly number: number;
  readonly piece: number;
  readonly pieceBytes: number;
};

/** The segments of mail, from an mbox and from single files. Append only. */
export const mailSegments: readonly SegmentDefinition[] = [
  { name: "headers", schema: emailSchema, toRecord: toHeaders },
  { name: "bodies", schema: emailBodySchema, toRecord: toBody },
  { name: "attachments", schema: emailAttachmentSchema, toRecord: toAttachment },
];

/** More addresses than this are in no mail that a server takes; JSON of them stays below the limit of a text. */
const maxAddressBytes = 200_000;

/** What the columns hold already, and what only says how the mail is written. */
const columnFields = new Set([
  "message-id",
  "in-reply-to",
  "references",
  "subject",
  "sender",
  "from",
  "reply-to",
  "to",
  "cc",
  "bcc",
  "date",
  "x-gm-thrid",
  "x-gmail-labels",
]);

function toHeaders(raw: RawRecord, remark: Remark, context: BridgeContext): Bridged {
  const { mail, place } = raw.value as RawMail;
  for (const change of mail.changes) remark("changed", change);
  const { fields } = mail;
  const text = (name: string): string | null => {
    const written = fieldOf(fields, name);
    return written === undefined ? null : decodeWords(written).toWellFormed();
  };
  const written = fieldOf(fields, "date");
  const sent = written === undefined ? null : parseMailDate(written, context.timeZone);
  if (written === undefined) remark("changed", "has no Date: when it was sent is not known");
  else if (sent === null) remark("changed", "its Date is no date: when it was sent is not known");
  else if (sent.unzoned) remark("changed", "has no time zone: read in the import's zone");
  const kept = new Set<string>();
  const addresses = (name: string): string | null => addressesOf(fields, name, kept, remark);
  const references = idsOf(fields, "references");
  if ((references?.length ?? 0) > maxAddressBytes) kept.add("references");
  const record = {
    id: mail.id,
    message_id: firstId(fields),
    thread_id: text("x-gm-thrid"),
    in_reply_to: idsOf(fields, "in-reply-to"),
    references,
    subject: text("subject"),
    sender: addresses("sender"),
    from: addresses("from"),
    reply_to: addresses("reply-to"),
    to: addresses("to"),
    cc: addresses("cc"),
    bcc: addresses("bcc"),
    sent_at: sent?.instant ?? null,
    local_time: sent?.unzoned === true ? (written ?? null) : null,
    received_at: receivedAt(mail, place),
    labels: labelsOf(fields),
    keywords: keywordsOf(fields),
    size: BigInt(mail.size),
    has_attachment: mail.attachments.some(({ disposition, cid }) => disposition === "attachment" || cid === null),
    is_own: isOwn(fields, place.file),
  };
  if (sent === null && written !== undefined) kept.add("date");
  return { record, extra: extraOf(fields, mail, kept) };
}

function toBody(raw: RawRecord, _remark: Remark, context: BridgeContext): Bridged {
  const { mail, place } = raw.value as RawMail;
  const record = {
    id: mail.id,
    sent_at: sentAt(mail, context),
    text: mail.text,
    html: mail.html,
    is_own: isOwn(mail.fields, place.file),
  };
  return { record };
}

function toAttachment(raw: RawRecord, _remark: Remark, context: BridgeContext): Bridged {
  const { mail, place, attachment, number, piece, pieceBytes } = raw.value as RawAttachment;
  const { bytes } = attachment;
  const pieces = Math.max(1, Math.ceil(bytes.length / pieceBytes));
  const record = {
    id: piece === 0 ? `${mail.id}/${number}` : `${mail.id}/${number}/${piece}`,
    email: mail.id,
    sent_at: sentAt(mail, context),
    part_id: attachment.path,
    name: attachment.name?.toWellFormed() ?? null,
    type: attachment.type,
    charset: attachment.charset,
    disposition: attachment.disposition,
    cid: attachment.cid,
    location: attachment.location,
    size: BigInt(bytes.length),
    blob: attachment.sha256,
    piece: BigInt(piece),
    pieces: BigInt(pieces),
    content: encodeBase64(bytes.subarray(piece * pieceBytes, (piece + 1) * pieceBytes)),
    is_own: isOwn(mail.fields, place.file),
  };
  return { record, extra: piece > 0 || attachment.fields.length === 0 ? undefined : byName(attachment.fields) };
}

function sentAt(mail: Mail, { timeZone }: BridgeContext): Date | null {
  const written = fieldOf(mail.fields, "date");
  return written === undefined ? null : (parseMailDate(written, timeZone)?.instant ?? null);
}

/** An mbox's From line without a zone is in UTC (RFC 4155). */
function receivedAt({ fields }: Mail, { fromLine }: MailPlace): Date | null {
  const fromBox = fromLine === null ? null : parseMailDate(fromLine, "UTC");
  if (fromBox !== null) return fromBox.instant;
  const received = fieldOf(fields, "received");
  if (received === undefined) return null;
  return parseMailDate(received.slice(received.lastIndexOf(";") + 1), "UTC")?.instant ?? null;
}

function addressesOf(fields: readonly HeaderField[], name: string, kept: Set<string>, remark: Remark): string | null {
  const values = fields.filter((field) => field.name === name).map(({ value }) => value);
  if (values.length === 0) return null;
  const written = values.join(", ");
  if (written.length > maxAddressBytes) {
    remark("changed", "has more addresses than a column takes: kept as written");
    kept.add(name);
    return null;
  }
  const list = addressParser(written, { flatten: true }).map((each) => ({
    name: each.name === "" ? null : each.name.toWellFormed(),
    email: each.address === undefined || each.address === "" ? null : each.address.toWellFormed(),
  }));
  const named = list.filter((each) => each.name !== null || each.email !== null);
  return named.length === 0 ? null : JSON.stringify(named);
}

function firstId(fields: readonly HeaderField[]): string | null {
  const written = fieldOf(fields, "message-id");
  return written === undefined || written === "" ? null : (bracketed(written)[0] ?? written);
}

function idsOf(fields: readonly HeaderField[], name: string): string | null {
  const written = fieldOf(fields, name);
  if (written === undefined || written === "") return null;
  const ids = bracketed(written);
  return JSON.stringify(ids.length === 0 ? [written] : ids);
}

function bracketed(text: string): string[] {
  return [...text.matchAll(/<([^<>\s]+)>/g)].map((found) => found[1] ?? "");
}

/** Fields without a column, as they are written; the second and later ones of a column that takes one. */
function extraOf(
  fields: readonly HeaderField[],
  mail: Mail,
  kept: ReadonlySet<string>,
): Readonly<Record<string, unknown>> | undefined {
  const seen = new Set<string>();
  const rest = fields.filter(({ name }) => {
    const again = seen.has(name) && !addressFields.has(name);
    seen.add(name);
    return again || kept.has(name) || !columnFields.has(name);
  });
  const extra = { ...byName(rest), ...mail.outside };
  return Object.keys(extra).length === 0 ? undefined : extra;
}

const addressFields = new Set(["sender", "from", "reply-to", "to", "cc", "bcc"]);

/** A field that is there several times is a list. */
function byName(fields: readonly HeaderField[]): Record<string, unknown> {
  const values = new Map<string, string[]>();
  for (const { name, value } of fields) {
    const known = values.get(name);
    if (known === undefined) values.set(name, [value]);
    else known.push(value);
  }
  return Object.fromEntries([...values].map(([name, all]) => [name, all.length === 1 ? all[0] : all]));
}
