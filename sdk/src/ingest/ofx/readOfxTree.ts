import { PersonaError } from "../../errors/index.ts";
import type { ImportLimits } from "../limits.ts";
import { unescapeText } from "../unescapeText.ts";
import type { XmlElement } from "../xml/index.ts";

/** What {@link readOfxTree} gives: a whole aggregate that was wanted, or one that is walked into and its values. */
export type OfxItem = {
  readonly kind: "open" | "close" | "value" | "record";
  readonly name: string;
  /** The value's text; empty otherwise. */
  readonly text: string;
  /** The record; undefined otherwise. */
  readonly record?: XmlElement;
  /** Aggregates around it, outermost first. */
  readonly path: readonly string[];
  /** UTF-16 units of the file before it. */
  readonly position: number;
};

type Node = { readonly name: string; children: XmlElement[]; from: number };
const none: XmlElement["attributes"] = {};

/**
 * OFX as a stream, SGML and XML alike: a tag followed by text is a value, whether it is closed or not; any other is an aggregate.
 * An empty value that is not closed looks like an aggregate: what seemed to be in it belongs to what it is in, as soon as
 * that is closed.
 *
 * @param isRecord whether an aggregate is wanted as a whole
 *
 * Errors: `EXPORT_INVALID` (data: file, position): no `<OFX>`, cut off before it ends, a record longer than `maxRecordBytes`, nested
 * deeper than `maxDepth`.
 */
export async function* readOfxTree(
  texts: AsyncIterable<string>,
  {
    file,
    limits,
    isRecord,
  }: {
    readonly file: string;
    readonly limits: Pick<ImportLimits, "maxRecordBytes" | "maxDepth">;
    readonly isRecord: (name: string, path: readonly string[]) => boolean;
  },
): AsyncGenerator<OfxItem> {
  const path: string[] = [];
  /** The wanted aggregate that is open, and what is open in it. */
  const open: Node[] = [];
  let text = "";
  let base = 0;
  let hasRoot = false;
  let isDone = false;
  const invalid = (problem: string): PersonaError =>
    new PersonaError("EXPORT_INVALID", `${file} ${problem}.`, { data: { file, position: base } });

  function closeNode(): XmlElement | undefined {
    const node = open.pop();
    if (node === undefined) return undefined;
    const element: XmlElement = { name: node.name, attributes: none, children: node.children, text: "" };
    const parent = open[open.length - 1];
    if (parent === undefined) return element;
    parent.children.push(element);
    return undefined;
  }

  function* take(isLast: boolean): Generator<OfxItem> {
    let at = 0;
    for (;;) {
      const mark = text.indexOf("<", at);
      if (mark < 0) break;
      const end = text.indexOf(">", mark + 1);
      // The value behind a tag ends where the next one begins.
      const next = end < 0 ? -1 : text.indexOf("<", end + 1);
      if (end < 0 || (next < 0 && !isLast)) break;
      const name = text
        .slice(mark + 1, end)
        .trim()
        .toUpperCase();
      const value = unescapeText(text.slice(end + 1, next < 0 ? text.length : next)).trim();
      const position = base + mark;
      at = next < 0 ? text.length : next;
      if (name.startsWith("!") && name.includes("!ENTITY")) throw invalid("declares entities, which no statement does");
      if (name.startsWith("?") || name.startsWith("!")) continue;
      if (!hasRoot && name !== "OFX") throw invalid("does not begin with <OFX>");
      if (isDone) continue;
      if (name.startsWith("/")) yield* closed(name.slice(1).trim(), position);
      else if (name.endsWith("/")) continue;
      else yield* opened(name, { value, isClosedAtOnce: text.startsWith(`</${name}>`, at), position });
    }
    text = text.slice(at);
    base += at;
  }

  function* opened(
    name: string,
    { value, isClosedAtOnce, position }: { value: string; isClosedAtOnce: boolean; position: number },
  ): Generator<OfxItem> {
    hasRoot = true;
    const top = open[open.length - 1];
    // `<OFX></OFX>` is a file with nothing in it.
    if (name !== "OFX" && (value !== "" || isClosedAtOnce)) {
      if (top === undefined) yield { kind: "value", name, text: value, path: [...path], position };
      else top.children.push({ name, attributes: none, children: [], text: value });
      if (open[0] !== undefined && position - open[0].from > limits.maxRecordBytes) {
        throw invalid(`holds a record longer than ${limits.maxRecordBytes} characters`);
      }
      return;
    }
    if (path.length + open.length >= limits.maxDepth) throw invalid(`is nested deeper than ${limits.maxDepth}`);
    if (top !== undefined || isRecord(name, path)) open.push({ name, children: [], from: position });
    else {
      path.push(name);
      yield { kind: "open", name, text: "", path: [...path], position };
    }
  }

  function* closed(name: string, position: number): Generator<OfxItem> {
    const at = open.findLastIndex((node) => node.name === name);
    if (at >= 0) {
      while (open.length > at + 1) {
        // It was no aggregate but an empty value: what seemed to be in it stands beside it.
        const wrong = open.pop();
        const parent = open[open.length - 1];
        if (wrong !== undefined) parent?.children.push({ name: wrong.name, attributes: none, children: [], text: "" });
        parent?.children.push(...(wrong?.children ?? []));
      }
      const record = closeNode();
      if (record !== undefined) yield { kind: "record", name, text: "", record, path: [...path], position };
      return;
    }
    const outer = path.lastIndexOf(name);
    // The end of a value, or of nothing.
    if (outer < 0) return;
    // A record that is never closed ends with what it is in.
    while (open.length > 0) {
      const record = closeNode();
      if (record !== undefined)
        yield { kind: "record", name: record.name, text: "", record, path: [...path], position };
    }
    while (path.length > outer) {
      yield { kind: "close", name: path[path.length - 1] ?? "", text: "", path: [...path], position };
      path.pop();
    }
    isDone ||= path.length === 0;
  }

  for await (const piece of texts) {
    text += piece;
    yield* take(false);
    if (text.length > limits.maxRecordBytes)
      throw invalid(`holds a value longer than ${limits.maxRecordBytes} characters`);
  }
  yield* take(true);
  if (!hasRoot) throw invalid("does not begin with <OFX>");
  if (!isDone) throw invalid("is cut off");
}
