import { PersonaError } from "../../errors/index.ts";
import { unescapeText } from "../unescapeText.ts";

/** A line of a cell: its text, and the first link in it. */
type HtmlLine = {
  /** All of its text, the link's too. */
  readonly text: string;
  /** The text in front of the link; all of it when there is none. */
  readonly front: string;
  readonly link: { readonly text: string; readonly url: string } | undefined;
};

/** A part of an entry: the `class` of its `div`, and its lines. */
export type HtmlCell = { readonly className: string; readonly lines: readonly HtmlLine[] };

export type HtmlEntry = {
  readonly cells: readonly HtmlCell[];
  /** Place in the file's text, in UTF-16 units. */
  readonly position: number;
};

const mark = 'class="outer-cell';

/**
 * The entries of an activity file of Takeout, one at a time: each is a `div` of class `outer-cell` that holds others. Not a parser
 * of HTML: it knows tags, texts and line breaks, which is what these files are made of, and takes them however they are nested.
 *
 * Errors: `EXPORT_INVALID` (data: file, position) for an entry longer than `maxLength` UTF-16 units.
 */
export async function* readHtmlEntries(
  texts: AsyncIterable<string>,
  { file, maxLength }: { readonly file: string; readonly maxLength: number },
): AsyncGenerator<HtmlEntry> {
  let rest = "";
  /** Place in the file of rest's first character. */
  let position = 0;
  let isInside = false;
  for await (const piece of texts) {
    // A mark may be cut in two by the pieces; what was searched is not searched again.
    let from = Math.max(0, rest.length - mark.length);
    rest += piece;
    for (;;) {
      const at = rest.indexOf(mark, from);
      if (at < 0) break;
      if (isInside) yield { cells: cellsOf(rest.slice(0, at)), position };
      isInside = true;
      rest = rest.slice(at + mark.length);
      position += at + mark.length;
      from = 0;
    }
    if (!isInside && rest.length > mark.length) {
      position += rest.length - mark.length;
      rest = rest.slice(-mark.length);
    }
    if (rest.length > maxLength) {
      throw new PersonaError("EXPORT_INVALID", `${file} holds an entry longer than ${maxLength} characters.`, {
        data: { file, position },
      });
    }
  }
  if (isInside) yield { cells: cellsOf(rest), position };
}

const token = /<(\/?)([a-z][a-z0-9]*)((?:[^<>"]|"[^"<]*")*)>/gi;

function cellsOf(html: string): readonly HtmlCell[] {
  const cells: { className: string; lines: HtmlLine[] }[] = [];
  let front = "";
  let text = "";
  let link: { text: string; url: string } | undefined;
  let isInLink = false;

  function endLine(): void {
    const line = {
      text: clean(text),
      front: clean(front),
      link: link === undefined ? undefined : { ...link, text: clean(link.text) },
    };
    if (line.text !== "" || link !== undefined) cells.at(-1)?.lines.push(line);
    front = "";
    text = "";
    link = undefined;
    isInLink = false;
  }
  function addText(part: string): void {
    text += part;
    if (isInLink && link !== undefined) link.text += part;
    else if (link === undefined) front += part;
  }

  // What stands before the first tag is the end of the entry's own.
  let at = html.indexOf(">") + 1;
  for (const found of html.matchAll(token)) {
    if (found.index < at) continue;
    addText(html.slice(at, found.index));
    at = found.index + found[0].length;
    const [, close = "", tag = "", attributes = ""] = found;
    const name = tag.toLowerCase();
    if (name === "br" || name === "p" || name === "div") endLine();
    if (name === "div" && close === "") cells.push({ className: attributeOf(attributes, "class"), lines: [] });
    if (name === "a") {
      isInLink = close === "" && link === undefined;
      if (isInLink) link = { text: "", url: unescapeText(attributeOf(attributes, "href")) };
    }
  }
  addText(html.slice(at));
  endLine();
  return cells;
}

function attributeOf(attributes: string, name: string): string {
  const at = attributes.indexOf(`${name}="`);
  if (at < 0) return "";
  const from = at + name.length + 2;
  const end = attributes.indexOf('"', from);
  return end < 0 ? "" : attributes.slice(from, end);
}

function clean(text: string): string {
  return unescapeText(text.replace(/&(?:nbsp|emsp|ensp);/g, " "))
    .replace(/\s+/g, " ")
    .trim();
}
