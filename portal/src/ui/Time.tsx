import { formatSpan } from "./formatSpan.ts";

const full = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const day = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });

/** A moment in the reader's zone; Unix seconds. With `away`, also how far from now. */
export function Time({ at, short = false, away = false }: { at: number; short?: boolean; away?: boolean }) {
  const date = new Date(at * 1_000);
  // Chains hold numbers that no calendar has.
  if (Number.isNaN(date.getTime()) || at > 253_402_300_799) return <span>without end</span>;
  const fromNow = at - Date.now() / 1_000;
  const said = away
    ? ` (${fromNow >= 0 ? "in " : ""}${formatSpan(Math.abs(fromNow))}${fromNow < 0 ? " ago" : ""})`
    : "";
  return (
    <time dateTime={date.toISOString()} title={date.toISOString()}>
      {(short ? day : full).format(date)}
      {said}
    </time>
  );
}
