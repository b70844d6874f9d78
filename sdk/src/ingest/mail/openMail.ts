import { PersonaError } from "../../errors/index.ts";
import type { ArchiveEntry, ConnectorOpenOptions, InspectedInput, RawBatch, RawItem } from "../connector.ts";
import { createExportReader } from "../exportReader.ts";
import { leftOut } from "../leftOut.ts";
import { throwIfCancelled } from "../throwIfCancelled.ts";
import { cutMbox } from "./cutMbox.ts";
import { emlxName, parseEmlx } from "./emlx.ts";
import { beginsAsMbox } from "./fromLine.ts";
import { mailRecords, maxMailBytes } from "./mailRecords.ts";
import { mboxMessages, readMboxMessages } from "./readMboxMessages.ts";

/** Every mail of these mailboxes, several at a time. */
export async function* cutMailboxes(
  input: InspectedInput,
  entries: readonly ArchiveEntry[],
  options: ConnectorOpenOptions,
): AsyncGenerator<RawItem | RawBatch> {
  const read = createExportReader(input, options, entries);
  for (const entry of entries) {
    const { path: file } = entry;
    const { limits, memory } = options;
    for await (const piece of cutMbox(read(entry), file, { maxMessageBytes: maxMailBytes(limits), memory })) {
      if (piece.bytes !== undefined) yield { ...piece, content: "mails", file };
      else yield tooLongMail(file, piece.tooLong);
    }
  }
}

/** The mails of one batch of {@link cutMailboxes}. */
export async function parseMails(
  batch: RawBatch,
  { limits }: Pick<ConnectorOpenOptions, "limits">,
  give: (item: RawItem) => void,
): Promise<void> {
  const { file } = batch;
  for (const { bytes, fromLine, position } of mboxMessages(batch)) {
    for await (const item of mailRecords(bytes, { file, fromLine }, position, limits)) give(item);
  }
}

/** Every mail of these files; one that begins as a mailbox is read as one. A file that is no mail is an error only when alone. */
export async function* openMails(
  input: InspectedInput,
  entries: readonly ArchiveEntry[],
  options: ConnectorOpenOptions,
): AsyncGenerator<RawItem> {
  const read = createExportReader(input, options, entries);
  let mails = 0;
  for (const entry of entries) {
    const file = entry.path;
    const { bytes, rest } = await wholeOrRest(read(entry), maxMailBytes(options.limits));
    if (beginsAsMbox(bytes.subarray(0, 4096))) {
      mails += 1;
      yield* mailboxRecords(rest(), file, options);
      continue;
    }
    if (bytes.length > maxMailBytes(options.limits)) {
      yield leftOut("headers", file, "is longer than the limit of a mail");
      continue;
    }
    const apple = emlxName.test(file) ? parseEmlx(bytes) : undefined;
    if (apple !== undefined && apple.notes.length > 0) yield notesOf(apple.notes, file);
    for await (const record of mailRecords(apple?.mail ?? bytes, { file, fromLine: null }, 0, options.limits)) {
      if (record.segment === "bodies") mails += 1;
      yield record;
    }
  }
  if (mails > 0 || entries.length === 0) return;
  const file = entries[0]?.path ?? "";
  throw new PersonaError("EXPORT_INVALID", `${file} is no mail.`, { data: { file, position: 0 } });
}

async function* mailboxRecords(
  chunks: AsyncIterable<Uint8Array>,
  file: string,
  { limits, signal }: ConnectorOpenOptions,
): AsyncGenerator<RawItem> {
  const messages = readMboxMessages(chunks, file, { maxMessageBytes: maxMailBytes(limits) });
  for await (const { bytes, fromLine, position, tooLong } of messages) {
    throwIfCancelled(signal);
    if (tooLong) yield tooLongMail(file, position);
    else yield* mailRecords(bytes, { file, fromLine }, position, limits);
  }
}

/** What Apple Mail noted of a mail is no part of it, and kept beside it. */
function notesOf(notes: Uint8Array, file: string): RawItem {
  const fields = { file, notes: new TextDecoder().decode(notes).trim().toWellFormed() };
  return leftOut("headers", file, "is what Apple Mail noted of a mail: flags, dates", { fields });
}

function tooLongMail(file: string, position: number): RawItem {
  return leftOut("headers", file, "is longer than the limit of a mail", { position });
}

/** The beginning of a file in memory, up to just over `maxBytes`, and a way to go on with all of it as a stream. */
async function wholeOrRest(
  chunks: AsyncGenerator<Uint8Array>,
  maxBytes: number,
): Promise<{ readonly bytes: Uint8Array<ArrayBuffer>; rest(): AsyncGenerator<Uint8Array> }> {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  while (length <= maxBytes) {
    const { value, done } = await chunks.next();
    if (done === true) break;
    pieces.push(Uint8Array.from(value));
    length += value.length;
    // A mailbox may be of any size: it is not gathered.
    if (pieces.length === 1 && beginsAsMbox(value.subarray(0, 4096))) break;
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return {
    bytes,
    async *rest() {
      yield bytes;
      yield* chunks;
    },
  };
}
