import { Worker } from "node:worker_threads";
import { PersonaError } from "@persona-protocol/sdk/errors";
import { encodeRowGroup, type ImportThreads } from "@persona-protocol/sdk/ingest/batches";
import { releaseMemory } from "../enclave/runtime/releaseMemory.ts";
import type { ThreadAnswers, ThreadReply, ThreadRequest } from "./importMessages.ts";

export type StartedThreads = ImportThreads & {
  /** After the import; what it gave stays. */
  close(): Promise<void>;
};

/** Two cores are what an import is measured on; the main thread only reads, and mostly waits. */
const threadCount = 2;

/**
 * Threads that parse large exports and encode segments, beside the one that reads.
 *
 * Errors of what they do: those of the work itself; `ARCHIVE_TOO_LARGE` when a thread's memory was not enough for it; `INTERNAL`
 * when one ended.
 */
export function startImportThreads(): StartedThreads {
  const threads: Thread[] = [];
  let isClosed = false;

  /** Who has least to do. Started when there is work: most imports are small and have none for them. */
  function freest(): Thread {
    if (isClosed) throw new PersonaError("INTERNAL", "The threads of an import were asked after their end.");
    const [first, ...others] = [...threads].sort((one, other) => one.asked() - other.asked());
    if (first !== undefined && (first.asked() === 0 || others.length + 1 === threadCount)) return first;
    const thread = startThread();
    threads.push(thread);
    // While the first one loads there is time.
    if (threads.length === 1) releaseMemory();
    return thread;
  }

  return {
    // One on each thread, and one on its way to whoever is done first.
    batchesUnderWay: threadCount + 1,
    async open({ id: connector }, options) {
      const opened = new Map<Thread, Promise<undefined>>();
      return {
        async parse(batch, repeats) {
          const thread = freest();
          const ready = opened.get(thread) ?? thread.ask({ step: "open", connector, options });
          opened.set(thread, ready);
          const parsed = thread.ask({ step: "parse", batch, repeats }, [batch.bytes.buffer, batch.marks.buffer]);
          return (await Promise.all([ready, parsed]))[1];
        },
      };
    },
    encode(schema, group) {
      if (group.records <= fewRecords) return encodeRowGroup(schema, group);
      return freest().ask({ step: "encode", schema, group });
    },
    async close() {
      isClosed = true;
      await Promise.all(threads.map((thread) => thread.close()));
    },
  };
}

/** Encoded here: sooner done than sent. */
const fewRecords = 256;

type Thread = {
  ask<Step extends ThreadRequest["step"]>(
    request: Extract<ThreadRequest, { readonly step: Step }>,
    handedOver?: ArrayBuffer[],
  ): Promise<ThreadAnswers[Step]>;
  /** Requests that are not answered. */
  asked(): number;
  close(): Promise<void>;
};

function startThread(): Thread {
  const worker = new Worker(new URL("./importThreadMain.ts", import.meta.url), {
    // Without a bound, V8 lets its garbage grow to what the machine has. A few batches and their encoding fit many times.
    resourceLimits: { maxYoungGenerationSizeMb: 24, maxOldGenerationSizeMb: 256 },
  });
  const waiting: { resolve(reply: ThreadReply): void; reject(cause: Error): void }[] = [];
  let failure: Error | undefined;

  worker.on("message", (reply: ThreadReply) => waiting.shift()?.resolve(reply));
  const end = (cause: Error): void => {
    failure ??= cause;
    for (const { reject } of waiting.splice(0)) reject(failure);
  };
  worker.on("error", (error: Error & { readonly code?: string }) =>
    end(error.code === outOfMemory ? tooMuch(error) : error),
  );
  worker.on("exit", () => end(new PersonaError("INTERNAL", "A thread of an import has ended.")));

  return {
    async ask<Step extends ThreadRequest["step"]>(
      request: Extract<ThreadRequest, { readonly step: Step }>,
      handedOver: ArrayBuffer[] = [],
    ): Promise<ThreadAnswers[Step]> {
      if (failure !== undefined) throw failure;
      const reply = await new Promise<ThreadReply>((resolve, reject) => {
        waiting.push({ resolve, reject });
        worker.postMessage(request, handedOver);
      });
      // Each step is answered with its own: the protocol says so, and no type can.
      if (reply.problem === undefined) return reply.answer as ThreadAnswers[Step];
      const { code, message, data } = reply.problem;
      throw new PersonaError(code, message, { data });
    },
    asked: () => waiting.length,
    async close() {
      await worker.terminate();
    },
  };
}

const outOfMemory = "ERR_WORKER_OUT_OF_MEMORY";

function tooMuch(cause: Error): PersonaError {
  return new PersonaError("ARCHIVE_TOO_LARGE", "A stretch of the export takes more memory than an import may use.", {
    cause,
  });
}
