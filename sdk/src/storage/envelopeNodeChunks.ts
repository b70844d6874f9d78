import type { NodeCrypto } from "../crypto/index.ts";
import { freeBytes } from "./byteStream.ts";
import { type ChunkCipher, lengthError } from "./envelopeChunks.ts";
import { damaged, nonceOf, plaintextBytesOf, TAG_BYTES } from "./envelopeHeader.ts";

/**
 * Bytes given to the cipher at once. Its output is new memory each time: pieces below malloc's threshold for mapping come
 * from a heap that is warm, and stay in the processor's cache for the hash that follows.
 */
const SLICE_BYTES = 65_536;

/**
 * Chunks by `node:crypto`, as the pieces come: no chunk is put together or copied, neither in nor out. Synchronous, since a
 * slice takes 40 µs; the event loop runs between pieces.
 */
export function createNodeChunkCipher(node: NodeCrypto): ChunkCipher {
  return {
    async *seal(source, { bytes, fields, key: raw }, transient) {
      const { chunkCount, plaintextLength } = fields;
      const key = node.createSecretKey(raw);
      const begin = (index: number) => {
        const cipher = node.createCipheriv("aes-256-gcm", key, nonceOf(index, fields));
        cipher.setAAD(bytes);
        return cipher;
      };
      let index = 0;
      let cipher = begin(0);
      let wanted = plaintextBytesOf(0, fields);
      for await (const piece of source) {
        for (let at = 0; at < piece.length; ) {
          if (wanted === 0) {
            if (index === chunkCount - 1) throw lengthError(plaintextLength);
            cipher.final();
            yield cipher.getAuthTag();
            index++;
            cipher = begin(index);
            wanted = plaintextBytesOf(index, fields);
          }
          const slice = piece.subarray(at, at + wanted);
          at += slice.length;
          wanted -= slice.length;
          const sealed = cipher.update(slice);
          yield sealed;
          if (transient) freeBytes(sealed);
        }
      }
      if (wanted !== 0 || index !== chunkCount - 1) throw lengthError(plaintextLength);
      cipher.final();
      yield cipher.getAuthTag();
    },

    async *open(reader, { bytes, fields, key: raw }, { first, last }, transient) {
      const key = node.createSecretKey(raw);
      for (let index = first; index <= last; index++) {
        const decipher = node.createDecipheriv("aes-256-gcm", key, nonceOf(index, fields), {
          authTagLength: TAG_BYTES,
        });
        decipher.setAAD(bytes);
        const opened: Uint8Array<ArrayBuffer>[] = [];
        for (let wanted = plaintextBytesOf(index, fields); wanted > 0; ) {
          const sealed = await reader.some(Math.min(wanted, SLICE_BYTES));
          if (sealed === undefined) throw damaged(fields, "ends too early", index);
          wanted -= sealed.length;
          opened.push(decipher.update(sealed));
        }
        const taken = await reader.take(TAG_BYTES);
        if (taken === undefined) throw damaged(fields, "ends too early", index);
        const tag = Uint8Array.from(taken);
        if (index === fields.chunkCount - 1 && !(await reader.atEnd())) {
          throw damaged(fields, "is longer than its header says", index);
        }
        try {
          decipher.setAuthTag(tag);
          decipher.final();
        } catch (cause) {
          throw damaged(fields, "does not open", index, cause);
        }
        for (const piece of opened) {
          yield piece;
          if (transient) freeBytes(piece);
        }
      }
    },
  };
}
