import { isPersonaError } from "@persona-protocol/sdk/errors";
import { importArchive, openBrowserArchive } from "@persona-protocol/sdk/ingest";

export type WorkerImport =
  | {
      readonly connector: string;
      readonly segments: Readonly<Record<string, number>>;
      /** Of all Parquet files. */
      readonly bytes: number;
      readonly seconds: number;
    }
  | { readonly error: string };

/** Imports the files it is given, as an application would: the page only waits. */
type Scope = {
  onmessage?: (event: { data: readonly File[] }) => Promise<void>;
  postMessage(data: WorkerImport): void;
};
const scope = globalThis as unknown as Scope;

scope.onmessage = async ({ data: files }) => {
  try {
    const from = performance.now();
    const archive = await openBrowserArchive(files);
    const { connector, segments } = await importArchive(archive);
    await archive.close();
    scope.postMessage({
      connector,
      segments: Object.fromEntries(segments.map(({ name, records }) => [name, records])),
      bytes: segments.reduce((sum, { content }) => sum + content.size, 0),
      seconds: (performance.now() - from) / 1_000,
    });
  } catch (error) {
    scope.postMessage({ error: isPersonaError(error) ? error.code : String(error) });
  }
};
