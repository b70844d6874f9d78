import type { ArchiveEntry, ArchiveInput, InspectedInput } from "../connector.ts";
import { jsonHead } from "../jsonFiles.ts";

export type DiscordChannelFiles = {
  /** Number of the channel, out of its folder's name; null for a lone file. */
  readonly id: string | null;
  readonly messages: readonly ArchiveEntry[];
  readonly channel: ArchiveEntry | undefined;
};

export type DiscordFiles = {
  readonly channels: readonly DiscordChannelFiles[];
  readonly index: ArchiveEntry | undefined;
  readonly user: ArchiveEntry | undefined;
};

/** `messages/c123/messages.csv` at first, then `messages.json`, `Messages/`, no `c`; the outer folder's name is translated. */
const channelFile = /^((?:.*\/)?c?(\d{15,20})\/)(channel|messages)\.(json|csv)$/;

export function findDiscordFiles(input: ArchiveInput): DiscordFiles {
  const entries = input.entries();
  const [only] = entries;
  if (entries.length === 1 && only !== undefined) {
    return { channels: [{ id: null, messages: [only], channel: undefined }], index: undefined, user: undefined };
  }
  const folders = new Map<string, { id: string; messages: ArchiveEntry[]; channel: ArchiveEntry | undefined }>();
  const indexes: ArchiveEntry[] = [];
  let user: ArchiveEntry | undefined;
  for (const entry of entries) {
    const [, folder = "", id = "", name] = channelFile.exec(entry.path) ?? [];
    if (name !== undefined) {
      const found = folders.get(folder) ?? { id, messages: [], channel: undefined };
      folders.set(folder, found);
      if (name === "channel") found.channel = entry;
      else found.messages.push(entry);
    } else if (/(?:^|\/)index\.json$/.test(entry.path)) indexes.push(entry);
    else if (/(?:^|\/)user\.json$/.test(entry.path)) user ??= entry;
  }
  const lone = entries.filter(({ path }) => /^messages\.(?:json|csv)$/.test(path));
  const channel = entries.find(({ path }) => path === "channel.json");
  const channels: DiscordChannelFiles[] = [...folders.values()];
  // The servers have an index too: the one beside the folders of channels is meant.
  const around = new Set([...folders.keys()].map((folder) => folder.replace(/[^/]+\/$/, "")));
  const index = indexes.find(({ path }) => around.has(path.slice(0, -"index.json".length)));
  if (lone.length > 0) channels.push({ id: null, messages: lone, channel });
  return { channels, index, user };
}

export async function discordSureness(input: InspectedInput): Promise<number> {
  const { channels } = findDiscordFiles(input);
  let most = 0;
  for (const { id, messages, channel } of channels.slice(0, 10)) {
    for (const entry of messages) {
      const head = await jsonHead(input, entry);
      const isOurs =
        /^\[\s*\{\s*"ID"\s*:\s*"?\d{1,20}"?\s*,\s*"Timestamp"\s*:/.test(head) || /^ID,Timestamp,Contents,?/.test(head);
      if (isOurs) most = Math.max(most, id === null ? 0.95 : 1);
      // In a place of its own, whatever it holds.
      else if (id !== null && channel !== undefined) most = Math.max(most, 0.6);
    }
  }
  return most;
}
