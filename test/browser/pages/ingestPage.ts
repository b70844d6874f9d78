import type { WorkerImport } from "./importWorker.ts";
import { type Liveliness, watch } from "./liveliness.ts";

/** What runs in the page. Only plain data goes in and out. */

/** Fetches the files, as if they had been chosen, and imports them in a worker while it watches itself. */
export async function importInWorker(
  paths: Readonly<Record<string, string>>,
): Promise<{ readonly imported: WorkerImport; readonly page: Liveliness }> {
  const files: File[] = [];
  for (const [name, path] of Object.entries(paths)) files.push(new File([await (await fetch(path)).blob()], name));
  type Port = { onmessage?: (event: { data: WorkerImport }) => void; postMessage(data: unknown): void };
  const { Worker } = globalThis as unknown as { Worker: new (url: string, options: { type: "module" }) => Port };
  const stop = watch();
  const worker = new Worker("/worker.js", { type: "module" });
  const imported = await new Promise<WorkerImport>((resolve) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.postMessage(files);
  });
  return { imported, page: stop() };
}

/** The same on the page's own thread, where it is felt: the watch must see that. */
export async function blockFor(milliseconds: number): Promise<Liveliness> {
  const stop = watch();
  await new Promise((resolve) => setTimeout(resolve, 20));
  const until = performance.now() + milliseconds;
  while (performance.now() < until);
  await new Promise((resolve) => setTimeout(resolve, 20));
  return stop();
}
