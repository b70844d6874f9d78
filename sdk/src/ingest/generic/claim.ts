import type { ArchiveEntry, InspectedInput } from "../connector.ts";

/** The files whose names end so. */
function filesNamed(input: Pick<InspectedInput, "entries">, pattern: RegExp): readonly ArchiveEntry[] {
  return input.entries().filter(({ path }) => pattern.test(path));
}

/**
 * How sure a generic connector is: always less than one that knows the source. A single file is claimed by its name or its
 * beginning; of an archive only one that is mostly such files.
 */
export async function claim(
  input: InspectedInput,
  pattern: RegExp,
  looksLike: (head: Uint8Array) => boolean,
): Promise<number> {
  const entries = input.entries();
  const named = filesNamed(input, pattern).length;
  const [only] = entries;
  // Below every name that a service uses, above the last resort.
  if (only !== undefined && entries.length === 1)
    return named === 1 ? 0.29 : looksLike(await input.head(only.path)) ? 0.2 : 0;
  return named === 0 ? 0 : 0.06 + (0.1 * named) / entries.length;
}

/** The files to read: those with the usual name, or the only one there is. */
export function claimed(input: Pick<InspectedInput, "entries">, pattern: RegExp): readonly ArchiveEntry[] {
  const named = filesNamed(input, pattern);
  return named.length > 0 || input.entries().length > 1 ? named : input.entries();
}
