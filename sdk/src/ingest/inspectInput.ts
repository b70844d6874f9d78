import type { ArchiveInput, InspectedInput } from "./connector.ts";

const headBytes = 4096;
/** Of an archive with more files, the heads of the others are read again: a hundred thousand would be 400 MB. */
const maxHeads = 2_000;

/**
 * What systems leave beside the files of a folder, also when it is packed again: macOS's resource forks and folder views, Windows' thumbnails.
 * They have the names of the files they stand for, and nothing of an export in them: they are counted as such.
 */
const leftBeside = /(?:^|\/)(?:__MACOSX\/.*|\._[^/]*|\.DS_Store|Thumbs\.db|desktop\.ini)$/;

/**
 * An input whose heads are read once and remembered, without the files that systems leave beside others; one that has them already is
 * given back.
 */
export function inspectInput(
  input: ArchiveInput | InspectedInput,
  options: { readonly signal?: AbortSignal | undefined } = {},
): InspectedInput {
  if ("head" in input) return input;
  const heads = new Map<string, Promise<Uint8Array>>();
  const all = input.entries();
  const own = all.filter(({ path }) => !leftBeside.test(path));
  // Nothing else: then it is what was meant.
  const entries = own.length > 0 ? own : all;
  const sizes = new Map(entries.map(({ path, size }) => [path, size]));
  return {
    leftBeside: all.length - entries.length,
    entries: () => entries,
    read: (path, readOptions) => input.read(path, readOptions),
    head(path) {
      const known = heads.get(path) ?? readHead(input, path, { ...options, maxBytes: sizes.get(path) ?? 0 });
      if (heads.size < maxHeads) heads.set(path, known);
      return known;
    },
  };
}

async function readHead(
  input: ArchiveInput,
  path: string,
  options: { readonly maxBytes: number; readonly signal?: AbortSignal | undefined },
): Promise<Uint8Array> {
  const head = new Uint8Array(headBytes);
  let length = 0;
  for await (const piece of input.read(path, options)) {
    const part = piece.subarray(0, headBytes - length);
    head.set(part, length);
    length += part.length;
    if (length === headBytes) break;
  }
  return head.subarray(0, length);
}
