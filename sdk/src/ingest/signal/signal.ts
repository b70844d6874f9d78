import { createTextChatConnector } from "../chats/createTextChatConnector.ts";
import type { Attachment } from "../chats/messageRecord.ts";
import type { TextContent } from "../chats/textChatRecords.ts";
import type { Connector } from "../connector.ts";
import { isWhatsappName } from "../whatsapp/whatsappName.ts";
import { isSignalLine, parseSignalStart } from "./parseSignalStart.ts";

/**
 * Chats of Signal Desktop as its exporters write them: one text file (`chat.md`, `index.md` or `.txt`) for each. Signal itself
 * exports nothing that can be read without its database's key.
 *
 * The exporters call the owner `Me`; where they do, `is_own` is true. All others are treated as other people. The files have
 * neither zone nor ids.
 */
export const signal: Connector = createTextChatConnector(
  "signal",
  { service: "signal", parseStart: parseSignalStart, ownerName: "Me", chatName, contentOf: signalContent },
  { isNamed: () => false, sureness },
);

function sureness(line: string, path: string): number {
  if (parseSignalStart(line) === undefined || isWhatsappName(path)) return 0;
  const isNamed = /signal|(?:^|\/)(?:chat|index)\.md$/i.test(path);
  if (isNamed) return 1;
  if (!isSignalLine(line)) return 0;
  // `[2024-01-01 10:00:00] ERROR: …` is how programs write logs.
  return /^\S{11}, /.test(line) ? 0.9 : 0.4;
}

/** `Kari/chat.md`: the folder has the chat's name; else the file has. */
function chatName(path: string): string | undefined {
  const parts = path.split("/");
  const file = (parts.at(-1) ?? "").replace(/\.(?:txt|md)$/i, "");
  const name = /^(?:chat|index)$/i.test(file) ? (parts.at(-2) ?? "") : file;
  return name.trim() === "" ? undefined : name.trim();
}

const maxAttachments = 100;

/** Attachments stand in the text as Markdown images and links to the exporter's own media folder. */
function signalContent(text: string): TextContent {
  const attachments: Attachment[] = [];
  const link = /!?\[([^[\]\n]{0,200})\]\((\.?\/?media\/[^()\s]{1,400})\)/g;
  for (const [, name = "", url] of text.matchAll(link)) {
    if (attachments.length < maxAttachments) attachments.push({ name: name === "" ? undefined : name, url });
  }
  if (attachments.length === 0) return { kind: "text", content: text };
  const bare = text.replace(link, "").trim();
  return { kind: bare === "" ? "media" : "text", content: bare === "" ? null : text, attachments };
}
