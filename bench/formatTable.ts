/** Nested figures as lines of `a.b.c  value`, aligned. */
export function formatTable(result: object): string {
  const rows = flatten(result, "");
  const width = Math.max(0, ...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}\n`).join("");
}

function flatten(value: object, prefix: string): [name: string, value: string][] {
  return Object.entries(value).flatMap(([key, item]: [string, unknown]) =>
    typeof item === "object" && item !== null
      ? flatten(item, `${prefix}${key}.`)
      : [[`${prefix}${key}`, typeof item === "number" ? item.toLocaleString("en") : String(item)]],
  );
}
