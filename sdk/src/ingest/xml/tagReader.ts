import { decodeEntities } from "./entities.ts";
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

/** Two steps to no prototype at all: V8 makes slow objects of `Object.create(null)`. */
const bare: object = Object.freeze(Object.create(null));

const wrong = "is not well-formed XML";

export function createTagReader(): TagReader {
  const remembered = new Map<string, string>();
  /** The names of an element's attributes as it last had them: mostly it has them again, in the same order. */
  const usualKeys = new Map<string, readonly string[]>();

  function decoded(written: string): string | undefined {
    const known = remembered.get(written);
    if (known !== undefined) return known;
    if (written.includes("<")) return undefined;
    const value = decodeEntities(written.replace(/\r\n?|[\n\t]/g, " "));
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
      const usual = usualKeys.get(name);
      const keys: string[] = [];
      const attributes: Record<string, string> = Object.create(bare);
      for (;;) {
        const from = at;
        at = blankEnd(text, at);
        if (at === text.length) return undefined;
        const code = text.charCodeAt(at);
        if (code === GREATER || code === SLASH) {
          const isEmpty = code === SLASH;
          if (isEmpty && at + 1 === text.length) return undefined;
          if (isEmpty && text.charCodeAt(at + 1) !== GREATER) return wrong;
          if (keys.length > (usual?.length ?? 0) && usualKeys.size < maxRemembered) usualKeys.set(name, keys);
          return { name, attributes, isEmpty, end: isEmpty ? at + 2 : at + 1 };
        }
        if (at === from) return wrong;
        let key = usual?.[keys.length];
        if (key !== undefined && text.startsWith(key, at) && text.startsWith('="', at + key.length)) {
          at += key.length + 1;
        } else {
          const end = nameEnd(text, at);
          key = text.slice(at, end);
          at = blankEnd(text, end);
          if (at === text.length) return undefined;
          if (key === "" || text.charCodeAt(at) !== EQUALS) return wrong;
          at = blankEnd(text, at + 1);
          if (at === text.length) return undefined;
        }
        const quote = text.charCodeAt(at);
        if (quote !== DOUBLE && quote !== SINGLE) return wrong;
        const close = text.indexOf(quote === DOUBLE ? '"' : "'", at + 1);
        if (close < 0) return undefined;
        const written = text.slice(at + 1, close);
        if (special.test(written)) {
          const value = decoded(written);
          if (value === undefined) return "has an attribute that is not well-formed XML";
          attributes[key] = value;
        } else attributes[key] = written;
        keys.push(key);
        if (keys.length > maxAttributes) return `has an element of more than ${maxAttributes} attributes`;
        at = close + 1;
      }
    },
  };
}

const special = /[&<\r\n\t]/;
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
