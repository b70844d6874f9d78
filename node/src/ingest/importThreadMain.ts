// A thread that parses batches of an export and makes Parquet of them while the main one reads on. Started by importThreads.ts.
import { parentPort } from "node:worker_threads";
import { isPersonaError, PersonaError } from "@persona-protocol/sdk/errors";
import {
  type BatchWork,
  createBatchWork,
  encodeRowGroup,
  loadBatchConnector,
} from "@persona-protocol/sdk/ingest/batches";
import type { ThreadAnswers, ThreadProblem, ThreadReply, ThreadRequest } from "./importMessages.ts";

let work: BatchWork | undefined;
let last: Promise<void> = Promise.resolve();

parentPort?.on("message", (request: ThreadRequest) => {
  // One after the other: two batches side by side would only take memory.
  last = last.then(async () => {
    const reply = await replyTo(request);
    parentPort?.postMessage(reply, reply.problem === undefined ? memoryOf(reply.answer) : []);
  });
});

async function replyTo(request: ThreadRequest): Promise<ThreadReply> {
  try {
    return { answer: await answerTo(request) };
  } catch (error) {
    return { problem: problemOf(error) };
  }
}

async function answerTo(request: ThreadRequest): Promise<ThreadAnswers[ThreadRequest["step"]]> {
  if (request.step === "encode") return encodeRowGroup(request.schema, request.group);
  if (request.step === "open") {
    const connector = await loadBatchConnector(request.connector);
    if (connector === undefined)
      throw new PersonaError("INTERNAL", "A thread does not know the connector it is to use.");
    work = createBatchWork(connector, request.options);
    return undefined;
  }
  if (work === undefined) throw new PersonaError("INTERNAL", "A thread got a batch before it knew of what.");
  const { batch, repeats } = request;
  return { ...(await work.parse(batch, repeats)), batch };
}

/** What is handed over and not copied. */
function memoryOf(answer: ThreadAnswers[ThreadRequest["step"]]): ArrayBuffer[] {
  if (answer === undefined) return [];
  if (!("segments" in answer)) return [answer.bytes.buffer];
  const { segments, finished, batch } = answer;
  return [
    ...segments.flatMap(({ keys }) => (keys === undefined ? [] : [keys.buffer])),
    ...finished.groups.map(({ group }) => group.bytes.buffer),
    batch.bytes.buffer,
    batch.marks.buffer,
  ];
}

function problemOf(error: unknown): ThreadProblem {
  if (isPersonaError(error)) return { code: error.code, message: error.shortMessage, data: { ...error.data } };
  return { code: "INTERNAL", message: `Reading an export failed: ${String(error)}`, data: {} };
}
