const units = [
  ["year", 31_536_000],
  ["month", 2_592_000],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
] as const;

/** A length of time in its largest unit that fits at least once: "12 days". Nothing is rounded up: a grant never seems longer. */
export function formatSpan(seconds: number): string {
  for (const [name, length] of units) {
    const count = Math.floor(seconds / length);
    // 45 days are 45 days, not a month.
    if (name === "month" && seconds < 90 * 86_400) continue;
    if (count >= 1) return `${count} ${name}${count === 1 ? "" : "s"}`;
  }
  return seconds < 1 ? "a moment" : `${Math.floor(seconds)} second${Math.floor(seconds) === 1 ? "" : "s"}`;
}
