import { field, type RawObject } from "../../rawFields.ts";
import type { LiveLimits } from "../liveSource.ts";
import { changed, type JsonAnswer, type JsonClient } from "./jsonClient.ts";

/** How a list goes on: the address of its next page, undefined after the last. */
export type NextPage = (answer: JsonAnswer, url: string) => string | undefined;

/**
 * A list, page by page. A service that gives the same page again, or pages without end, is stopped.
 *
 * Errors: those of {@link JsonClient.get}; `SOURCE_ANSWER_INVALID`
 */
export async function* readPages(
  client: JsonClient,
  first: string,
  {
    shape,
    next,
    limits,
    allowed,
  }: {
    readonly shape: string;
    readonly next: NextPage;
    readonly limits: Pick<LiveLimits, "maxPages">;
    readonly allowed?: readonly number[];
  },
): AsyncGenerator<JsonAnswer> {
  const seen = new Set<string>();
  for (let url: string | undefined = first; url !== undefined; ) {
    if (seen.has(url)) throw changed("The service's pages go in a circle.", shape);
    if (seen.size === limits.maxPages)
      throw changed("The service's list does not end.", shape, { maxPages: limits.maxPages });
    seen.add(url);
    const answer: JsonAnswer = await client.get(url, shape, allowed === undefined ? {} : { allowed });
    yield answer;
    url = answer.value === undefined ? undefined : next(answer, url);
  }
}

/** RFC 8288: the address of `rel="next"` in a Link header. */
export const linkNext: NextPage = (answer) => {
  for (const part of (answer.header("link") ?? "").split(",")) {
    const found = /^\s*<([^<>]{1,4096})>\s*;(.{0,512})$/s.exec(part);
    if (found !== null && /(?:^|;)\s*rel="?next"?\s*(?:;|$)/.test(found[2] ?? "")) return found[1];
  }
  return undefined;
};

/** The same address with a parameter set; undefined when there is nothing to set it to. */
export function withParameter(url: string, name: string, value: string | null): string | undefined {
  if (value === null || value === "") return undefined;
  const next = new URL(url);
  next.searchParams.set(name, value);
  return next.href;
}

/** A list of objects at a place of an answer. @throws SOURCE_ANSWER_INVALID */
export function listAt({ value }: JsonAnswer, shape: string, ...path: readonly string[]): readonly RawObject[] {
  const list = path.reduce<unknown>((at, name) => (isObject(at) ? field(at, name) : undefined), value);
  if (!Array.isArray(list)) throw changed("The service's answer has no list where its documentation has one.", shape);
  if (!list.every(isObject)) throw changed("The service's list holds something that is no object.", shape);
  return list;
}

/** @throws SOURCE_ANSWER_INVALID */
export function objectOf({ value }: JsonAnswer, shape: string): RawObject {
  if (isObject(value)) return value;
  throw changed("The service's answer is no object.", shape);
}

/** A text that the documentation has in every answer. @throws SOURCE_ANSWER_INVALID */
export function requiredText(object: RawObject, name: string, shape: string): string {
  const text = field(object, name);
  if (typeof text === "string" && text !== "") return text.toWellFormed();
  if (typeof text === "number" && Number.isSafeInteger(text)) return String(text);
  throw changed("The service's answer lacks a field that its documentation has.", shape, { field: name });
}

/** Null when it is none. */
export function optionalText(object: RawObject, name: string): string | null {
  const text = field(object, name);
  return typeof text === "string" && text !== "" ? text.toWellFormed() : null;
}

export function isObject(value: unknown): value is RawObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
