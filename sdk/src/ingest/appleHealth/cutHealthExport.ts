import { type BatchMemory, batchBytes, createBatchMemory, roomBytes } from "../batches/batchMemory.ts";
import type { RawBatch } from "../connector.ts";
import type { ImportLimits } from "../limits.ts";

import { byteText } from "../xml/byteText.ts";
import { declarationBytes, xmlCharset } from "../xml/decodeXml.ts";
import { createXmlReader } from "../xml/index.ts";
import { createHealthReader, type HealthItem, healthContainers } from "./readHealthExport.ts";
import { goesOn, recordEnd, recordStart, startBytes } from "./recordEnd.ts";

/** A stretch of nothing but whole `Record`s, at the level below the root. */
type RecordBatch = Pick<RawBatch, "bytes" | "position">;

/**
 * An `export.xml` in its order: its records, which are nearly all of it, some megabytes at a time and not looked at; everything else
 * as it is. Records that are not below the root itself, or stand there otherwise than Apple writes them, are among the rest.
 *
 * Positions are in bytes; of what is no record in characters, since the last record.
 *
 * Errors: `EXPORT_INVALID` (data: file, position).
 */
export async function* cutHealthExport(
  chunks: AsyncIterable<Uint8Array>,
  {
    file,
    limits,
    memory = createBatchMemory(0),
  }: {
    readonly file: string;
    readonly limits: Pick<ImportLimits, "maxRecordBytes" | "maxDepth">;
    readonly memory?: BatchMemory | undefined;
  },
): AsyncGenerator<HealthItem | RecordBatch> {
  const xml = createXmlReader({ file, limits, containers: healthContainers });
  const health = createHealthReader({ file, limits });
  // `buffer[from..end)` is not read. Within records, `buffer[run..from)` are those of the batch. `base` is the offset of buffer[0].
  let buffer = new Uint8Array(0);
  let run = -1;
  let from = 0;
  let end = 0;
  let base = 0;
  let decoder: InstanceType<typeof TextDecoder> | undefined;

  function append(chunk: Uint8Array): void {
    if (end + chunk.length > buffer.length) {
      const kept = run < 0 ? from : run;
      const needed = end - kept + chunk.length;
      const target = new Uint8Array(Math.max(needed * 1.25, Math.min(needed * 4, batchBytes + roomBytes)));
      target.set(buffer.subarray(kept, end));
      buffer = target;
      base += kept;
      from -= kept;
      end -= kept;
      if (run >= 0) run = 0;
    }
    buffer.set(chunk, end);
    end += chunk.length;
  }

  /** The records so far, with their memory; what comes after them goes on in memory of its own. */
  function takeBatch(): RecordBatch {
    const position = base + run;
    xml.skip(from - run);
    if (from - run < batchBytes / 2) {
      const bytes = buffer.slice(run, from);
      run = from;
      return { bytes, position };
    }
    const rest = buffer.subarray(from, end);
    const bytes = buffer.subarray(run, from);
    buffer = memory.take(Math.max(batchBytes, rest.length) + roomBytes);
    buffer.set(rest);
    base += from;
    end = rest.length;
    run = 0;
    from = 0;
    return { bytes, position };
  }

  /** Reads what stands before `to`. */
  function* read(to: number, text: InstanceType<typeof TextDecoder>): Generator<HealthItem> {
    const piece = buffer.subarray(from, to);
    from = to;
    for (const item of xml.read(text.decode(piece, { stream: true }))) yield* health(item);
  }

  /** Goes on as far as it can be known what is what. */
  function* advance(text: InstanceType<typeof TextDecoder>, isLast: boolean): Generator<HealthItem | RecordBatch> {
    for (;;) {
      if (run < 0) {
        const start = text.encoding === "utf-8" ? recordStart(buffer, from, end) : -1;
        if (start < 0) return yield* read(isLast ? end : Math.max(from, end - startBytes), text);
        yield* read(start, text);
        if (xml.isBetween(1)) run = start;
        else yield* read(start + startBytes, text);
        continue;
      }
      let next = from - run < batchBytes ? recordEnd(buffer, from, end) : from;
      while (next > from) {
        from = next;
        next = from - run < batchBytes ? recordEnd(buffer, from, end) : from;
      }
      if (next === goesOn && !isLast && end - from <= limits.maxRecordBytes) return;
      if (from > run) yield takeBatch();
      if (next > 0) continue;
      run = -1;
      // Past its beginning, so that it is not found again.
      yield* read(Math.min(end, from + startBytes), text);
      if (from === end) return;
    }
  }

  for await (const chunk of chunks) {
    append(chunk);
    if (decoder === undefined && end < declarationBytes) continue;
    decoder ??= new TextDecoder(xmlCharset(buffer.subarray(0, end)));
    yield* advance(decoder, false);
  }
  decoder ??= new TextDecoder(xmlCharset(buffer.subarray(0, end)));
  yield* advance(decoder, true);
  for (const item of xml.read(decoder.decode())) yield* health(item);
  xml.end();
}

/** The records of a batch. Errors: `EXPORT_INVALID` (data: file, position). */
export function* parseRecords(
  { bytes, file, position }: Pick<RawBatch, "bytes" | "file" | "position">,
  limits: Pick<ImportLimits, "maxRecordBytes" | "maxDepth">,
): Generator<HealthItem> {
  const xml = createXmlReader({ file, limits, containers: healthContainers, asBytes: true });
  const health = createHealthReader({ file, limits });
  const root = "<HealthData>";
  xml.skip(position - root.length);
  for (const item of xml.read(root)) yield* health(item);
  for (let from = 0; from < bytes.length; from += textBytes) {
    for (const item of xml.read(byteText(bytes, from, from + textBytes))) {
      const { kind, element } = item;
      // What all of them are, without the turn through what they might be.
      if (kind === "element" && element.name === "Record") yield { kind: "sample", element, position: item.position };
      else yield* health(item);
    }
  }
  for (const item of xml.read("</HealthData>")) yield* health(item);
  xml.end();
}

/** Decoded at once: what is made of it is young when it goes. */
const textBytes = 2 ** 14;
