import { Duplex } from "node:stream";
import { sourceError } from "@persona-protocol/sdk/errors";
import type { Door } from "../../runtime/door.ts";

const dialTimeoutMs = 20_000;
const sendTimeoutMs = 60_000;
/** A server may be silent for long (a mailbox that is searched); whoever uses the stream has its own limits. */
const receiveTimeoutMs = 300_000;
const pieceBytes = 256 * 1024;

/**
 * A connection that the host relays: it dials and carries bytes, which are TLS from the first or become so. Whatever it changes ends
 * the TLS inside; whom it dials instead cannot show the certificate.
 */
export function openRelaySocket(door: Door, target: { readonly host: string; readonly port: number }): Duplex {
  const line = door.call("dial", target, { timeoutMs: dialTimeoutMs }).then((answer) => {
    if (typeof answer === "number" && Number.isSafeInteger(answer)) return answer;
    throw sourceError("SOURCE_UNAVAILABLE", "The host answered a dial with something else than a line.");
  });
  line.catch(() => {}); // Whoever reads or writes hears of it.

  let isReading = false;
  const socket = new Duplex({
    read() {
      if (isReading) return;
      isReading = true;
      receive().then(
        (bytes) => {
          isReading = false;
          socket.push(bytes.length === 0 ? null : bytes);
        },
        (error: Error) => socket.destroy(error),
      );
    },
    write(chunk: Buffer, _encoding, done) {
      send(chunk).then(() => done(), done);
    },
    final(done) {
      // TLS has said its own goodbye; the line is let go of by destroy.
      done();
    },
    destroy(error, done) {
      line.then((id) => door.call("hangUp", { line: id }, { timeoutMs: sendTimeoutMs })).catch(() => {});
      done(error);
    },
    autoDestroy: true,
  });

  async function receive(): Promise<Uint8Array> {
    const bytes = await door.call("receive", { line: await line }, { timeoutMs: receiveTimeoutMs });
    if (bytes instanceof Uint8Array) return bytes;
    throw sourceError("SOURCE_UNAVAILABLE", "The host brought something else than bytes.");
  }

  async function send(chunk: Uint8Array): Promise<void> {
    const id = await line;
    for (let at = 0; at < chunk.length; at += pieceBytes) {
      // In memory of its own: the stream's may be used again.
      const bytes = Uint8Array.from(chunk.subarray(at, at + pieceBytes));
      await door.call("send", { line: id, bytes }, { timeoutMs: sendTimeoutMs });
    }
  }
  return socket;
}
