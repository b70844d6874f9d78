import type { ArchiveEntry, InspectedInput } from "../connector.ts";

/**
 * The files of a kind: by their ending, and a lone file of any name by how it begins. Confidence 0.9 where one begins as it
 * should, 0.5 where the ending alone says so: it shall fail as a broken file of its kind.
 */
export async function findByContent(
  input: InspectedInput,
  { ending, beginning }: { readonly ending: RegExp; readonly beginning: RegExp },
): Promise<{ readonly entries: readonly ArchiveEntry[]; readonly confidence: number }> {
  const all = input.entries();
  const begins = async (path: string): Promise<boolean> => beginning.test(asciiOf(await input.head(path)));
  const named = all.filter(({ path }) => ending.test(path));
  if (named.length === 0) {
    const [only] = all;
    if (all.length !== 1 || only === undefined || !(await begins(only.path))) return { entries: [], confidence: 0 };
    return { entries: [only], confidence: 0.9 };
  }
  for (const { path } of named.slice(0, 4)) if (await begins(path)) return { entries: named, confidence: 0.9 };
  return { entries: named, confidence: 0.5 };
}

/** The beginning without marks, empty lines and the zeros of UTF-16. */
function asciiOf(head: Uint8Array): string {
  return String.fromCharCode(...head.subarray(0, 256).filter((byte) => byte !== 0 && byte < 0x80)).trimStart();
}
