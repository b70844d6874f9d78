/**
 * The only door of an enclave: length-prefixed DAG-CBOR messages over a byte stream (stdio or a Unix socket), in both
 * directions. Frame = uint32 length ‖ version byte ‖ CBOR. Message = call, answer or failure, matched by id.
 *
 * Both sides treat the other as hostile: sizes are bounded before anything is allocated, an unknown message ends the
 * connection, and a failure carries a code of the error table and a text that never holds keys, plaintext or arguments.
 */
import type { Readable, Writable } from "node:stream";
import * as dagCbor from "@ipld/dag-cbor";
import { isErrorCode, isPersonaError, knowSourceErrors, PersonaError } from "@persona-protocol/sdk/errors";
import { hasMoreItems } from "@persona-protocol/sdk/storage";
import { z } from "zod";

/** Largest frame either side accepts; blobs travel in pieces well below it. */
const maxFrameBytes = 32 * 1024 * 1024;
const maxUnsentBytes = 8 * maxFrameBytes;
/** First byte of every frame's body: a side that speaks another version is refused before anything of it is decoded. */
export const peerVersion = 1;
/** Calls that may wait for an answer at once, of either side; more is a peer gone wrong. */
const maxPendingCalls = 4_096;
/** Values in one message: a frame of 32 MiB could hold that many million, each some bytes of memory more than it is long. */
const maxItems = 1_000_000;
const maxDepth = 64;

const message = z.union([
  z.strictObject({ id: z.number().int(), method: z.string().max(64), params: z.unknown() }),
  z.strictObject({ id: z.number().int(), value: z.unknown() }),
  z.strictObject({
    id: z.number().int(),
    error: z.strictObject({
      code: z.string().max(64),
      message: z.string().max(4_096),
      data: z.record(z.string().max(64), z.string().max(1_024)),
    }),
  }),
]);
type Message = z.infer<typeof message>;
type Failure = Extract<Message, { error: unknown }>["error"];

export type PeerMethods = Readonly<Record<string, (params: unknown) => Promise<unknown>>>;

export type Peer = {
  /** Calls the other side. @throws PersonaError with the other side's code, or ENCLAVE_FAILED when the stream ends. */
  call(method: string, params: unknown, options?: { readonly timeoutMs?: number }): Promise<unknown>;
  /** Resolves when the stream has ended, for whatever reason. */
  readonly closed: Promise<void>;
  close(): void;
};

type Pending = {
  resolve(value: unknown): void;
  reject(error: unknown): void;
  readonly timer: NodeJS.Timeout | undefined;
};

export function createPeer(options: {
  readonly input: Readable;
  readonly output: Writable;
  readonly methods: PeerMethods;
}): Peer {
  const { input, output, methods } = options;
  const pending = new Map<number, Pending>();
  const takesCalls = Object.keys(methods).length > 0;
  let nextId = 1;
  let open = true;
  let gathering = false;
  const { promise: closed, resolve: resolveClosed } = Promise.withResolvers<void>();

  const send = (value: Message) => {
    if (!open) return;
    const body = dagCbor.encode(value);
    if (body.length >= maxFrameBytes)
      throw new PersonaError("LIMIT_EXCEEDED", "A message to the other side of the enclave door is too large.");
    const head = new Uint8Array(5);
    new DataView(head.buffer).setUint32(0, body.length + 1);
    head[4] = peerVersion;
    // One system call for what is ready in this turn, and then at once: what is computed meanwhile must not hold it back.
    if (!gathering) {
      gathering = true;
      output.cork();
      queueMicrotask(sendGathered);
    }
    output.write(head);
    output.write(body);
    // A side that asks and never reads must not fill our memory.
    if (output.writableLength > maxUnsentBytes) end(new Error("the other side does not read"));
  };

  const sendGathered = () => {
    gathering = false;
    output.uncork();
  };

  const end = (cause?: unknown) => {
    if (!open) return;
    open = false;
    for (const { reject, timer } of pending.values()) {
      clearTimeout(timer);
      reject(new PersonaError("ENCLAVE_FAILED", "The connection to the enclave has ended.", { cause }));
    }
    pending.clear();
    input.destroy();
    output.end();
    resolveClosed();
  };

  let answering = 0;
  const answer = async (id: number, method: string, params: unknown) => {
    answering += 1;
    try {
      if (answering > maxPendingCalls)
        throw new PersonaError("LIMIT_EXCEEDED", "Too many calls wait at the enclave door.");
      const handler = Object.hasOwn(methods, method) ? methods[method] : undefined;
      if (handler === undefined)
        throw new PersonaError("REQUEST_INVALID", "The enclave door has no such method.", { data: { method } });
      send({ id, value: (await handler(params)) ?? null });
    } catch (error) {
      send({ id, error: failureOf(error) });
    } finally {
      answering -= 1;
    }
  };

  const receive = (body: Uint8Array) => {
    if (body[0] !== peerVersion) {
      throw new PersonaError("REQUEST_INVALID", "The other side of the enclave door speaks another version.", {
        data: { got: body[0] ?? -1, wanted: peerVersion },
      });
    }
    const bytes = body.subarray(1);
    if (hasMoreItems(bytes, maxItems, maxDepth))
      throw new PersonaError("REQUEST_INVALID", "A message over the enclave door has too many values.");
    const parsed = message.safeParse(dagCbor.decode(bytes));
    if (!parsed.success) throw new PersonaError("REQUEST_INVALID", "A message over the enclave door is malformed.");
    const value = parsed.data;
    if ("method" in value) {
      if (!takesCalls) throw new PersonaError("REQUEST_INVALID", "This side of the enclave door takes no calls.");
      void answer(value.id, value.method, value.params);
      return;
    }
    const waiting = pending.get(value.id);
    if (waiting === undefined) return; // It came after its time-out.
    pending.delete(value.id);
    clearTimeout(waiting.timer);
    if ("error" in value) waiting.reject(errorOf(value.error));
    else waiting.resolve(value.value);
  };

  readFrames(input, receive).then(() => end(), end);
  output.on("error", end);

  return {
    call(method, params, { timeoutMs } = {}) {
      return new Promise((resolve, reject) => {
        if (!open) throw new PersonaError("ENCLAVE_FAILED", "The connection to the enclave has ended.");
        if (pending.size >= maxPendingCalls)
          throw new PersonaError("LIMIT_EXCEEDED", "Too many calls wait at the enclave door.");
        const id = nextId++;
        const onTimeout = () => {
          pending.delete(id);
          reject(
            new PersonaError("ENCLAVE_FAILED", "The other side of the enclave door did not answer in time.", {
              data: { method },
            }),
          );
        };
        const timer = timeoutMs === undefined ? undefined : setTimeout(onTimeout, timeoutMs);
        pending.set(id, { resolve, reject, timer });
        try {
          send({ id, method, params });
        } catch (error) {
          // Too large, or no CBOR: nobody will answer what was never sent.
          pending.delete(id);
          clearTimeout(timer);
          throw error;
        }
      });
    },
    closed,
    close: () => end(),
  };
}

/** Calls `receive` for each frame until the stream ends. Rejects at the first frame that is too large, cut off or not CBOR. */
async function readFrames(input: Readable, receive: (body: Uint8Array) => void): Promise<void> {
  const chunks: Uint8Array[] = [];
  let buffered = 0;
  const take = (length: number): Uint8Array => {
    const out = new Uint8Array(length);
    let filled = 0;
    while (filled < length) {
      const chunk = chunks[0] as Uint8Array;
      const part = chunk.subarray(0, length - filled);
      out.set(part, filled);
      filled += part.length;
      if (part.length === chunk.length) chunks.shift();
      else chunks[0] = chunk.subarray(part.length);
    }
    buffered -= length;
    return out;
  };

  let wanted: number | undefined;
  for await (const chunk of input) {
    chunks.push(chunk as Uint8Array);
    buffered += (chunk as Uint8Array).length;
    for (;;) {
      if (wanted === undefined) {
        if (buffered < 4) break;
        wanted = new DataView(take(4).buffer).getUint32(0);
        if (wanted > maxFrameBytes)
          throw new PersonaError("REQUEST_INVALID", "A frame over the enclave door is too large.", {
            data: { bytes: wanted },
          });
      }
      if (buffered < wanted) break;
      const body = take(wanted);
      wanted = undefined;
      receive(body);
    }
  }
}

function failureOf(error: unknown): Failure {
  // Only errors of the table cross the door: another error's text could hold anything.
  const known = isPersonaError(error)
    ? error
    : new PersonaError("INTERNAL", "An unexpected error inside.", { cause: error });
  const { code, message: text, data } = known.toJSON();
  const short = Object.entries(data).map(([name, value]) => [name.slice(0, 64), value.slice(0, 1_024)] as const);
  return { code, message: text.slice(0, 4_096), data: Object.fromEntries(short) };
}

function errorOf(failure: Failure): PersonaError {
  knowSourceErrors();
  return new PersonaError(isErrorCode(failure.code) ? failure.code : "INTERNAL", failure.message, {
    data: failure.data,
  });
}
