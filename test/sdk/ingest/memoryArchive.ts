import type { ArchiveInput } from "../../../sdk/src/ingest/index.ts";

/** An ArchiveInput out of texts or bytes, handed out in pieces of `pieceBytes`, all in the same memory, as the contract allows. */
export function memoryArchive(files: Readonly<Record<string, string | Uint8Array>>, pieceBytes = 1000): ArchiveInput {
  const contents = new Map(
    Object.entries(files).map(([path, data]) => [
      path,
      typeof data === "string" ? new TextEncoder().encode(data) : data,
    ]),
  );
  return {
    entries: () => [...contents].map(([path, data]) => ({ path, size: data.length })),
    async *read(path) {
      const data = contents.get(path) ?? new Uint8Array();
      const piece = new Uint8Array(Math.min(pieceBytes, data.length));
      for (let at = 0; at < data.length; at += pieceBytes) {
        const part = data.subarray(at, at + pieceBytes);
        piece.set(part);
        yield piece.subarray(0, part.length);
        piece.fill(0xff);
      }
    },
  };
}

/** A file of the export: the wrapper X puts around a list. */
export function ytd(name: string, records: readonly unknown[], part = 0): string {
  return `window.YTD.${name}.part${part} = ${JSON.stringify(records, null, 2)}`;
}

export function tweet(fields: Readonly<Record<string, unknown>> = {}): { tweet: Record<string, unknown> } {
  return {
    tweet: {
      id_str: "1664201234567890123",
      id: "1664201234567890123",
      created_at: "Thu Jun 01 12:30:00 +0000 2023",
      full_text: "hello",
      favorite_count: "12",
      retweet_count: "3",
      lang: "en",
      source: '<a href="https://mobile.twitter.com" rel="nofollow">Twitter Web App</a>',
      ...fields,
    },
  };
}

export const account = {
  account: {
    email: "kari@example.org",
    createdVia: "web",
    username: "kari_example",
    accountId: "1000000001",
    createdAt: "2009-04-01T10:20:30.000Z",
    accountDisplayName: "Kari",
  },
};
