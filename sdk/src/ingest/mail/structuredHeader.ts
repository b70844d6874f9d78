import { decodeWords } from "postal-mime";
import { decodeCharset } from "./charset.ts";

/** `text/plain; charset=utf-8; name="a.txt"` taken apart. `value` in lower case. */
export type StructuredHeader = { readonly value: string; readonly params: ReadonlyMap<string, string> };

const maxParams = 64;

/**
 * A Content-Type or Content-Disposition: parameters with or without quotes, in continued (`name*0=`), encoded (`name*=utf-8''`,
 * RFC 2231) and encoded-word form, which no standard allows and many write.
 */
export function parseStructuredHeader(text: string): StructuredHeader {
  const pieces = splitParams(text);
  const raw = new Map<string, string>();
  for (const piece of pieces.slice(1)) {
    const equals = piece.indexOf("=");
    if (equals < 0) continue;
    const name = piece.slice(0, equals).trim().toLowerCase();
    if (name !== "" && !raw.has(name)) raw.set(name, unquote(piece.slice(equals + 1).trim()));
  }
  const params = new Map<string, string>();
  for (const [name, value] of raw) {
    const star = name.indexOf("*");
    if (star < 0) {
      if (!params.has(name)) params.set(name, value.includes("=?") ? decodeWords(value) : value);
      continue;
    }
    const base = name.slice(0, star);
    if (name === `${base}*`) params.set(base, extendedValue(value));
    else if (name === `${base}*0` || name === `${base}*0*`) params.set(base, continuedValue(raw, base));
  }
  return { value: (pieces[0] ?? "").trim().toLowerCase(), params };
}

function continuedValue(raw: ReadonlyMap<string, string>, base: string): string {
  let text = "";
  let encoded = false;
  for (let index = 0; index < maxParams; index++) {
    const coded = raw.get(`${base}*${index}*`);
    const plain = coded ?? raw.get(`${base}*${index}`);
    if (plain === undefined) break;
    if (coded !== undefined) encoded = true;
    // A `%` of a plain piece is no escape.
    text += encoded && coded === undefined ? plain.replaceAll("%", "%25") : plain;
  }
  return encoded ? extendedValue(text) : text.includes("=?") ? decodeWords(text) : text;
}

/** `utf-8'en'na%C3%AFve` */
function extendedValue(text: string): string {
  const found = /^([\w.:-]{0,64})'[^']{0,64}'/.exec(text);
  const body = found === null ? text : text.slice(found[0].length);
  const bytes = new Uint8Array(body.length * 3);
  let length = 0;
  for (let i = 0; i < body.length; i++) {
    const hex = body[i] === "%" ? /^[0-9a-fA-F]{2}/.exec(body.slice(i + 1, i + 3))?.[0] : undefined;
    if (hex !== undefined) {
      bytes[length] = Number.parseInt(hex, 16);
      length += 1;
      i += 2;
      continue;
    }
    const code = body.codePointAt(i) ?? 0;
    const written = new TextEncoder().encodeInto(String.fromCodePoint(code), bytes.subarray(length)).written;
    length += written;
    if (code > 0xffff) i += 1;
  }
  return decodeCharset(bytes.subarray(0, length), found?.[1] ?? "utf-8").text;
}

/** Cut at `;` outside of quotes; comments in parentheses are left out. */
function splitParams(text: string): string[] {
  const pieces: string[] = [];
  let piece = "";
  let quoted = false;
  let comment = 0;
  for (let i = 0; i < text.length; i++) {
    const char = text[i] ?? "";
    if (quoted) {
      piece += char;
      if (char === "\\") {
        i += 1;
        piece += text[i] ?? "";
      } else if (char === '"') quoted = false;
    } else if (char === '"' && comment === 0) {
      quoted = true;
      piece += char;
    } else if (char === "(" && !piece.includes("=")) comment += 1;
    else if (char === ")" && comment > 0) comment -= 1;
    else if (comment > 0) continue;
    else if (char === ";") {
      pieces.push(piece);
      piece = "";
      if (pieces.length > maxParams) return pieces;
    } else piece += char;
  }
  pieces.push(piece);
  return pieces;
}

function unquote(text: string): string {
  if (!text.startsWith('"')) return text;
  const inner = text.endsWith('"') && text.length > 1 ? text.slice(1, -1) : text.slice(1);
  return inner.replace(/\\(.)/g, "$1");
}
