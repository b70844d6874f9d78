/** So many lines or records, each made of its number. */
export function listOf<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}

/** A cell of CSV, quoted where it must be. */
function csvCell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export function csvText(rows: readonly (readonly string[])[], end = "\n"): string {
  return rows.map((cells) => cells.map(csvCell).join(",") + end).join("");
}
