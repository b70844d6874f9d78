import type { RawItem } from "../connector.ts";
import type { RawAttachment, RawMail } from "../mail/mailSegments.ts";
import type { LiveDeletion } from "./liveSource.ts";

/**
 * Which mail stands behind a service's own number of it: what is gone is told by number, and a dataset knows mails by their content.
 * As text for a cursor: `id` and for each attachment the number of its pieces, `f00d…:1.1.3`.
 */
export type MailBook = {
  /** Looks at an item of the mail that has this number, on its way. */
  note(number: string, item: RawItem): void;
  has(number: string): boolean;
  /** What a dataset drops when the mail with this number is gone; none while another number stands for the same mail. */
  drop(number: string): LiveDeletion[];
  numbers(): Iterable<string>;
  entries(): Readonly<Record<string, string>>;
};

export function createMailBook(before: Readonly<Record<string, string>> = {}): MailBook {
  const mails = new Map(Object.entries(before));
  const uses = new Map<string, number>();
  for (const entry of mails.values()) uses.set(entry, (uses.get(entry) ?? 0) + 1);

  function put(number: string, entry: string): void {
    const old = mails.get(number);
    if (old !== undefined) uses.set(old, (uses.get(old) ?? 1) - 1);
    mails.set(number, entry);
    uses.set(entry, (uses.get(entry) ?? 0) + 1);
  }

  return {
    note(number, item) {
      if (item.remark !== undefined) return;
      if (item.segment === "headers") put(number, (item.value as RawMail).mail.id);
      if (item.segment !== "attachments") return;
      const { piece, pieceBytes, attachment } = item.value as RawAttachment;
      if (piece > 0) return;
      const pieces = Math.max(1, Math.ceil(attachment.bytes.length / pieceBytes));
      const entry = mails.get(number) ?? "";
      put(number, entry.includes(":") ? `${entry}.${pieces}` : `${entry}:${pieces}`);
    },
    has: (number) => mails.has(number),
    drop(number) {
      const entry = mails.get(number);
      if (entry === undefined) return [];
      mails.delete(number);
      const left = (uses.get(entry) ?? 1) - 1;
      uses.set(entry, left);
      if (left > 0) return [];
      const [id = "", counts = ""] = entry.split(":");
      const keys =
        counts === "" ? [] : counts.split(".").flatMap((count, at) => piecesOf(`${id}/${at}`, Number(count)));
      return [
        { segment: "headers", deletion: id },
        { segment: "bodies", deletion: id },
        ...keys.map((deletion) => ({ segment: "attachments", deletion })),
      ];
    },
    numbers: () => [...mails.keys()],
    entries: () => Object.fromEntries(mails),
  };
}

/** Keys of one attachment, as the bridge makes them. */
const piecesOf = (key: string, count: number): string[] =>
  Array.from({ length: count }, (_, piece) => (piece === 0 ? key : `${key}/${piece}`));
