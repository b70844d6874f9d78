import { utf8Of } from "./byteText.ts";
import { decodeEntities } from "./entities.ts";
import { createUsualValues, isValue, type UsualValues } from "./usualValues.ts";
import type { XmlAttributes } from "./xmlElement.ts";

type XmlTag = {
  readonly name: string;
  readonly attributes: XmlAttributes;
  /** `<name/>` */
  readonly isEmpty: boolean;
  /** Place behind its `>`. */
  readonly end: number;
};

export type TagReader = {
  /**
   * The start tag whose `<` stands at `at`.
   *
   * @returns undefined when it goes on behind the end of `text`; what is wrong with it, as a constant text
   */
  read(text: string, at: number): XmlTag | string | undefined;
};

/** No element of any format read here has more. */
const maxAttributes = 256;
/** Values with entities come again by the hundred thousand (Apple's device): they are decoded once and shared. */
const maxRemembered = 256;
const maxRememberedLength = 512;
/** Formats have some dozen names; who made up more of them gets none remembered. */
const maxUsualNames = 64;
const maxUsualAttributes = 32;

/** An attribute as an element mostly has it. */
type UsualAttribute = {
  readonly key: string;
  /** The key, `=` and `"`. */
  readonly opening: string;
  readonly values: UsualValues;
};

/**
 * Objects without a prototype of their own: what no file wrote is not there. Two steps to none at all, because V8 makes slow objects of
 * `Object.create(null)`; by a constructor, because it then learns how much room they take.
 */
const Attributes = function Attributes(): void {} as unknown as new () => object;
Attributes.prototype = Object.freeze(Object.create(null));

const wrong = "is not well-formed XML";

/** @param asBytes the text has a unit for each byte of UTF-8 */
export function createTagReader(asBytes: boolean): TagReader {
  const special = asBytes ? /[&<\r\n\t\u0080-\u00ff]/ : /[&<\r\n\t]/;
  const textOf = (written: string): string => (asBytes ? utf8Of(written) : written);

  const remembered = new Map<string, string>();
  /** The attributes of an element when it had most of them: mostly it has them again, in the same order. */
  const usualAttributes = new Map<string, readonly UsualAttribute[]>();

  function remember(name: string, keys: readonly string[]): void {
    if (usualAttributes.size >= maxUsualNames && !usualAttributes.has(name)) return;
    const usual = keys.map((key) => ({ key: asName(key), opening: `${key}="`, values: createUsualValues() }));
    usualAttributes.set(name, usual);
  }

  function decoded(written: string): string | undefined {
    const known = remembered.get(written);
    if (known !== undefined) return known;
    if (written.includes("<")) return undefined;
    const value = decodeEntities(textOf(written).replace(/\r\n?|[\n\t]/g, " "));
    if (value !== undefined && written.length <= maxRememberedLength) {
      if (remembered.size === maxRemembered) remembered.clear();
      remembered.set(written, value);
    }
    return value;
  }

  return {
    read(text, start) {
      let at = nameEnd(text, start + 1);
      if (at === text.length) return undefined;
      if (at === start + 1) return wrong;
      const name = text.slice(start + 1, at);
      const usual = usualAttributes.get(name) ?? none;
      // The usual ones are looked for from here on.
      let expected = 0;
      let last = "";
      let count = 0;
      const attributes = new Attributes() as Record<string, string>;
      for (;;) {
        const from = at;
        at = blankEnd(text, at);
        if (at === text.length) return undefined;
        const code = text.charCodeAt(at);
        if (code === GREATER || code === SLASH) {
          const isEmpty = code === SLASH;
          if (isEmpty && at + 1 === text.length) return undefined;
          if (isEmpty && text.charCodeAt(at + 1) !== GREATER) return wrong;
          if (count > usual.length && count <= maxUsualAttributes) remember(name, Object.keys(attributes));
          return { name, attributes, isEmpty, end: isEmpty ? at + 2 : at + 1 };
        }
        if (at === from) return wrong;
        count += 1;
        let known: UsualAttribute | undefined;
        for (let place = expected; place < usual.length; place++) {
          const candidate = usual[place];
          if (candidate === undefined || !text.startsWith(candidate.opening, at)) continue;
          known = candidate;
          expected = place + 1;
          break;
        }
        let key: string;
        if (known !== undefined) {
          key = known.key;
          at += key.length + 1;
          // A date mostly is the one before.
          if (last !== "" && isValue(text, at + 1, last)) {
            attributes[key] = last;
            at += last.length + 2;
            continue;
          }
          const value = known.values.find(text, at + 1);
          if (value !== undefined) {
            attributes[key] = value;
            at += known.values.length() + 2;
            continue;
          }
        } else {
          const end = nameEnd(text, at);
          key = textOf(text.slice(at, end));
          at = blankEnd(text, end);
          if (at === text.length) return undefined;
          if (key === "" || text.charCodeAt(at) !== EQUALS) return wrong;
          at = blankEnd(text, at + 1);
          if (at === text.length) return undefined;
        }
        if (count > maxAttributes) return `has an element of more than ${maxAttributes} attributes`;
        const quote = text.charCodeAt(at);
        if (quote !== DOUBLE && quote !== SINGLE) return wrong;
        const close = text.indexOf(quote === DOUBLE ? '"' : "'", at + 1);
        if (close < 0) return undefined;
        const written = text.slice(at + 1, close);
        let value: string | undefined = written;
        if (special.test(written)) {
          value = decoded(written);
          if (value === undefined) return "has an attribute that is not well-formed XML";
          last = "";
        } else last = written.length < leastRepeated ? "" : written;
        attributes[key] = value;
        known?.values.add(written, value);
        at = close + 1;
      }
    },
  };
}

const none: readonly UsualAttribute[] = [];
/** Shorter values are as soon cut out. */
const leastRepeated = 13;

/** The same text as names of properties are kept: objects find them sooner. */
function asName(key: string): string {
  return Object.keys({ [key]: 0 })[0] ?? key;
}

const SPACE = 0x20;
const DOUBLE = 0x22;
const SINGLE = 0x27;
const SLASH = 0x2f;
const LESS = 0x3c;
const EQUALS = 0x3d;
const GREATER = 0x3e;

/** Past the last character that a name can have. */
function nameEnd(text: string, from: number): number {
  let at = from;
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code <= SPACE || code === EQUALS || code === GREATER || code === SLASH || code === LESS) break;
    if (code === DOUBLE || code === SINGLE) break;
  }
  return at;
}

function blankEnd(text: string, from: number): number {
  let at = from;
  while (at < text.length && text.charCodeAt(at) <= SPACE) at += 1;
  return at;
}
