import type { ArchiveInput, InspectedInput } from "./connector.ts";

const headBytes = 4096;

/** An input whose heads are read once and remembered. */
export function inspectInput(
  input: ArchiveInput,
  options: { readonly signal?: AbortSignal | undefined } = {},
): InspectedInput {
  const heads = new Map<string, Promise<Uint8Array>>();
  const sizes = new Map(input.entries().map(({ path, size }) => [path, size]));
  return {
    entries: () => input.entries(),
    read: (path, readOptions) => input.read(path, readOptions),
    head(path) {
      const known = heads.get(path) ?? readHead(input, path, { ...options, maxBytes: sizes.get(path) ?? 0 });
      heads.set(path, known);
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
