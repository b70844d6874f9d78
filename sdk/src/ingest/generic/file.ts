import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import type { Connector, ConnectorOpenOptions, InspectedInput, RawRecord } from "../connector.ts";
import { createExportReader } from "../exportReader.ts";
import { fileSchema } from "../schemas/index.ts";
import { mediaTypeOf } from "./mediaType.ts";

type RawPart = {
  readonly name: string;
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly part: number;
  readonly content: string;
};

/**
 * Any file, as it stands: for what no other connector reads, whole, in parts of 720 kB. Of an archive with several files each
 * becomes one, but only when asked for by id. Nobody knows who is in it: its content counts as about others.
 */
export const file: Connector = {
  id: "file",
  segments: [{ name: "file", schema: fileSchema, toRecord: ({ value }) => ({ record: recordOf(value as RawPart) }) }],
  detect: async (input: InspectedInput) => (input.entries().length === 1 ? 0.05 : 0),
  open,
};

/** In base64 below the longest value; a multiple of 3, so that only the last part is padded. */
const partBytes = 720_000;

async function* open(input: InspectedInput, options: ConnectorOpenOptions): AsyncGenerator<RawRecord> {
  const { limits, signal } = options;
  const entries = input.entries();
  const read = createExportReader(input, options, entries);
  for (const entry of entries) {
    const name = entry.path;
    const hash = sha256.create();
    let size = 0;
    // Twice: what every part says of the whole is known at its end.
    for await (const chunk of input.read(name, { maxBytes: limits.maxEntryBytes, signal })) {
      hash.update(chunk);
      size += chunk.length;
    }
    const whole = {
      name,
      size,
      mediaType: mediaTypeOf(name, await input.head(name)),
      digest: bytesToHex(hash.digest()),
    };
    let part = 0;
    for await (const bytes of partsOf(read(entry))) {
      const value: RawPart = { ...whole, part, content: base64(bytes) };
      yield { segment: "file", value, file: name, position: part * partBytes };
      part += 1;
    }
  }
}

/** At least one, also of an empty file. The piece is reused. */
async function* partsOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const buffer = new Uint8Array(partBytes);
  let length = 0;
  let any = false;
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; ) {
      const piece = chunk.subarray(at, at + partBytes - length);
      buffer.set(piece, length);
      length += piece.length;
      at += piece.length;
      if (length === partBytes) {
        yield buffer;
        any = true;
        length = 0;
      }
    }
  }
  if (length > 0 || !any) yield buffer.subarray(0, length);
}

function recordOf({ name, mediaType, digest, size, part, content }: RawPart) {
  return {
    id: `${digest}:${part}`,
    name,
    media_type: mediaType,
    size: BigInt(size),
    sha256: digest,
    part: BigInt(part),
    parts: BigInt(Math.max(1, Math.ceil(size / partBytes))),
    content,
  };
}

function base64(bytes: Uint8Array): string {
  let text = "";
  // In pieces: a call takes so many arguments, and no more.
  for (let at = 0; at < bytes.length; at += 8_192) text += String.fromCharCode(...bytes.subarray(at, at + 8_192));
  return btoa(text);
}
