import type { ArchiveEntry, InspectedInput } from "../connector.ts";
import { decodeText, readLines } from "../text/index.ts";

export type TextChatLook = {
  /** The file's name is one that this app gives. */
  readonly isNamed: (path: string) => boolean;
  /** How sure a line makes that it begins a message of this app; 0 when it does not. */
  readonly sureness: (line: string, path: string) => number;
};

type FoundTextChats = {
  readonly chats: readonly FoundTextChat[];
  /** Looked at, and no chats. */
  readonly others: readonly ArchiveEntry[];
};

type FoundTextChat = { readonly entry: ArchiveEntry; readonly sureness: number };

const headLines = 5;

/**
 * The text files of an input that look like chats of an app, each with how sure its beginning makes. A file that has the app's
 * name and does not begin like one of its chats is there with 0.3: it shall be refused by name.
 */
export async function findTextChats(
  input: InspectedInput,
  look: TextChatLook,
  most = Number.POSITIVE_INFINITY,
): Promise<FoundTextChats> {
  const entries = input.entries();
  // A lone file may have lost its ending.
  const candidates = entries.length === 1 ? entries : entries.filter(({ path }) => /\.(?:txt|md)$/i.test(path));
  const named = candidates.filter(({ path }) => look.isNamed(path));
  const others = candidates.filter(({ path }) => !look.isNamed(path));
  const chats: FoundTextChat[] = [];
  const rejected: ArchiveEntry[] = [];
  for (const entry of [...named, ...others].slice(0, most)) {
    const sureness = await surenessOf(await input.head(entry.path), entry.path, look);
    if (sureness > 0 || look.isNamed(entry.path)) chats.push({ entry, sureness: sureness || 0.3 });
    else rejected.push(entry);
  }
  return { chats, others: rejected };
}

async function surenessOf(head: Uint8Array, path: string, look: TextChatLook): Promise<number> {
  let lines = 0;
  const pieces = (async function* () {
    yield head;
  })();
  for await (const { text } of readLines(decodeText(pieces), { file: path, maxLength: head.length })) {
    if (text.trim() === "") continue;
    lines += 1;
    if (lines > headLines) return 0;
    const sure = look.sureness(text, path);
    // A first line that is none may be what somebody wrote above the chat.
    if (sure > 0) return lines === 1 ? sure : sure * 0.7;
  }
  return 0;
}
