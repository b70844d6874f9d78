import { Worker } from "node:worker_threads";

/** As many as the reference machine has cores: while one waits for the disk the other hashes. */
const THREADS = 2;

export type LeafRequest = Target & { readonly id: number; readonly memory: ArrayBuffer; readonly length: number };
/** The memory comes back either way. */
export type LeafReply = { readonly id: number; readonly memory: ArrayBuffer } & (
  | { readonly written: WrittenLeaf; readonly problem?: never }
  | { readonly problem: LeafProblem; readonly written?: never }
);

/** `code`: the system's, such as ENOSPC; what a store says of its failure depends on it. */
export type LeafProblem = { readonly message: string; readonly code: string | undefined };

type Target = { readonly blocks: string; readonly temporary: string; readonly durable: boolean };
type WrittenLeaf = { readonly digest: Uint8Array; readonly folder: string };
type Written = WrittenLeaf & { readonly memory: Uint8Array<ArrayBuffer> };
type Waiting = { resolve(written: Written): void; reject(cause: Error): void };
type Thread = { readonly worker: Worker; readonly waiting: Map<number, Waiting> };

/** Shared by all stores of the process, started by the first large file; they do not keep the process alive. */
const threads: Thread[] = [];
let nextId = 0;

/**
 * Hashes a leaf and writes it into `blocks`, on another thread. The leaf's memory goes there and comes back: `bytes` must
 * begin its buffer, and is empty afterwards.
 */
export function writeLeaf(bytes: Uint8Array<ArrayBuffer>, target: Target): Promise<Written> {
  const thread = idlest();
  const id = nextId++;
  const request: LeafRequest = { ...target, id, memory: bytes.buffer, length: bytes.length };
  return new Promise((resolve, reject) => {
    // First, for it throws where the memory is gone: nobody must wait for a leaf that was never sent.
    thread.worker.postMessage(request, [request.memory]);
    thread.waiting.set(id, { resolve, reject });
    thread.worker.ref();
  });
}

function idlest(): Thread {
  if (threads.length < THREADS) return start();
  return threads.reduce((best, thread) => (thread.waiting.size < best.waiting.size ? thread : best));
}

function start(): Thread {
  // Small young generation: what a leaf leaves behind is a few strings.
  const worker = new Worker(new URL("./leafWriterMain.ts", import.meta.url), {
    resourceLimits: { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 64 },
  });
  const thread: Thread = { worker, waiting: new Map() };
  threads.push(thread);
  worker.on("message", ({ id, memory, written, problem }: LeafReply) => {
    const waiting = thread.waiting.get(id);
    thread.waiting.delete(id);
    if (thread.waiting.size === 0) worker.unref();
    if (written === undefined) waiting?.reject(Object.assign(new Error(problem.message), { code: problem.code }));
    else waiting?.resolve({ ...written, memory: new Uint8Array(memory) });
  });
  const end = (cause: Error): void => {
    const at = threads.indexOf(thread);
    if (at !== -1) threads.splice(at, 1);
    for (const { reject } of thread.waiting.values()) reject(cause);
    thread.waiting.clear();
  };
  worker.on("error", end);
  worker.on("exit", (code) => end(new Error(`the thread that writes blocks ended with code ${code}`)));
  return thread;
}
