import { closeSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { PersonaError } from "@persona-protocol/sdk/errors";
import type { OpenSegmentSink, RecordSchema } from "@persona-protocol/sdk/ingest";
import { openSpooled } from "./diskSpool.ts";
import type { EncodeReply, EncodeRequest } from "./encodeMessages.ts";

/** Row groups that may be on their way: one is encoded while the next is filled. More only takes memory. */
const maxUnderWay = 2;

export type EncodeThread = {
  /** Sinks that encode on the thread, and spool into `folder`. */
  readonly openSink: OpenSegmentSink;
  /** After the last sink has finished or was discarded; what they gave can still be read. */
  close(): Promise<void>;
};

/**
 * Encodes segments on a thread of its own, beside the one that reads: half of an import's work is Parquet.
 *
 * Errors of its sinks: `STORE_FAILED`; `INTERNAL` when the thread ended.
 */
export function startEncodeThread(folder: string): EncodeThread {
  // The files outlive the thread: whoever reads them closes them.
  const worker = new Worker(new URL("./encodeThreadMain.ts", import.meta.url), {
    trackUnmanagedFds: false,
    // Without a bound, V8 lets its garbage grow to what the machine has. Two row groups and their encoding fit many times.
    resourceLimits: { maxYoungGenerationSizeMb: 32, maxOldGenerationSizeMb: 512 },
  });
  const waiting: { resolve(reply: EncodeReply): void; reject(cause: Error): void }[] = [];
  let underWay = 0;
  let roomFor: (() => void) | undefined;
  let failure: Error | undefined;
  let nextSink = 0;

  worker.on("message", (reply: EncodeReply) => waiting.shift()?.resolve(reply));
  const end = (cause: Error): void => {
    failure ??= cause;
    for (const { reject } of waiting.splice(0)) reject(cause);
  };
  worker.on("error", end);
  worker.on("exit", () => end(new PersonaError("INTERNAL", "The thread that encodes segments has ended.")));

  async function ask(request: EncodeRequest): Promise<Exclude<EncodeReply, { problem: object }>> {
    if (failure !== undefined) throw failure;
    const reply = await new Promise<EncodeReply>((resolve, reject) => {
      waiting.push({ resolve, reject });
      worker.postMessage(request);
    });
    if (reply.problem === undefined) return reply;
    const { code, message, data } = reply.problem;
    throw new PersonaError(code, message, { data });
  }

  /** Sends a group, and waits only while too many are under way. What goes wrong with it is said at the next step. */
  async function addWhenThereIsRoom(request: EncodeRequest): Promise<void> {
    while (underWay >= maxUnderWay) {
      await new Promise<void>((resolve) => {
        roomFor = resolve;
      });
    }
    if (failure !== undefined) throw failure;
    underWay += 1;
    ask(request)
      .catch((cause: Error) => {
        failure ??= cause;
      })
      .finally(() => {
        underWay -= 1;
        roomFor?.();
      });
  }

  return {
    async openSink(schema: RecordSchema) {
      const sink = nextSink++;
      const { fd } = await ask({ step: "open", sink, schema, folder });
      return {
        add: (group) => addWhenThereIsRoom({ step: "add", sink, group }),
        async finish() {
          const { finished } = await ask({ step: "finish", sink });
          if (finished === undefined) throw new PersonaError("INTERNAL", "A segment was finished without a file.");
          const { spool, ...summary } = finished;
          return { ...summary, content: openSpooled(spool) };
        },
        async discard() {
          if (failure === undefined) await ask({ step: "discard", sink });
          else if (fd !== undefined) closeSync(fd);
        },
      };
    },
    async close() {
      await worker.terminate();
    },
  };
}
