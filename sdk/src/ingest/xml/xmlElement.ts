/** An element with all that is in it. Names are local: `ns3:Speed` is `Speed`. */
export type XmlElement = {
  readonly name: string;
  /** As written, with their prefixes. Has no prototype. */
  readonly attributes: XmlAttributes;
  readonly children: readonly XmlElement[];
  /** Its own text, in one piece, blanks at both ends removed; not that of its children. */
  readonly text: string;
};

export type XmlAttributes = Readonly<Record<string, string>>;

/** The first child of this name, or the one at the end of this path of names. */
export function childOf(element: XmlElement | undefined, ...path: readonly string[]): XmlElement | undefined {
  let at = element;
  for (const name of path) at = at?.children.find((child) => child.name === name);
  return at;
}

/** Text of the first child at this path; null when there is none or it is empty. */
export function textOf(element: XmlElement | undefined, ...path: readonly string[]): string | null {
  const text = childOf(element, ...path)?.text;
  return text === undefined || text === "" ? null : text;
}

/** An element as a plain value for `extra`: text, or its attributes (`@name`), children (a list where repeated) and text (`#text`). */
export function plainValue(element: XmlElement): unknown {
  const names = Object.keys(element.attributes);
  if (names.length === 0 && element.children.length === 0) return element.text;
  const values = new Map<string, unknown[]>();
  for (const name of names) values.set(`@${name}`, [element.attributes[name]]);
  for (const child of element.children) {
    const known = values.get(child.name);
    if (known === undefined) values.set(child.name, [plainValue(child)]);
    else known.push(plainValue(child));
  }
  if (element.text !== "") values.set("#text", [element.text]);
  return Object.fromEntries([...values].map(([name, list]) => [name, list.length === 1 ? list[0] : list]));
}

/** Children that are none of these names, as one plain value for `extra`; undefined when there are none. */
export function otherChildren(
  element: XmlElement,
  names: readonly string[],
): Readonly<Record<string, unknown>> | undefined {
  const children = element.children.filter(({ name }) => !names.includes(name));
  if (children.length === 0) return undefined;
  return plainValue({ name: "", attributes: {}, children, text: "" }) as Readonly<Record<string, unknown>>;
}
