import { PersonaError } from "../../errors/index.ts";
import {
  type ArchiveLimits,
  combineArchives,
  createZipFiles,
  defaultArchiveLimits,
  entryPath,
  fileName,
  hostile,
  type OpenArchive,
  type OpenArchiveOptions,
  openStream,
  tooLarge,
} from "../archive/index.ts";
import type { ArchiveReadOptions } from "../connector.ts";
import { blobBytes, bytesOf } from "./blobBytes.ts";
import { crc32 } from "./crc32.ts";
import { inflateStream } from "./inflateStream.ts";
import { readLocalHeader, readZipDirectory } from "./zipDirectory.ts";

/**
 * What a person chose or dropped on a page, as one export: a zip (also zip64) or tar as it came (also in gzip), a file by itself,
 * several of these, or all files of a folder (`<input webkitdirectory>`, whose Files know their paths). The same judging and the
 * same refusals as in Node. Nothing is unpacked to anywhere; a worker is the place to call this, so that the page goes on.
 *
 * Errors: `ARCHIVE_NOT_FOUND` (changed or gone since it was chosen), `ARCHIVE_NOT_ZIP`, `ARCHIVE_ENCRYPTED`, `ARCHIVE_TOO_LARGE`,
 * `ARCHIVE_HOSTILE`, `CANCELLED`; reading adds what is wrong with that file.
 */
export async function openBrowserArchive(
  files: readonly Blob[],
  options: OpenArchiveOptions = {},
): Promise<OpenArchive> {
  const limits = { ...defaultArchiveLimits, ...options.limits };
  const ofFolder = files.filter((file) => folderPath(file) !== "");
  const alone = files.filter((file) => folderPath(file) === "");
  const archives = ofFolder.length === 0 ? [] : [openFolder(ofFolder, limits)];
  for (const file of alone) archives.push(await openBlob(file, limits, options.signal));
  const [only] = archives;
  return only !== undefined && archives.length === 1 ? only : combineArchives(archives);
}

async function openBlob(blob: Blob, limits: ArchiveLimits, signal: AbortSignal | undefined): Promise<OpenArchive> {
  const given = "name" in blob && typeof blob.name === "string" && blob.name !== "" ? blob.name : "file";
  const name = fileName(given.replaceAll("/", "_"), { packed: false });
  const head = await bytesOf(blob.slice(0, 4), name);
  if (/\.zip$/i.test(name) || zipMagics.has(String.fromCharCode(...head))) return openZip(blob, name, limits, signal);
  const packed = head[0] === 0x1f && head[1] === 0x8b && head[2] === 8;
  const open = (start: number, signal: AbortSignal | undefined): AsyncIterable<Uint8Array> => {
    const bytes = blobBytes(blob, packed ? 0 : start, blob.size, { name, signal });
    return packed ? inflateStream(bytes, "gzip", name) : bytes;
  };
  const plainName = fileName(name, { packed });
  return openStream({ name: plainName, packedSize: blob.size, packed, open }, limits, signal);
}

const zipMagics: ReadonlySet<string> = new Set(["PK\x03\x04", "PK\x05\x06", "PK\x07\x08"]);

async function openZip(
  blob: Blob,
  name: string,
  limits: ArchiveLimits,
  signal: AbortSignal | undefined,
): Promise<OpenArchive> {
  const files = await readZipDirectory(blob, name, limits, signal);
  return createZipFiles(
    files,
    {
      localHeader: (entry) => readLocalHeader(blob, entry),
      unpack({ path, method, packedSize }, dataOffset, signal) {
        const packed = blobBytes(blob, dataOffset, dataOffset + packedSize, { name: path, signal });
        return method === 8 ? inflateStream(packed, "deflate-raw", path) : packed;
      },
      crc32,
      close: async () => {},
    },
    limits,
  );
}

/** The path below the folder that was chosen; empty for a file that was chosen by itself. */
function folderPath(file: Blob): string {
  const path = "webkitRelativePath" in file ? String(file.webkitRelativePath) : "";
  return path.slice(path.indexOf("/") + 1);
}

function openFolder(chosen: readonly Blob[], limits: ArchiveLimits): OpenArchive {
  const { maxEntries, maxEntryBytes, maxTotalBytes } = limits;
  if (chosen.length > maxEntries) throw hostile("it holds more files than any real export", { maxEntries });
  const files = new Map<string, Blob>();
  for (const file of chosen) {
    const path = entryPath(folderPath(file));
    if (files.has(path)) throw hostile("two files have the same name", { name: path });
    if (file.size > maxEntryBytes) {
      throw tooLarge("a file is larger than the limit", { name: path, bytes: file.size, maxEntryBytes });
    }
    files.set(path, file);
  }
  // Browsers give a folder's files in any order, an import must not depend on it.
  const entries = [...files].sort(([a], [b]) => (a < b ? -1 : 1)).map(([path, { size }]) => ({ path, size }));
  let handedOut = 0;

  async function* read(path: string, { maxBytes, signal }: ArchiveReadOptions): AsyncGenerator<Uint8Array> {
    const file = files.get(path);
    if (file === undefined) throw new PersonaError("INTERNAL", "Asked an archive for a file it does not hold.");
    if (file.size > maxBytes) {
      throw tooLarge("a file is larger than the limit", { name: path, bytes: file.size, maxBytes });
    }
    for await (const piece of blobBytes(file, 0, file.size, { name: path, signal })) {
      handedOut += piece.length;
      if (handedOut > maxTotalBytes) {
        throw tooLarge("its files together are larger than the limit", { maxTotalBytes });
      }
      yield piece;
    }
  }

  return { entries: () => entries, read, close: async () => {} };
}
