import { PersonaError } from "../../errors/index.ts";
import { field, idField, objectField, type RawObject } from "../rawFields.ts";
import { unescapeText } from "../unescapeText.ts";
import { parseXDate } from "./parseXDate.ts";

/** Notes are held in memory until the posts have been read; UTF-16 units in all. Thousands of posts of 25,000 characters. */
const maxCharacters = 128 * 2 ** 20;

/** A note is written in the same request as its post; their clocks differ by little. */
const windowMs = 60_000;

/** A shorter beginning would fit too many notes. Posts of less than 140 characters are never cut. */
const leastBeginning = 60;

/** Plain data. */
export type LongNote = { readonly id: string | null; readonly createdMs: number; readonly text: string };

/**
 * Whole texts of posts over 280 characters. The export keeps them in note-tweet.js under ids of their own and does not say
 * which post they belong to; the post itself ends in `…`.
 */
export type LongPosts = {
  add(record: RawObject, file: string): void;
  /** The whole text of a cut post, unescaped; undefined when the post is not cut or its note is not found. */
  textOf(tweet: RawObject): string | undefined;
  /** UTF-16 units of all notes. */
  characters(): number;
  all(): readonly LongNote[];
};

/** @param notes what another one's `all` gave */
export function createLongPosts(notes: readonly LongNote[] = []): LongPosts {
  const byId = new Map<string, LongNote>();
  const byMinute = new Map<number, LongNote[]>();
  const all: LongNote[] = [];
  let characters = 0;

  function keep(note: LongNote): void {
    all.push(note);
    characters += note.text.length;
    if (note.id !== null) byId.set(note.id, note);
    if (Number.isNaN(note.createdMs)) return;
    const minute = Math.floor(note.createdMs / windowMs);
    const others = byMinute.get(minute);
    if (others === undefined) byMinute.set(minute, [note]);
    else others.push(note);
  }

  for (const note of notes) keep(note);
  return {
    characters: () => characters,
    all: () => all,
    add(record, file) {
      const note = objectField(record, "noteTweet") ?? record;
      const core = objectField(note, "core");
      const text = core === undefined ? undefined : field(core, "text");
      if (typeof text !== "string") return;
      if (characters + text.length > maxCharacters) {
        throw new PersonaError("ARCHIVE_TOO_LARGE", `${file} holds more text than the limit.`, {
          data: { file, maxCharacters },
        });
      }
      const created = parseXDate(field(note, "createdAt"));
      keep({ id: idField(note, "noteTweetId"), createdMs: created?.getTime() ?? Number.NaN, text });
    },
    textOf(tweet) {
      if (characters === 0) return undefined;
      const cutText = field(tweet, "full_text");
      if (typeof cutText !== "string") return undefined;
      const content = unescapeText(cutText);
      const id = idField(tweet, "id_str", "id");
      const same = id === null ? undefined : byId.get(id);
      if (same !== undefined) return wholeText(content, same.text, 0);
      const published = parseXDate(field(tweet, "created_at"));
      if (published === null || content.length < leastBeginning) return undefined;
      const minute = Math.floor(published.getTime() / windowMs);
      for (const at of [minute - 1, minute, minute + 1]) {
        for (const note of byMinute.get(at) ?? []) {
          if (Math.abs(note.createdMs - published.getTime()) > windowMs) continue;
          const text = wholeText(content, note.text, leastBeginning);
          if (text !== undefined) return text;
        }
      }
      return undefined;
    },
  };
}

/** The note's text when it begins as the post does and is longer. Mentions that open a reply may be only in the post. */
function wholeText(content: string, noteText: string, least: number): string | undefined {
  const beginning = content.replace(/\s*https:\/\/t\.co\/\w+$/, "").replace(/\s*…$/, "");
  const mentions = /^(?:@\w{1,20}\s+)+/.exec(beginning)?.[0] ?? "";
  // Whether notes are escaped as posts are is not documented: take the reading that continues the post.
  for (const text of new Set([unescapeText(noteText), noteText])) {
    if (beginning.length >= least && text.length > beginning.length && text.startsWith(beginning))
      return text.toWellFormed();
    const own = beginning.slice(mentions.length);
    if (mentions !== "" && own.length >= least && text.length > own.length && text.startsWith(own)) {
      return (mentions + text).toWellFormed();
    }
  }
  return undefined;
}
