import { PersonaError } from "../../errors/index.ts";
import type { ImportLimits } from "../limits.ts";
import { utf8Of } from "./byteText.ts";
import { decodeXml } from "./decodeXml.ts";
import { decodeEntities } from "./entities.ts";
import { createTagReader } from "./tagReader.ts";
import type { XmlAttributes, XmlElement } from "./xmlElement.ts";

/**
 * What {@link readXml} gives. Containers are opened and closed, with their attributes both times; every other element comes
 * whole.
 */
export type XmlItem = {
  readonly kind: "open" | "close" | "element";
  readonly element: XmlElement;
  /** UTF-16 units of the file before its end. */
  readonly position: number;
};

export type ReadXmlOptions = {
  readonly file: string;
  readonly limits: Pick<ImportLimits, "maxRecordBytes" | "maxDepth">;
  /** Local names of the elements that may be larger than memory: they are walked into. */
  readonly containers: ReadonlySet<string>;
  /** The text is a `byteText`: positions are in bytes. */
  readonly asBytes?: boolean;
};

type OpenElement = { name: string; written: string; attributes: XmlAttributes; children: XmlElement[]; text: string };

/** Characters looked at together: what is ready is handed on before more is read. */
const pieceLength = 65_536;
const noChildren: never[] = [];

/**
 * The elements of an XML file of any size, in its order. Memory is bounded by the largest element that is no container.
 *
 * A scanner of our own, because health exports are gigabytes of attributes, of which saxes took 11 to 15 MB a second where this
 * took 60; the tests hold it to what saxes makes of the same files. It checks what data depends on (tags match, attributes are
 * quoted, entities exist) and takes what real exports do wrong (characters that XML forbids, attributes given twice).
 * A document type may declare elements and attributes, as Apple's does, never entities: those XML has are all there are.
 *
 * Errors: `EXPORT_INVALID` (data: file, position): not well-formed, an entity declared or unknown, an element longer than
 * `maxRecordBytes` characters or nested deeper than `maxDepth`, or nothing of XML in it. No message holds its text.
 */
export async function* readXml(chunks: AsyncIterable<Uint8Array>, options: ReadXmlOptions): AsyncGenerator<XmlItem> {
  const reader = createXmlReader(options);
  for await (const decoded of decodeXml(chunks)) yield* reader.read(decoded);
  reader.end();
}

/** {@link readXml} for who has the text in hand. */
export type XmlReader = {
  /** The elements that end in this piece, handed on a few at a time. */
  read(text: string): Generator<XmlItem>;
  /** The file ends here. Errors: `EXPORT_INVALID` when it should not. */
  end(): void;
  /** Whether everything before was read, and this many elements are open, all of them containers. */
  isBetween(open: number): boolean;
  /** So many units of the file, whole elements, are read elsewhere. */
  skip(length: number): void;
};

export function createXmlReader(options: ReadXmlOptions): XmlReader {
  const { file, limits, containers, asBytes = false } = options;
  const stack: OpenElement[] = [];
  const tags = createTagReader(asBytes);
  let ready: XmlItem[] = [];
  /** Containers open now: the bottom of the stack. */
  let walked = 0;
  /** Not taken yet, and how many characters of the file came before it. */
  let text = "";
  let base = 0;
  /** Where the search for the end of what begins at 0 goes on: a long text is not searched twice. */
  let searched = 0;
  /** The same for the end of a comment and its like: dashes by the million are compared once. */
  let tried = 0;
  /** Characters of the element that is being read. */
  let length = 0;
  let hasRoot = false;

  const invalid = (problem: string, at = 0): PersonaError =>
    new PersonaError("EXPORT_INVALID", `${file} ${problem}.`, { data: { file, position: base + at } });

  function open(name: string, attributes: XmlAttributes, at: number): void {
    if (stack.length === 0 && hasRoot) throw invalid("holds more than one root element", at);
    if (stack.length >= limits.maxDepth) throw invalid(`is nested deeper than ${limits.maxDepth}`, at);
    hasRoot = true;
    const colon = name.indexOf(":");
    const ownName = colon < 0 ? name : name.slice(colon + 1);
    const local = asBytes ? utf8Of(ownName) : ownName;
    const element: OpenElement = { name: local, written: name, attributes, children: noChildren, text: "" };
    if (stack.length === walked && containers.has(local)) {
      walked += 1;
      ready.push({ kind: "open", element, position: base + at });
    }
    stack.push(element);
  }

  function close(at: number): void {
    const element = stack.pop();
    if (element === undefined) throw invalid("closes an element that is not open", at);
    if (element.text !== "") element.text = element.text.trim();
    if (stack.length < walked) {
      walked -= 1;
      ready.push({ kind: "close", element, position: base + at });
    } else if (stack.length === walked) {
      ready.push({ kind: "element", element, position: base + at });
    } else {
      const parent = stack[stack.length - 1];
      if (parent === undefined) return;
      if (parent.children === noChildren) parent.children = [element];
      else parent.children.push(element);
    }
  }

  function addText(from: number, to: number, isRaw: boolean): void {
    const element = stack[stack.length - 1];
    if (element === undefined) {
      if (isRaw || !isBlank(text, from, to)) throw invalid("is not XML", from);
      return;
    }
    // What stands between the records of a container is white space, or belongs to nothing.
    if (stack.length === walked || from === to) return;
    const written = asBytes ? utf8Of(text.slice(from, to)) : text.slice(from, to);
    const plain = isRaw || !written.includes("&") ? written : decodeEntities(written);
    if (plain === undefined) throw invalid("uses an entity that XML does not have", from);
    element.text += plain.includes("\r") ? plain.replace(/\r\n?/g, "\n") : plain;
  }

  /** Takes what is whole from `at` on. @returns where what is not whole begins */
  function take(start: number): number {
    let at = start;
    for (;;) {
      const mark = text.indexOf("<", Math.max(at, searched));
      if (mark < 0) {
        searched = text.length;
        return at;
      }
      let end: number;
      const next = text.charCodeAt(mark + 1);
      if (next === SLASH) {
        end = text.indexOf(">", mark + 2);
        if (end < 0) return rest(at, mark);
        addText(at, mark, false);
        const written = stack[stack.length - 1]?.written ?? "";
        if (!text.startsWith(written, mark + 2) || !isBlank(text, mark + 2 + written.length, end)) {
          throw invalid("closes an element that is not open", mark);
        }
        close(end);
        end += 1;
      } else if (next === BANG) {
        end = text.startsWith("<![CDATA[", mark)
          ? endOf("]]>", mark + 9)
          : text.startsWith("<!--", mark)
            ? endOf("-->", mark + 4)
            : text.length - mark < 9
              ? -1
              : text.startsWith("<!DOCTYPE", mark)
                ? endOfDoctype(text, mark + 9)
                : fail("is not well-formed XML", mark);
        if (end < 0) return rest(at, mark);
        addText(at, mark, false);
        if (text.startsWith("<![CDATA[", mark)) addText(mark + 9, end - 3, true);
        else if (text.startsWith("<!DOCTYPE", mark)) {
          if (hasRoot) throw invalid("is not well-formed XML", mark);
          if (/<!\s*ENTITY/i.test(text.slice(mark, end))) {
            throw invalid("declares entities, which no export does", mark);
          }
        }
      } else if (next === QUESTION) {
        end = endOf("?>", mark + 2);
        if (end < 0) return rest(at, mark);
        addText(at, mark, false);
      } else {
        const tag = tags.read(text, mark);
        if (tag === undefined) return rest(at, mark);
        if (typeof tag === "string") throw invalid(tag, mark);
        addText(at, mark, false);
        open(tag.name, tag.attributes, mark);
        end = tag.end;
        if (tag.isEmpty) close(end - 1);
      }
      length = stack.length === walked ? 0 : length + end - at;
      if (length > limits.maxRecordBytes) throw tooLong(at);
      at = end;
      searched = end;
    }
  }

  const tooLong = (at: number): PersonaError =>
    invalid(`holds an element longer than ${limits.maxRecordBytes} characters`, at);

  function fail(problem: string, at: number): never {
    throw invalid(problem, at);
  }

  function endOf(what: string, from: number): number {
    const found = text.indexOf(what, Math.max(from, tried));
    tried = found < 0 ? Math.max(from, text.length - what.length + 1) : 0;
    return found < 0 ? -1 : found + what.length;
  }

  function rest(at: number, mark: number): number {
    searched = mark;
    return at;
  }

  return {
    *read(decoded) {
      for (let from = 0; from < decoded.length; from += pieceLength) {
        text += from === 0 && decoded.length <= pieceLength ? decoded : decoded.slice(from, from + pieceLength);
        const taken = take(0);
        text = text.slice(taken);
        base += taken;
        searched -= taken;
        tried = Math.max(0, tried - taken);
        if (length + text.length > limits.maxRecordBytes + pieceLength) throw tooLong(0);
        if (ready.length === 0) continue;
        const items = ready;
        ready = [];
        yield* items;
      }
    },
    end() {
      if (stack.length > 0 || !isBlank(text, 0, text.length)) throw invalid("is cut off");
      if (!hasRoot) throw invalid("is not XML");
    },
    isBetween: (open) => walked === open && stack.length === open && isBlank(text, 0, text.length),
    skip(units) {
      base += units;
    },
  };
}

const BANG = 0x21;
const SLASH = 0x2f;
const QUESTION = 0x3f;

function isBlank(text: string, from: number, to: number): boolean {
  for (let at = from; at < to; at++) {
    const code = text.charCodeAt(at);
    if (code > 0x20 && code !== 0xfeff) return false;
  }
  return true;
}

/** Past the `>` of a document type, over quotes, comments and the subset in brackets; -1 when it is not whole. */
function endOfDoctype(text: string, from: number): number {
  const token = /["'[\]>]|<!--/g;
  token.lastIndex = from;
  let isInSubset = false;
  for (let found = token.exec(text); found !== null; found = token.exec(text)) {
    const [what] = found;
    if (what === "[" || what === "]") isInSubset = what === "[";
    else if (what === ">") {
      if (!isInSubset) return found.index + 1;
    } else {
      const close = what === "<!--" ? "-->" : what;
      const end = text.indexOf(close, token.lastIndex);
      if (end < 0) return -1;
      token.lastIndex = end + close.length;
    }
  }
  return -1;
}
