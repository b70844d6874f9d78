const LINE = 120; // Biome's: what is written here is checked there

/** JSON as Biome would leave it, with an object or a list of plain values on one line where it fits. */
export function formatJson(value: unknown): string {
  return `${format(value, 0, 0)}\n`;
}

function format(value: unknown, depth: number, before: number): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const list = Array.isArray(value);
  const entries = list
    ? value.map((item: unknown) => ["", item] as const)
    : Object.entries(value).map(([key, item]) => [`${JSON.stringify(key)}: `, item] as const);
  const [open, close] = list ? "[]" : "{}";
  if (entries.length === 0) return `${open}${close}`;
  if (entries.every(([, item]) => typeof item !== "object" || item === null)) {
    const space = list ? "" : " ";
    const line = `${open}${space}${entries.map(([key, item]) => key + JSON.stringify(item)).join(", ")}${space}${close}`;
    if (before + line.length + 1 <= LINE) return line;
  }
  const indent = "  ".repeat(depth + 1);
  const lines = entries.map(([key, item]) => indent + key + format(item, depth + 1, indent.length + key.length));
  return `${open}\n${lines.join(",\n")}\n${"  ".repeat(depth)}${close}`;
}
