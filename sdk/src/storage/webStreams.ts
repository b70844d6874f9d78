import { decryptEnvelope, encryptEnvelope } from "./envelope.ts";

/**
 * The envelope as streams of the web platform, for `fetch`, `File`, `CompressionStream`, OPFS and the like:
 *
 *     await file.stream().pipeThrough(encryptionStream({ … , plaintextLength: file.size })).pipeTo(upload);
 *
 * Backpressure works through: a piece is made when the reader wants it. Errors are those of the functions below; cancelling
 * either side ends the other and wipes the key.
 */

/** {@link encryptEnvelope} as a transform. */
export function encryptionStream(parameters: encryptEnvelope.Parameters): BytesTransform {
  return transformOf((source) => encryptEnvelope(source, { ...parameters, transient: false }));
}

/**
 * {@link decryptEnvelope} as a transform. What has come out before the readable side closes without an error is authentic and in
 * its place, but may be only the beginning.
 */
export function decryptionStream(parameters: decryptEnvelope.Parameters): BytesTransform {
  return transformOf((source) => decryptEnvelope(source, { ...parameters, transient: false }));
}

/** What `pipeThrough` takes. */
export type BytesTransform = {
  readonly readable: ReadableStream<Uint8Array<ArrayBuffer>>;
  readonly writable: WritableStream<Uint8Array>;
};

/** The bytes of a stream as the other functions here take them. Ending early cancels the stream. */
export async function* bytesOfStream(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  // Not `for await (… of stream)`: Safari's streams cannot be iterated.
  const reader = stream.getReader();
  let ended = false;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      ended = done;
      if (done) return;
      yield value;
    }
  } catch (cause) {
    ended = true;
    throw cause;
  } finally {
    if (!ended) await reader.cancel();
    reader.releaseLock();
  }
}

/** Any bytes as a stream, one piece for each that the reader asks for. */
export function streamOfBytes<T extends Uint8Array>(source: AsyncIterable<T>): ReadableStream<T> {
  return pulledStream(source, async () => {});
}

function pulledStream<T extends Uint8Array>(
  source: AsyncIterable<T>,
  onCancel: () => Promise<void>,
): ReadableStream<T> {
  const iterator = source[Symbol.asyncIterator]();
  return new ReadableStream<T>(
    {
      async pull(controller) {
        const next = await iterator.next();
        if (next.done === true) controller.close();
        else controller.enqueue(next.value);
      },
      async cancel() {
        await iterator.return?.();
        await onCancel();
      },
    },
    { highWaterMark: 0 },
  );
}

function transformOf(
  work: (source: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array<ArrayBuffer>>,
): BytesTransform {
  const input = new TransformStream<Uint8Array, Uint8Array>();
  // Where the work ended before it read its source, the writing side must learn of it too.
  const cancelInput = async (): Promise<void> => {
    if (!input.readable.locked) await input.readable.cancel();
  };
  async function* output(): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
    try {
      yield* work(bytesOfStream(input.readable));
    } catch (cause) {
      await cancelInput();
      throw cause;
    }
  }
  return { readable: pulledStream(output(), cancelInput), writable: input.writable };
}
