import { randomBytes } from "@persona-protocol/sdk/crypto";
import {
  bytesOfStream,
  collectBytes,
  decryptionStream,
  encryptEnvelopeBytes,
  encryptionStream,
  envelopeSize,
  streamOfBytes,
} from "@persona-protocol/sdk/storage";
import { expect } from "chai";
import { expectError } from "../../helpers/errors.ts";

const ids = { datasetId: `0x${"ab".repeat(32)}`, segment: 3, keyEpoch: 2, dek: randomBytes(32) } as const;
const plaintext = randomBytes(2 ** 20 + 500_000);

/** A Blob's stream, as a browser's File gives it. */
const streamOf = (bytes: Uint8Array): ReadableStream<Uint8Array> =>
  new Blob([bytes as Uint8Array<ArrayBuffer>]).stream();

describe("encryptionStream", () => {
  it("default: a File goes in, an envelope comes out, and back", async () => {
    const sealed = streamOf(plaintext).pipeThrough(
      encryptionStream({ ...ids, version: 1, plaintextLength: plaintext.length }),
    );
    const envelope = await collectBytes(bytesOfStream(sealed));
    expect(envelope).to.have.lengthOf(envelopeSize(plaintext.length));
    const opened = streamOf(envelope).pipeThrough(decryptionStream(ids));
    expect(Buffer.from(await collectBytes(bytesOfStream(opened))).equals(plaintext)).to.equal(true);
  });

  it("behavior: takes from its source only what its reader wants", async () => {
    let pulled = 0;
    const source = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          pulled++;
          controller.enqueue(new Uint8Array(100_000));
        },
      },
      { highWaterMark: 0 },
    );
    const reader = source.pipeThrough(encryptionStream({ ...ids, version: 1, plaintextLength: 2 ** 30 })).getReader();
    await reader.read();
    await reader.read();
    expect(pulled).to.be.lessThan(5);
    await reader.cancel();
  });

  it("behavior: cancelling the reader cancels the source", async () => {
    let cancelled = false;
    const source = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(1_000)),
      cancel() {
        cancelled = true;
      },
    });
    const reader = source.pipeThrough(encryptionStream({ ...ids, version: 1, plaintextLength: 2 ** 30 })).getReader();
    await reader.read();
    await reader.read();
    await reader.cancel();
    // The pipe between the two is the platform's, and ends in its own time.
    await new Promise((resolve) => setImmediate(resolve));
    expect(cancelled).to.equal(true);
  });

  it("behavior: cancelling before anything was read ends the writing side", async () => {
    const { readable, writable } = encryptionStream({ ...ids, version: 1, plaintextLength: 10 });
    await readable.cancel();
    expect(await writable.getWriter().closed.catch(() => "refused")).to.equal("refused");
  });

  it("error: a source of another length, and one that fails", async () => {
    await expectError("ENVELOPE_INVALID", () =>
      collectBytes(
        bytesOfStream(streamOf(plaintext).pipeThrough(encryptionStream({ ...ids, version: 1, plaintextLength: 1 }))),
      ),
    );
    const broken = new Error("broken source");
    const failing = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.error(broken),
    });
    const sealed = failing.pipeThrough(encryptionStream({ ...ids, version: 1, plaintextLength: 1 }));
    expect(await collectBytes(bytesOfStream(sealed)).catch((cause: unknown) => cause)).to.equal(broken);
  });
});

describe("decryptionStream", () => {
  it("error: a cut, changed or foreign envelope", async () => {
    const envelope = await encryptEnvelopeBytes(plaintext, { ...ids, version: 1 });
    const read = (bytes: Uint8Array, dek = ids.dek) =>
      collectBytes(bytesOfStream(streamOf(bytes).pipeThrough(decryptionStream({ ...ids, dek }))));
    await expectError("ENVELOPE_INVALID", () => read(envelope.subarray(0, -1)));
    await expectError("ENVELOPE_INVALID", () => read(envelope.map((byte, at) => (at === 2_000 ? byte ^ 1 : byte))));
    await expectError("KEY_COMMITMENT_MISMATCH", () => read(envelope, randomBytes(32)));
  });

  it("error: the writing side learns that the reading side has given up", async () => {
    const { readable, writable } = decryptionStream(ids);
    const writer = writable.getWriter();
    const read = collectBytes(bytesOfStream(readable));
    writer.write(new Uint8Array(200)).catch(() => undefined);
    await expectError("ENVELOPE_INVALID", () => read);
    await writer.closed.catch(() => undefined);
    expect(await writer.write(new Uint8Array(1)).catch(() => "refused")).to.equal("refused");
  });
});

describe("streamOfBytes", () => {
  it("default", async () => {
    async function* source(): AsyncGenerator<Uint8Array, void, undefined> {
      yield Uint8Array.of(1);
      yield Uint8Array.of(2, 3);
    }
    expect(await collectBytes(bytesOfStream(streamOfBytes(source())))).to.deep.equal(Uint8Array.of(1, 2, 3));
  });
});
