import { PersonaError } from "../../errors/index.ts";
import { notZip } from "../archive/index.ts";

/** Bytes given at once: a stream unpacks all of them before it looks whether anybody still wants them, at most 1,032 to 1. */
const fedBytes = 16 * 1024;

/**
 * Unpacks by the platform's own stream, in pieces; it stops while nobody takes them. `name` is what errors call the file.
 *
 * Errors: `ARCHIVE_NOT_ZIP` where it does not unpack, is cut off, or goes on behind its end (also a gzip of several members:
 * the stream refuses those), and those of `packed`.
 */
export async function* inflateStream(
  packed: AsyncIterable<Uint8Array>,
  format: "deflate-raw" | "gzip",
  name: string,
): AsyncGenerator<Uint8Array> {
  const { readable, writable } = new DecompressionStream(format);
  const [reader, writer] = [readable.getReader(), writable.getWriter()];
  // Its errors come out of the reader below, once the stream was aborted with them.
  const fed = feed(packed, writer);
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      yield value as Uint8Array;
    }
  } catch (error) {
    if (error instanceof PersonaError) throw error;
    throw notZip("a file is damaged (it does not unpack)", { name }, error);
  } finally {
    // Stopped half-way, nobody may go on reading; after an error there is nothing to cancel.
    await reader.cancel().catch(() => undefined);
    await fed;
  }
}

async function feed(packed: AsyncIterable<Uint8Array>, writer: WritableStreamDefaultWriter): Promise<void> {
  // `closed` is refused with every error of the stream; they are told by the reader.
  writer.closed.catch(() => undefined);
  writer.ready.catch(() => undefined);
  try {
    for await (const piece of packed) {
      for (let at = 0; at < piece.length; at += fedBytes) await writer.write(piece.subarray(at, at + fedBytes));
    }
    await writer.close();
  } catch (error) {
    await writer.abort(error).catch(() => undefined);
  }
}
