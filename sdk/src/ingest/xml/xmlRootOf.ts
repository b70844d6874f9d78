export type XmlRoot = {
  /** Local name of the root element, or the name that a document type longer than the head says it has. */
  readonly name: string;
  /** Its start tag as far as it is in the head; empty where only the document type is. */
  readonly tag: string;
};

/** What the first bytes of a file say of its root element; undefined when they are not XML's. */
export function xmlRootOf(head: Uint8Array): XmlRoot | undefined {
  const isWide = (head[0] === 0xff && head[1] === 0xfe) || (head[0] === 0xfe && head[1] === 0xff);
  const text = new TextDecoder(isWide ? (head[0] === 0xff ? "utf-16le" : "utf-16be") : "utf-8").decode(head);
  let at = 0;
  let declared: string | undefined;
  for (;;) {
    while (at < text.length && text.charCodeAt(at) <= 0x20) at += 1;
    if (text.startsWith("<?", at)) at = past(text, "?>", at);
    else if (text.startsWith("<!--", at)) at = past(text, "-->", at);
    else if (text.startsWith("<!DOCTYPE", at)) {
      declared = /^<!DOCTYPE\s+([^\s[>]{1,100})/.exec(text.slice(at, at + 200))?.[1];
      const subset = text.indexOf("[", at);
      const end = text.indexOf(">", at);
      at = subset >= 0 && subset < end ? past(text, "]>", at) : past(text, ">", at);
    } else break;
  }
  const root = /^<((?:[^\s/>:"'<=]{1,100}:)?([^\s/>:"'<=]{1,100}))[\s/>][^>]*/.exec(text.slice(at));
  if (root !== null) return { name: root[2] ?? "", tag: root[0] };
  return declared === undefined ? undefined : { name: declared, tag: "" };
}

function past(text: string, what: string, from: number): number {
  const found = text.indexOf(what, from);
  return found < 0 ? text.length : found + what.length;
}
