import { sha256Async } from "../../crypto/sha256.ts";
import type { ImportLimits } from "../limits.ts";
import { unflow } from "./bodyText.ts";
import { decodeCharset } from "./charset.ts";
import type { HeaderField } from "./headerFields.ts";
import { mailId, toHex } from "./mailId.ts";
import { type MimePart, readMimeTree } from "./mimeParts.ts";
import { decodeTransfer } from "./transferEncoding.ts";

export type MailAttachment = {
  readonly path: string;
  readonly type: string;
  readonly charset: string | null;
  readonly name: string | null;
  readonly disposition: string | null;
  readonly cid: string | null;
  readonly location: string | null;
  /** Fields of the part that have no column. */
  readonly fields: readonly HeaderField[];
  /** Decoded. */
  readonly bytes: Uint8Array;
  readonly sha256: string;
};

export type Mail = {
  readonly id: string;
  /** Octets as they stand in the file. */
  readonly size: number;
  readonly fields: readonly HeaderField[];
  /** What belongs to no field and no part, where it is not empty. */
  readonly outside: Readonly<Record<string, unknown>>;
  readonly text: string | null;
  readonly html: string | null;
  readonly attachments: readonly MailAttachment[];
  /** What was taken otherwise than it stands there; constant texts. */
  readonly changes: readonly string[];
};

/** Texts outside of the parts are of mailers and hardly ever of people. */
const maxOutside = 65_536;
const maxParts = 10_000;

/**
 * One mail, read once: its fields, its text and HTML, its files. What cannot be shown as text (too long, parts without end) is
 * there as a file: nothing is lost.
 *
 * @returns undefined when not even one header field is there
 */
export async function readMail(
  bytes: Uint8Array,
  limits: Pick<ImportLimits, "maxStringLength" | "maxDepth">,
): Promise<Mail | undefined> {
  const tree = readMimeTree(bytes, {
    maxHeaderBytes: Math.ceil(limits.maxStringLength / 2),
    maxParts,
    maxDepth: limits.maxDepth,
  });
  if (tree.fields.length === 0) return undefined;
  const changes: string[] = [];
  const attachments: MailAttachment[] = [];
  const texts: { plain: string[]; html: string[] } = { plain: [], html: [] };
  const lengths = { plain: 0, html: 0 };

  for (const part of tree.parts) {
    const content = decodeTransfer(bytes.subarray(part.start, part.end), part.encoding);
    const kind = textKind(part);
    if (kind !== undefined) {
      const text = textOf(part, content, changes);
      if (lengths[kind] + text.length < limits.maxStringLength) {
        lengths[kind] += text.length + 1;
        if (text !== "") texts[kind].push(text);
        continue;
      }
      changes.push("has a text longer than the limit: it is among its attachments");
    }
    attachments.push(await attachmentOf(part, content));
  }
  if (tree.refused !== undefined) {
    changes.push(`${tree.refused}: it is whole among its attachments`);
    attachments.push({
      ...(await fileOf(bytes)),
      path: "1",
      type: "message/rfc822",
      charset: null,
      name: null,
      disposition: null,
      cid: null,
      location: null,
      fields: [],
    });
  }
  const around = tree.outside
    .map(([from, to]) => decodeCharset(bytes.subarray(from, Math.min(to, from + maxOutside)), undefined).text.trim())
    .filter((text) => text !== "");
  const cut = tree.outside.some(([from, to]) => to - from > maxOutside);
  if (cut) changes.push("has much text outside of its parts: only the beginning is kept");
  return {
    id: await mailId(bytes),
    size: bytes.length,
    fields: tree.fields,
    outside: {
      ...(tree.junk.length === 0 ? {} : { unreadable_lines: tree.junk }),
      ...(around.length === 0 ? {} : { outside_of_parts: around }),
    },
    text: joined(texts.plain),
    html: joined(texts.html),
    attachments,
    changes: [...new Set(changes)],
  };
}

function joined(texts: readonly string[]): string | null {
  return texts.length === 0 ? null : texts.join("\n");
}

/** Reports of delivery are text for people; everything else that is no text is a file. */
function textKind({ type, disposition }: MimePart): "plain" | "html" | undefined {
  if (disposition.value === "attachment") return undefined;
  switch (type.value) {
    case "text/html":
      return "html";
    case "text/plain":
    case "message/delivery-status":
      return "plain";
    default:
      // A multipart that does not say where its parts begin.
      return type.value.startsWith("multipart/") ? "plain" : undefined;
  }
}

function textOf(part: MimePart, content: Uint8Array, changes: string[]): string {
  const { text, problem } = decodeCharset(content, part.type.params.get("charset"));
  if (problem === "unknown charset")
    changes.push("has a text in a charset that is not known: read as UTF-8 or windows-1252");
  if (problem === "not of its charset") changes.push("has a text that is not of its charset");
  if (part.type.params.get("format")?.toLowerCase() !== "flowed") return text;
  return unflow(text, part.type.params.get("delsp")?.toLowerCase() === "yes");
}

const columnFields = [
  "content-type",
  "content-disposition",
  "content-id",
  "content-location",
  "content-transfer-encoding",
];

async function attachmentOf(part: MimePart, content: Uint8Array): Promise<MailAttachment> {
  const { type, disposition, fields } = part;
  const value = (name: string): string | null => fields.find((field) => field.name === name)?.value ?? null;
  const name = disposition.params.get("filename") ?? type.params.get("name") ?? null;
  return {
    ...(await fileOf(content)),
    path: part.path,
    type: type.value,
    charset: type.params.get("charset") ?? null,
    name: name === null || name.trim() === "" ? null : name.trim(),
    disposition: disposition.value === "" ? null : disposition.value,
    cid: value("content-id")?.replace(/^<([^<>]*)>$/, "$1") ?? null,
    location: value("content-location"),
    fields: fields.filter((field) => !columnFields.includes(field.name)),
  };
}

async function fileOf(bytes: Uint8Array): Promise<{ bytes: Uint8Array; sha256: string }> {
  return { bytes, sha256: toHex(await sha256Async(bytes)) };
}
