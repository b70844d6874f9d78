import { fieldOf, type HeaderBlock, type HeaderField, readHeaderBlock } from "./headerFields.ts";
import { parseStructuredHeader, type StructuredHeader } from "./structuredHeader.ts";

/** A part that holds no parts: text or a file. */
export type MimePart = {
  /** JMAP partId: places in the tree, from 1. */
  readonly path: string;
  readonly fields: readonly HeaderField[];
  readonly type: StructuredHeader;
  readonly disposition: StructuredHeader;
  /** Content-Transfer-Encoding, in lower case. */
  readonly encoding: string;
  /** Its content is `bytes[start..end)`, still encoded. */
  readonly start: number;
  readonly end: number;
};

export type MimeTree = {
  readonly fields: readonly HeaderField[];
  /** Lines among the header fields that are none. */
  readonly junk: readonly string[];
  /** In the mail's order. */
  readonly parts: readonly MimePart[];
  /** Texts before the first and after the last part of a multipart, where mailers say that they should not be seen. */
  readonly outside: readonly (readonly [number, number])[];
  /** Why the mail was not taken apart. Its fields are there all the same. */
  readonly refused: "its header is longer than the limit" | "its parts pass the limit" | undefined;
};

export type MimeLimits = { readonly maxHeaderBytes: number; readonly maxParts: number; readonly maxDepth: number };

const LF = 0x0a;
const CR = 0x0d;
const HYPHEN = 0x2d;
/** RFC 2046 allows 70 characters; more are seen. */
const maxBoundary = 512;

type Multipart = {
  readonly path: string;
  readonly digest: boolean;
  readonly delimiter: string;
  /** What the delimiter stood for before, when an outer part has the same. */
  readonly hidden: number | undefined;
  children: number;
};

/**
 * The parts of a mail (RFC 2045, 2046), found in one pass over its lines and without recursion, whatever its depth. Nothing is
 * decoded or copied here. A `message/rfc822` part is a file like any other, except one that says it is to be shown inline
 * and is not encoded: its parts are the mail's.
 */
export function readMimeTree(bytes: Uint8Array, limits: MimeLimits): MimeTree {
  const parts: MimePart[] = [];
  const outside: [number, number][] = [];
  const stack: Multipart[] = [];
  const delimiters = new Map<string, number>();
  let headerBytes = 0;
  let inlined = 0;
  let refused: MimeTree["refused"];
  let open: MimePart | undefined;
  let outsideFrom = -1;

  /** Header and beginning of an entity. @returns where its body begins */
  function begin(block: HeaderBlock, at: number, path: string, parentIsDigest: boolean): number {
    const { fields, bodyStart } = block;
    headerBytes += bodyStart - at;
    if (block.tooLong) refused = "its header is longer than the limit";
    if (refused !== undefined) return bytes.length;
    const type = typeOf(fields, parentIsDigest);
    const disposition = parseStructuredHeader(fieldOf(fields, "content-disposition") ?? "");
    const transfer = stripComments(fieldOf(fields, "content-transfer-encoding") ?? "").toLowerCase();
    const encoding = /[\w-]+/.exec(transfer)?.[0] ?? "";
    const boundary = type.params.get("boundary")?.trimEnd() ?? "";
    if (type.value.startsWith("multipart/") && boundary !== "" && boundary.length <= maxBoundary) {
      const delimiter = `--${boundary}`;
      const digest = type.value === "multipart/digest";
      stack.push({ path, digest, delimiter, hidden: delimiters.get(delimiter), children: 0 });
      delimiters.set(delimiter, stack.length - 1);
      outsideFrom = bodyStart;
      if (stack.length > limits.maxDepth) refused = "its parts pass the limit";
      return bodyStart;
    }
    const isEncoded = encoding === "base64" || encoding === "quoted-printable";
    if (type.value === "message/rfc822" && disposition.value === "inline" && !isEncoded) {
      const inner = readHeader(bodyStart);
      // Its header is shown as the beginning of its text.
      const header = { ...plainText, fields: [], disposition: none, encoding: "" };
      parts.push({ ...header, path: `${path}.HEADER`, start: bodyStart, end: inner.bodyStart });
      inlined += 1;
      if (inlined > limits.maxDepth) refused = "its parts pass the limit";
      return begin(inner, bodyStart, path === "" ? "1" : `${path}.1`, false);
    }
    open = { path: path === "" ? "1" : path, fields, type, disposition, encoding, start: bodyStart, end: bodyStart };
    return bodyStart;
  }

  const readHeader = (at: number): HeaderBlock =>
    readHeaderBlock(bytes, at, bytes.length, limits.maxHeaderBytes - headerBytes);

  function close(end: number): void {
    if (open !== undefined) {
      parts.push({ ...open, end: Math.max(open.start, end) });
      open = undefined;
    } else if (outsideFrom >= 0 && end > outsideFrom) outside.push([outsideFrom, end]);
    outsideFrom = -1;
    if (parts.length > limits.maxParts) refused = "its parts pass the limit";
  }

  function pop(): void {
    const top = stack.pop();
    if (top === undefined) return;
    if (top.hidden === undefined) delimiters.delete(top.delimiter);
    else delimiters.set(top.delimiter, top.hidden);
  }

  const start = rootStart(bytes);
  const root = readHeader(start);
  let line = begin(root, start, "", false);
  while (stack.length > 0 && line < bytes.length && refused === undefined) {
    const lineEnd = bytes.indexOf(LF, line);
    const next = lineEnd < 0 ? bytes.length : lineEnd + 1;
    if (bytes[line] === HYPHEN && bytes[line + 1] === HYPHEN && next - line <= maxBoundary + 8) {
      const text = latinText(bytes, line, next).trimEnd();
      const whole = delimiters.get(text);
      const depth = whole ?? (text.endsWith("--") ? delimiters.get(text.slice(0, -2)) : undefined);
      const parent = depth === undefined ? undefined : stack[depth];
      if (depth !== undefined && parent !== undefined) {
        close(lineBefore(bytes, line));
        while (stack.length > depth + 1) pop();
        if (whole === undefined) {
          pop();
          outsideFrom = next;
          line = next;
        } else {
          parent.children += 1;
          const path = parent.path === "" ? String(parent.children) : `${parent.path}.${parent.children}`;
          line = begin(readHeader(next), next, path, parent.digest);
        }
        continue;
      }
    }
    line = next;
  }
  if (refused === undefined) close(bytes.length);
  // A multipart without any part of its own: what is there is text.
  if (parts.length === 0 && refused === undefined) {
    for (const [from, to] of outside.splice(0)) {
      parts.push({ ...plainText, path: "1", fields: [], disposition: none, encoding: "", start: from, end: to });
    }
  }
  return { fields: root.fields, junk: root.junk, parts: refused === undefined ? parts : [], outside, refused };
}

const none: StructuredHeader = { value: "", params: new Map() };
const plainText = { type: { value: "text/plain", params: new Map<string, string>() } } as const;

function typeOf(fields: readonly HeaderField[], parentIsDigest: boolean): StructuredHeader {
  const written = fieldOf(fields, "content-type");
  if (written === undefined || written === "") {
    return parentIsDigest ? { value: "message/rfc822", params: new Map() } : plainText.type;
  }
  const type = parseStructuredHeader(written);
  return type.value === "" || type.value === "text" ? { ...type, value: "text/plain" } : type;
}

function stripComments(text: string): string {
  return text.includes("(") ? text.replace(/\([^()]*\)/g, " ") : text;
}

/** Where the header begins: after a byte order mark and empty lines. */
function rootStart(bytes: Uint8Array): number {
  let at = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  while (bytes[at] === LF || bytes[at] === CR) at += 1;
  return at;
}

/** The line's end before a boundary belongs to the boundary. */
function lineBefore(bytes: Uint8Array, line: number): number {
  if (bytes[line - 1] !== LF) return line;
  return bytes[line - 2] === CR ? line - 2 : line - 1;
}

function latinText(bytes: Uint8Array, from: number, to: number): string {
  return String.fromCharCode(...bytes.subarray(from, to));
}
