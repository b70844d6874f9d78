// The thread that makes Parquet of row groups while the main one reads on. Started by encodeThread.ts.
import { parentPort } from "node:worker_threads";
import { isPersonaError } from "@persona-protocol/sdk/errors";
import { createParquetWriter, type ParquetWriter } from "@persona-protocol/sdk/ingest";
import { createDiskSpool } from "./diskSpool.ts";
import type { EncodeProblem, EncodeReply, EncodeRequest } from "./encodeMessages.ts";

type Sink = { readonly parquet: ParquetWriter; readonly spool: ReturnType<typeof createDiskSpool> };

const sinks = new Map<number, Sink>();
let last: Promise<void> = Promise.resolve();

parentPort?.on("message", (request: EncodeRequest) => {
  // One after the other: a group of a file comes behind the one before it.
  last = last.then(async () => parentPort?.postMessage(await answer(request)));
});

async function answer(request: EncodeRequest): Promise<EncodeReply> {
  try {
    return await work(request);
  } catch (error) {
    return { problem: problemOf(error) };
  }
}

async function work(request: EncodeRequest): Promise<EncodeReply> {
  if (request.step === "open") {
    const spool = createDiskSpool(request.folder);
    const parquet = createParquetWriter(request.schema, (bytes) => spool.write(bytes));
    sinks.set(request.sink, { spool, parquet });
    return { fd: spool.fd };
  }
  const sink = sinks.get(request.sink);
  if (sink === undefined) throw new RangeError(`there is no sink ${request.sink}`);
  if (request.step === "add") {
    await sink.parquet.add(request.group);
    return {};
  }
  sinks.delete(request.sink);
  if (request.step === "finish") {
    const summary = await sink.parquet.finish();
    return { finished: { ...summary, spool: sink.spool.finish() } };
  }
  sink.spool.discard();
  return {};
}

function problemOf(error: unknown): EncodeProblem {
  if (isPersonaError(error)) return { code: error.code, message: error.shortMessage, data: { ...error.data } };
  return { code: "INTERNAL", message: `Encoding a segment failed: ${String(error)}`, data: {} };
}
