import { concatBytes } from "../crypto/bytes.ts";
import type { ArchiveInput } from "./connector.ts";
import { type Imported, importArchive } from "./importArchive.ts";
import type { SpooledSegment } from "./segmentWriter.ts";

/** One segment in clear, whole in memory. Never write `bytes` to disk or log as it is. */
export type ImportedSegment = Omit<SpooledSegment, "content"> & {
  /** A Parquet file. */
  readonly bytes: Uint8Array<ArrayBuffer>;
};

/** {@link importArchive} of what is small enough for memory. */
export async function readArchive(
  input: ArchiveInput,
  options: readArchive.Options = {},
): Promise<readArchive.ReturnType> {
  const { segments, ownerOnly, ...rest } = await importArchive(input, options);
  return { ...rest, segments: await all(segments), ownerOnly: await all(ownerOnly) };
}

export declare namespace readArchive {
  type Options = Omit<importArchive.Options, "openSpool" | "threads">;
  type ReturnType = Imported<ImportedSegment>;
}

async function all(segments: readonly SpooledSegment[]): Promise<ImportedSegment[]> {
  return Promise.all(
    segments.map(async ({ content, ...segment }) => ({
      ...segment,
      bytes: concatBytes(...(await Array.fromAsync(content.read()))),
    })),
  );
}
