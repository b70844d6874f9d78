import { createTextChatConnector } from "../chats/createTextChatConnector.ts";
import type { Connector } from "../connector.ts";
import { isSignalLine } from "../signal/parseSignalStart.ts";
import { parseWhatsappStart } from "./parseWhatsappStart.ts";
import { whatsappContent } from "./whatsappContent.ts";
import { isWhatsappName } from "./whatsappName.ts";

/**
 * A chat that a person exported from WhatsApp ("Export chat"): the `.txt` alone, or in a zip with its media, from Android and
 * iPhone, in any of their languages' date forms; many at once too. The media themselves are not read.
 *
 * The file does not say who of its senders exported it: `is_own` is false for all, and all are treated as other people. It has
 * no zone, no ids and, for most chats, no year of four digits: see `textChatRecords.ts` for how each is settled.
 */
export const whatsapp: Connector = createTextChatConnector(
  "whatsapp",
  {
    service: "whatsapp",
    parseStart: parseWhatsappStart,
    ownerName: undefined,
    chatName,
    contentOf: whatsappContent,
  },
  { isNamed: isWhatsappName, sureness },
);

function sureness(line: string, path: string): number {
  const start = parseWhatsappStart(line);
  if (start === undefined) return 0;
  if (isWhatsappName(path)) return 1;
  if (isSignalLine(line)) return 0;
  // `2024-01-01 10:00:00 - ERROR: …` is how programs write logs.
  return /^\[?\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/.test(line) ? 0.35 : 0.9;
}

/** The other person's or the group's name, as the file or, on an iPhone, its folder tells it. */
function chatName(path: string): string | undefined {
  const parts = path.split("/");
  const file = (parts.at(-1) ?? "").replace(/\.txt$/i, "");
  const name = /^_chat/i.test(file) ? (parts.at(-2) ?? "") : file;
  const bare = name
    .replace(/^(?:whatsapp[ _-]*chat|chat de whatsapp|discussion whatsapp|conversa do whatsapp)[ _-]*/i, "")
    .replace(/^(?:with|mit|avec|con|com|met|med|-)[ _]+/i, "")
    .replace(/ ?\(\d{1,2}\)$/, "")
    .trim();
  return bare === "" ? undefined : bare;
}
