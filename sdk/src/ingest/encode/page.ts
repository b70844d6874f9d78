import type { PageHeader } from "hyparquet/src/types.js";
import { ByteWriter } from "hyparquet-writer";
import { writePageHeader } from "hyparquet-writer/src/datapage.js";
import { append, createGrowingBytes, type GrowingBytes, reset } from "./growingBytes.ts";
import { compressSnappy } from "./snappy.ts";

/** Always the same memory: one page is made at a time. */
const packed = createGrowingBytes(2 ** 20);
const noBytes = new Uint8Array(0);

/**
 * Appends a page to `out`: `content`, compressed, behind its header and `before`, which stays as it is. Headers are thrift, which is
 * hyparquet-writer's.
 *
 * @returns bytes it takes uncompressed
 */
export function appendPage(
  out: GrowingBytes,
  content: GrowingBytes,
  header: (size: Pick<PageHeader, "compressed_page_size" | "uncompressed_page_size">) => PageHeader,
  before: Uint8Array = noBytes,
): number {
  reset(packed);
  compressSnappy(content, packed);
  const thrift = new ByteWriter(128);
  writePageHeader(
    thrift,
    header({
      uncompressed_page_size: before.length + content.length,
      compressed_page_size: before.length + packed.length,
    }),
  );
  append(out, thrift.getBytes());
  append(out, before);
  append(out, packed.bytes.subarray(0, packed.length));
  return thrift.offset + before.length + content.length;
}
