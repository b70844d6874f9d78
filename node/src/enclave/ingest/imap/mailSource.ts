import {
  createMailBook,
  type LiveFetchOptions,
  type LiveItem,
  type LiveSource,
  mailRecords,
  mailSegments,
  maxMailBytes,
  readCursor,
  writeCursor,
} from "@persona-protocol/sdk/ingest/live";
import type { FoundMail, MailConnection, MailFolder, MailSession } from "./mailbox.ts";

/**
 * Any mailbox by IMAP: every folder but junk and trash, whole mails with their flags, so that they have the ids that they have in an
 * mbox. New mails are found by number (UID); changed flags by MODSEQ where the server offers it; what is gone by the list of all
 * numbers. A folder whose numbers start anew (UIDVALIDITY) is read again, and only what is really gone is dropped.
 */
export const mailSource: LiveSource<MailSession> = {
  id: "imap",
  connector: "mbox",
  segments: mailSegments,
  hosts: [],
  scopes: [],
  fetch,
};

type Folder = {
  /** Short name of this folder and its numbering in the book's numbers. */
  readonly id: number;
  readonly validity: string;
  readonly modseq: string | null;
};

type State = {
  readonly folders: Readonly<Record<string, Folder>>;
  readonly nextId: number;
  /** `folder id:uid` and the mail that it is. */
  readonly mails: Readonly<Record<string, string>>;
};

const form = 1;
/** Numbers that are asked for at once. */
const batchSize = 200;
/** Mails between two marks, at least; a mark holds every mail's number, so with many there are fewer. */
const leastBetweenMarks = 500;

async function* fetch(
  session: MailSession,
  cursor: string | undefined,
  options: LiveFetchOptions,
): AsyncGenerator<LiveItem> {
  const { limits, signal } = options;
  const state = readCursor<State>(form, cursor);
  const book = createMailBook(state?.mails);
  const folders = new Map(Object.entries(state?.folders ?? {}));
  let nextId = state?.nextId ?? 1;
  let sinceMark = 0;
  let total = Object.keys(state?.mails ?? {}).length;
  const mark = (): LiveItem => {
    sinceMark = 0;
    return { cursor: writeCursor(form, { folders: Object.fromEntries(folders), nextId, mails: book.entries() }) };
  };

  const connection = await session.connect();
  try {
    const found = (await connection.folders()).filter(isRead);
    for (const [path, { id }] of folders) {
      if (found.some((each) => each.path === path)) continue;
      yield* dropAll(id, new Set());
      folders.delete(path);
    }
    for (const folder of found) {
      signal?.throwIfAborted();
      yield* readFolder(connection, folder);
      // Not after each: an empty folder costs nothing to look at again.
      if (sinceMark > 0) yield mark();
    }
    yield mark();
  } finally {
    connection.close();
  }

  async function* readFolder(mailbox: MailConnection, { path, specialUse }: MailFolder): AsyncGenerator<LiveItem> {
    const opened = await mailbox.open(path);
    const before = folders.get(path);
    const isSame = before?.validity === opened.validity;
    const id = isSame ? before.id : nextId++;
    // Until its end the folder has no MODSEQ: an interrupted run looks at all flags again.
    folders.set(path, { id, validity: opened.validity, modseq: null });
    const there = opened.exists === 0 ? [] : await mailbox.uids();
    const numbers = new Set(there.map(String));
    if (isSame) yield* dropAll(id, numbers);

    // A folder of sent mail is the owner's, whatever its language.
    const file = specialUse === "\\Sent" ? "Sent" : path;
    const fresh = there.filter((uid) => !book.has(`${id}:${uid}`));
    for (let at = 0; at < fresh.length; at += batchSize) {
      yield* readMails(mailbox, id, file, await mailbox.look(rangeOf(fresh.slice(at, at + batchSize))));
    }
    const flagged = isSame && before.modseq !== null && opened.modseq !== null && before.modseq !== opened.modseq;
    if (flagged && there.length > 0) {
      const news = new Set(fresh);
      const changed = (await mailbox.look("1:*", before.modseq ?? undefined)).filter(({ uid }) => !news.has(uid));
      for (let at = 0; at < changed.length; at += batchSize) {
        const batch = changed.slice(at, at + batchSize);
        for (const { uid } of batch) yield* book.drop(`${id}:${uid}`);
        yield* readMails(mailbox, id, file, batch);
      }
    }
    // The old numbering's mails, now that those which are still there have a new number.
    if (before !== undefined && !isSame) yield* dropAll(before.id, new Set());
    folders.set(path, { id, validity: opened.validity, modseq: opened.modseq });
  }

  async function* readMails(
    mailbox: MailConnection,
    id: number,
    file: string,
    found: readonly FoundMail[],
  ): AsyncGenerator<LiveItem> {
    const largest = maxMailBytes(limits);
    const flags = new Map(found.map((mail) => [mail.uid, mail.flags]));
    const readable = found.filter(({ size }) => size <= largest);
    for (let left = found.length - readable.length; left > 0; left--) {
      yield { segment: "headers", remark: "skipped", reason: "is longer than the limit of a mail", file, position: 0 };
    }
    if (readable.length === 0) return;
    for await (const { uid, bytes } of mailbox.read(rangeOf(readable.map((mail) => mail.uid)))) {
      signal?.throwIfAborted();
      const noted = withFlags(bytes, flags.get(uid) ?? []);
      for await (const item of mailRecords(noted, { file, fromLine: null }, uid, limits)) {
        book.note(`${id}:${uid}`, item);
        yield item;
      }
      total += 1;
      sinceMark += 1;
      if (sinceMark >= Math.max(leastBetweenMarks, total / 20)) yield mark();
    }
  }

  /** Drops what a folder had, but for these numbers. */
  function* dropAll(id: number, kept: ReadonlySet<string>): Generator<LiveItem> {
    const prefix = `${id}:`;
    for (const number of book.numbers()) {
      if (number.startsWith(prefix) && !kept.has(number.slice(prefix.length))) yield* book.drop(number);
    }
  }
}

const isRead = ({ specialUse }: MailFolder): boolean => specialUse !== "\\Junk" && specialUse !== "\\Trash";

/** Sorted numbers as IMAP writes a set: `1:3,7`. */
export function rangeOf(uids: readonly number[]): string {
  const sorted = [...uids].sort((a, b) => a - b);
  const parts: string[] = [];
  for (let at = 0; at < sorted.length; ) {
    let end = at;
    while (sorted[end + 1] === (sorted[end] ?? 0) + 1) end += 1;
    parts.push(end === at ? String(sorted[at]) : `${sorted[at]}:${sorted[end]}`);
    at = end + 1;
  }
  return parts.join(",");
}

/** The flags as mail programs write them into an mbox, above the mail: an id does not count these fields. */
function withFlags(bytes: Uint8Array, flags: readonly string[]): Uint8Array {
  const has = (flag: string) => flags.some((each) => each.toLowerCase() === flag);
  const more = `${has("\\answered") ? "A" : ""}${has("\\flagged") ? "F" : ""}${has("\\draft") ? "T" : ""}`;
  const keywords = flags.filter((flag) => /^[\w$][\w$.-]{0,63}$/.test(flag));
  const lines = [
    `Status: ${has("\\seen") ? "RO" : "O"}`,
    ...(more === "" ? [] : [`X-Status: ${more}`]),
    ...(keywords.length === 0 ? [] : [`X-Keywords: ${keywords.join(", ")}`]),
  ];
  const head = new TextEncoder().encode(lines.map((line) => `${line}\r\n`).join(""));
  const whole = new Uint8Array(head.length + bytes.length);
  whole.set(head);
  whole.set(bytes, head.length);
  return whole;
}
