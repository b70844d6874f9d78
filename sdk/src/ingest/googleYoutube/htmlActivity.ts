import type { RawObject } from "../rawFields.ts";
import type { HtmlCell, HtmlEntry } from "../takeout/htmlCells.ts";
import { localDate } from "../takeout/localDate.ts";

export type HtmlActivity = { readonly activity: RawObject; readonly shownTime: string };

/**
 * An entry of HTML in the form that JSON has: its header, its cell of text (what was done, to what, whose it is, when), and the
 * cell of small print (products, details). Undefined when it has no text.
 */
export function htmlActivity({ cells }: HtmlEntry): HtmlActivity | undefined {
  const content = cells.find(
    ({ className, lines }) => /\bbody-1\b/.test(className) && !className.includes("text-right") && lines.length > 0,
  );
  const first = content?.lines[0];
  if (content === undefined || first === undefined) return undefined;
  const header = cells.find(({ className }) => className.includes("header-cell"))?.lines[0]?.text;
  const dateAt = content.lines.findLastIndex(
    ({ text, link }) => link === undefined && localDate(text, "UTC") !== undefined,
  );
  const end = dateAt < 1 ? content.lines.length : dateAt;
  const subtitles = content.lines.slice(1, end).map(({ text, link }) => {
    return link === undefined ? { name: text } : { name: text, url: link.url };
  });
  return {
    activity: {
      ...(header === undefined ? {} : { header }),
      title: first.text,
      ...(first.link === undefined ? {} : { titleUrl: first.link.url }),
      ...(subtitles.length === 0 ? {} : { subtitles }),
      ...smallPrint(cells),
    },
    shownTime: dateAt < 1 ? "" : (content.lines[dateAt]?.text ?? ""),
  };
}

/** Headings of the small print end in a colon; they are translated, and in this order. */
function smallPrint(cells: readonly HtmlCell[]): RawObject {
  const lines = cells.find(({ className }) => className.includes("caption"))?.lines ?? [];
  const sections = new Map<string, string[]>();
  let current: string[] = [];
  for (const { text } of lines) {
    if (/[:：]$/.test(text)) {
      current = [];
      sections.set(text.slice(0, -1).trim(), current);
    } else current.push(text);
  }
  const products = sections.get("Products");
  const details = sections.get("Details");
  sections.delete("Products");
  sections.delete("Details");
  return {
    ...(products === undefined ? {} : { products }),
    ...(details === undefined ? {} : { details: details.map((name) => ({ name })) }),
    ...(sections.size === 0 ? {} : { smallPrint: [...sections] }),
  };
}
