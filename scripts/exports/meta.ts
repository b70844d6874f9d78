/** JSON as Meta writes it: each byte of a text's UTF-8 as a character of its own. */
export function metaJson(value: unknown): string {
  return JSON.stringify(value).replace(/[\u0080-\uffff]+/g, (text) =>
    Array.from(new TextEncoder().encode(text), (byte) => `\\u00${byte.toString(16).padStart(2, "0")}`).join(""),
  );
}

/** A conversation of any size, the newest first, in files of 10,000 as Meta cuts them. */
export function metaThread({
  messages,
  folder,
  perFile = 10_000,
}: {
  readonly messages: number;
  readonly folder: string;
  readonly perFile?: number;
}) {
  const files: Record<string, string> = {};
  for (let from = 0; from < messages; from += perFile) {
    const list = Array.from({ length: Math.min(perFile, messages - from) }, (_, index) => ({
      sender_name: ["Ola Nordmann", "Åse Østby"][index % 2],
      timestamp_ms: 1_577_186_640_000 - (from + index) * 1000,
      content: `Blåbær 🫐 ${from + index}`,
      is_geoblocked_for_viewer: false,
    }));
    const thread = {
      participants: [{ name: "Ola Nordmann" }, { name: "Åse Østby" }],
      messages: list,
      title: "Ola Nordmann",
      is_still_participant: true,
      thread_path: "inbox/ola_123",
    };
    files[`${folder}/inbox/ola_123/message_${from / perFile + 1}.json`] = metaJson(thread);
  }
  return files;
}
