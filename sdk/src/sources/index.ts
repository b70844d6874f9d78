/** Sources for `persona.importDataset`: a person's export, read where it lies. Apart from the rest, so that a page which only asks
 * for access does not load thirty formats. */
import type { DatasetSource } from "../actions/importDataset.ts";
import { type ArchiveInput, importArchive, openBrowserArchive } from "../ingest/index.ts";

export type ExportOptions = Pick<
  importArchive.Options,
  "limits" | "timeZone" | "thirdParties" | "openSpool" | "threads" | "known"
> & {
  /** Id of the connector to take; the surest one otherwise. */
  readonly connector?: string;
};

/** A file or several of one export (of a page's `<input type="file">`, or Node's `openAsBlob(path)`), or an opened archive. */
export type ExportFile = Blob | readonly Blob[] | ArchiveInput;

/** An archive as X gives it. */
export const xArchive = (file: ExportFile, options: ExportOptions = {}): DatasetSource =>
  anyExport(file, { connector: "x-archive", ...options });

/** Whatever a connector recognises: docs/connectors.md. Empty segments stay, so that later imports find their place. */
export function anyExport(file: ExportFile, options: ExportOptions = {}): DatasetSource {
  return {
    async read({ signal, onProgress }) {
      const opened = await open(file, signal);
      try {
        const imported = await importArchive(opened.archive, { ...options, signal, onProgress });
        const all = [...imported.segments, ...imported.ownerOnly];
        return {
          segments: all.map(({ content, ...segment }) => ({ ...segment, bytes: content })),
          remarks: imported.remarks,
          discard: async () => {
            for (const { content } of all) await content.discard();
          },
        };
      } finally {
        await opened.close();
      }
    },
  };
}

async function open(file: ExportFile, signal: AbortSignal | undefined) {
  if ("entries" in file && "read" in file) return { archive: file, close: async () => {} };
  const files = file instanceof Blob ? [file] : file;
  const archive = await openBrowserArchive(files, signal === undefined ? {} : { signal });
  return { archive, close: () => archive.close() };
}
