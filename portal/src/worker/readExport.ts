import { isErrorCode, PersonaError } from "@persona-protocol/sdk/errors";
import type { Found, ImportAnswer, ImportRequest } from "./importMessages.ts";
import workerUrl from "./importWorker.ts?worker&url";
import { startWorker } from "./startWorker.ts";

/** Reads an export in a thread of its own. @throws PersonaError what the connectors refuse; CANCELLED */
export function readExport(
  request: ImportRequest,
  {
    signal,
    onProgress,
  }: { signal: AbortSignal; onProgress: (progress: { file: string; done: number; total: number }) => void },
): Promise<Found> {
  const worker = startWorker(workerUrl);
  return new Promise<Found>((resolve, reject) => {
    signal.addEventListener("abort", () => reject(new PersonaError("CANCELLED", "The import was stopped.")), {
      once: true,
    });
    worker.onerror = (event) => reject(new Error(event.message || "the browser could not start reading"));
    worker.onmessage = ({ data }: { data: ImportAnswer }) => {
      if (data.type === "progress") return onProgress(data);
      if (data.type === "found") return resolve(data.found);
      const { code, message, data: facts } = data;
      reject(
        code !== undefined && isErrorCode(code) ? new PersonaError(code, message, { data: facts }) : new Error(message),
      );
    };
    worker.postMessage(request);
  }).finally(() => worker.terminate());
}
