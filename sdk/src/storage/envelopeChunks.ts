import { aeadDecrypt, aeadEncrypt, importAeadKey } from "../crypto/index.ts";
import { PersonaError } from "../errors/index.ts";
import { type ByteReader, type ByteSource, pipelined, rechunk } from "./byteStream.ts";
import {
  damaged,
  ENVELOPE_CHUNK_BYTES,
  type KeyedHeader,
  nonceOf,
  plaintextBytesOf,
  TAG_BYTES,
} from "./envelopeHeader.ts";

/** Chunks in work at once: WebCrypto computes each on another thread. */
const PARALLEL_CHUNKS = 4;

type Pieces = AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined>;
type ChunkRange = { readonly first: number; readonly last: number };
type Task = () => Promise<Uint8Array<ArrayBuffer>>;

/**
 * One way of computing the chunks of an envelope. Both ways give the same bytes and the same errors; the pieces in which
 * the bytes come are their own. `transient`: the memory of a piece may be given back when the next is asked for.
 */
export type ChunkCipher = {
  /** All chunks of exactly the header's plaintext. */
  seal(source: ByteSource, header: KeyedHeader, transient: boolean): Pieces;
  /**
   * The plaintext of the chunks `first` to `last`, which `reader` is about to give. Nothing of a chunk comes out before all of it
   * is authentic, and nothing of the object's last one before the reader is at its end.
   */
  open(reader: ByteReader, header: KeyedHeader, range: ChunkRange, transient: boolean): Pieces;
};

/** Chunks by WebCrypto: what browsers have. */
export const webChunkCipher: ChunkCipher = {
  async *seal(source, { bytes, fields, key: raw }) {
    const { plaintextLength, chunkCount } = fields;
    const key = await importAeadKey(raw, "encrypt");
    async function* tasks(): AsyncGenerator<Task, void, undefined> {
      let index = 0;
      for await (const chunk of rechunk(source, ENVELOPE_CHUNK_BYTES)) {
        if (index >= chunkCount || chunk.length !== plaintextBytesOf(index, fields)) throw lengthError(plaintextLength);
        const nonce = nonceOf(index, fields);
        yield () => aeadEncrypt(key, nonce, chunk, bytes);
        index++;
      }
      if (plaintextLength === 0 && index === 0) {
        yield () => aeadEncrypt(key, nonceOf(0, fields), new Uint8Array(), bytes);
        index++;
      }
      if (index !== chunkCount) throw lengthError(plaintextLength);
    }
    yield* pipelined(tasks(), PARALLEL_CHUNKS);
  },

  async *open(reader, { bytes, fields, key: raw }, { first, last }) {
    const key = await importAeadKey(raw, "decrypt");
    async function* tasks(): AsyncGenerator<Task, void, undefined> {
      for (let index = first; index <= last; index++) {
        const sealed = await reader.take(plaintextBytesOf(index, fields) + TAG_BYTES);
        if (sealed === undefined) throw damaged(fields, "ends too early", index);
        // A copy, since looking for the end may end the piece; WebCrypto makes its own before it returns.
        const isLast = index === fields.chunkCount - 1;
        const kept = isLast ? Uint8Array.from(sealed) : sealed;
        if (isLast && !(await reader.atEnd())) throw damaged(fields, "is longer than its header says", index);
        yield async () => {
          try {
            return await aeadDecrypt(key, nonceOf(index, fields), kept, bytes);
          } catch (cause) {
            throw damaged(fields, "does not open", index, cause);
          }
        };
      }
    }
    yield* pipelined(tasks(), PARALLEL_CHUNKS);
  },
};

export function lengthError(plaintextLength: number): PersonaError {
  return new PersonaError("ENVELOPE_INVALID", "The data to encrypt does not have the length it was announced with.", {
    data: { plaintextLength },
  });
}
