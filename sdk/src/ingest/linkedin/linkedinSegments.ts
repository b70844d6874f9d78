import type { Bridged, RawRecord, Remark, SegmentDefinition } from "../connector.ts";
import { otherCells, textOf, utcTimeOf } from "../csvExport/cells.ts";
import type { KnownRow } from "../csvExport/readCsvFiles.ts";
import { occurrenceId } from "../occurrences.ts";
import { connectionSchema, messageSchema, positionSchema } from "../schemas/index.ts";
import { stableId } from "../stableId.ts";
import { type CsvFields, cellOf } from "../text/readCsvTable.ts";
import { type LinkedinOwner, recipientsOf, senderOf } from "./findOwner.ts";
import type { LinkedinKind } from "./linkedinKinds.ts";
import { type PartialDay, parseLinkedinDay } from "./parseLinkedinDay.ts";

export type RawLinkedin = { readonly row: KnownRow<LinkedinKind>; readonly owner: LinkedinOwner };

/** Append only: the place in this list is the index in the dataset's catalogue. */
export const linkedinSegments: readonly SegmentDefinition[] = [
  { name: "connections", schema: connectionSchema, toRecord: toConnection },
  { name: "messages", schema: messageSchema, toRecord: toMessage },
  { name: "positions", schema: positionSchema, toRecord: toPosition },
];

const connectionFields = ["First Name", "Last Name", "URL", "Email Address", "Company", "Position", "Connected On"];
const messageFields = [
  "CONVERSATION ID",
  "FROM",
  "SENDER PROFILE URL",
  "TO",
  "RECIPIENT PROFILE URLS",
  "DATE",
  "CONTENT",
  "ATTACHMENTS",
];
const positionFields = ["Company Name", "Title", "Description", "Location", "Started On", "Finished On"];

function toConnection({ value }: RawRecord, remark: Remark): Bridged {
  const { fields, occurrence } = (value as RawLinkedin).row;
  const url = cellOf(fields, "URL");
  const parts = connectionFields.map((name) => cellOf(fields, name));
  const record = {
    // A person keeps the profile and changes the employer; who left the network has no profile, and no name.
    id: url === null ? occurrenceId(["linkedin connection", ...parts], occurrence) : stableId("linkedin", url),
    given_name: cellOf(fields, "First Name"),
    surname: cellOf(fields, "Last Name"),
    url,
    email: cellOf(fields, "Email Address"),
    organization: cellOf(fields, "Company"),
    title: cellOf(fields, "Position"),
    connected: dayOf(fields, "Connected On", remark)?.day ?? null,
  };
  return { record, extra: otherCells(fields, connectionFields) };
}

function toMessage({ value }: RawRecord, remark: Remark): Bridged {
  const { row, owner } = value as RawLinkedin;
  const { fields, occurrence } = row;
  const from = cellOf(fields, "FROM");
  const profile = senderOf(row);
  if (owner.profile === null) remark("changed", "does not tell the owner's messages from others'");
  const recipients = recipientsOf(row);
  const names = cellOf(fields, "TO");
  const attachments = (cellOf(fields, "ATTACHMENTS") ?? "").split(/\s+/).filter((link) => link !== "");
  const content = textOf(fields, "CONTENT");
  const conversation = cellOf(fields, "CONVERSATION ID");
  const parts = [conversation, cellOf(fields, "DATE"), profile ?? from, content];
  const isDraft = /^(?:yes|true)$/i.test(cellOf(fields, "IS MESSAGE DRAFT") ?? "");
  const record = {
    id: occurrenceId(["linkedin message", ...parts], occurrence),
    conversation: conversation ?? stableId("linkedin conversation", profile ?? from, names),
    sent: utcTimeOf(fields, "DATE", remark),
    local_time: null,
    sender: profile ?? from,
    is_own: owner.profile !== null && profile === owner.profile,
    recipients: recipients.length > 0 ? JSON.stringify(recipients) : names === null ? null : JSON.stringify([names]),
    content,
    kind: isDraft ? "draft" : "text",
    reply_to: null,
    attachments: attachments.length === 0 ? null : JSON.stringify(attachments),
    reactions: null,
    edited: null,
  };
  // The names are other people's, and the record has their addresses.
  const held = messageFields.filter(
    (name) => !(name === "FROM" && profile !== null) && !(name === "TO" && recipients.length > 0),
  );
  return { record, extra: otherCells(fields, held) };
}

function toPosition({ value }: RawRecord, remark: Remark): Bridged {
  const { fields, occurrence } = (value as RawLinkedin).row;
  const started = dayOf(fields, "Started On", remark);
  const ended = dayOf(fields, "Finished On", remark);
  // Not the end: a position that goes on gets one later.
  const parts = positionFields.filter((name) => name !== "Finished On").map((name) => cellOf(fields, name));
  const record = {
    id: occurrenceId(["linkedin position", ...parts], occurrence),
    organization: cellOf(fields, "Company Name"),
    title: cellOf(fields, "Title"),
    description: textOf(fields, "Description"),
    location: cellOf(fields, "Location"),
    started: started?.day ?? null,
    started_precision: started?.precision ?? null,
    ended: ended?.day ?? null,
    ended_precision: ended?.precision ?? null,
  };
  return { record, extra: otherCells(fields, positionFields) };
}

function dayOf(fields: CsvFields, name: string, remark: Remark): PartialDay | null {
  const text = cellOf(fields, name);
  const day = text === null ? null : parseLinkedinDay(text);
  if (day === null && text !== null) remark("changed", `${name} is not a date`);
  return day;
}
