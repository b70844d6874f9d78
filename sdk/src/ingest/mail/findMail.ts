import type { ArchiveEntry, ArchiveInput } from "../connector.ts";
import { beginsAsMbox } from "./fromLine.ts";

const mailboxName = /\.(?:mbox|mbx)$/i;
const mailName = /\.emlx?$/i;
/** A Maildir keeps each mail as a file without an ending in these folders. */
const maildirPlace = /(?:^|\/)(?:cur|new)\/[^/]+$/;

/** Names that other connectors read: not worth a look. */
const otherName = /\.(?:msf|js|json|csv|xml|html?|ics|vcf|zip|gz|jpe?g|png|gif|mp4|pdf|txt|md|gpx|tcx|fit|parquet)$/i;
/** Enough to recognise a profile; who opens it looks at all. */
export const looksToDetect = 16;

export type MailFiles = {
  readonly mailboxes: readonly ArchiveEntry[];
  readonly mails: readonly ArchiveEntry[];
  /** By their endings or places, not by how they begin. */
  readonly named: boolean;
};

/**
 * The mailboxes and mails of an input: by their names, and where there are none by how a few files begin (Thunderbird's
 * mailboxes have no ending, a renamed file has another).
 */
export async function findMail(
  input: ArchiveInput,
  head: (path: string) => Promise<Uint8Array>,
  maxLooks = Number.POSITIVE_INFINITY,
): Promise<MailFiles> {
  const entries = input.entries();
  const mailboxes = entries.filter(({ path }) => mailboxName.test(path));
  const mails = entries.filter(({ path }) => mailName.test(path) || maildirPlace.test(path));
  if (mailboxes.length > 0 || mails.length > 0) return { mailboxes, mails, named: true };
  const candidates = entries.length === 1 ? entries : entries.filter(({ path }) => !otherName.test(path));
  const found = { mailboxes: [] as ArchiveEntry[], mails: [] as ArchiveEntry[], named: false };
  for (const entry of candidates.slice(0, maxLooks)) {
    const bytes = await head(entry.path);
    if (beginsAsMbox(bytes)) found.mailboxes.push(entry);
    else if (entries.length === 1 && beginsAsMail(bytes)) found.mails.push(entry);
  }
  return found;
}

const known =
  /^(?:received|return-path|delivered-to|from|to|cc|subject|date|message-id|mime-version|reply-to|sender|dkim-signature|arc-[a-z-]+|content-type|authentication-results|envelope-to|x-[a-z0-9-]+)\s*:/i;
/** A line of a calendar, a contact or an HTTP answer may look like a field, too. */
const telling = /^(?:received|return-path|delivered-to|from|to|subject|message-id|mime-version)\s*:/i;

/** Whether these bytes begin as a mail: header fields, at least two of those that mail has. */
export function beginsAsMail(head: Uint8Array): boolean {
  const text = new TextDecoder("windows-1252").decode(head).replace(/^(?:\u00ef\u00bb\u00bf)?[\r\n]*/, "");
  let fields = 0;
  let told = false;
  if (/^BEGIN:/i.test(text)) return false;
  for (const line of text.split("\n")) {
    if (line.trim() === "" || /^--/.test(line)) break;
    if (/^[ \t]/.test(line)) continue;
    if (!/^[!-9;-~]+[ \t]*:/.test(line)) return fields > 1 && told;
    told ||= telling.test(line);
    if (known.test(line)) fields += 1;
  }
  return fields > 1 && told;
}
