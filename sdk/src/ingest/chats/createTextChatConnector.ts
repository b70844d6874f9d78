import { bridge } from "../bridge.ts";
import { readEach } from "../claimFiles.ts";
import type { Connector } from "../connector.ts";
import { createExportReader } from "../exportReader.ts";
import { messageSchema, participantSchema } from "../schemas/index.ts";
import { findTextChats, type TextChatLook } from "./findTextChats.ts";
import { readTextChatFile, type TextChatFormat, toTextMessage, toTextParticipant } from "./textChatRecords.ts";

/** Heads that are read to recognise an input, before its files are read. */
const detectedFiles = 20;

/** A connector for the text files of a chat app. */
export function createTextChatConnector(id: string, format: TextChatFormat, look: TextChatLook): Connector {
  return {
    id,
    segments: [
      { name: "messages", schema: messageSchema, toRecord: bridge(toTextMessage) },
      { name: "participants", schema: participantSchema, toRecord: bridge(toTextParticipant) },
    ],
    async detect(input) {
      const { chats } = await findTextChats(input, look, detectedFiles);
      return chats.reduce((most, { sureness }) => Math.max(most, sureness), 0);
    },
    async *open(input, options) {
      const { chats } = await findTextChats(input, look);
      const entries = chats.map(({ entry }) => entry);
      const read = createExportReader(input, options, [...entries, ...entries]);
      yield* readEach(entries, "messages", (entry) => readTextChatFile(entry, format, read, options));
    },
  };
}
