/** First bytes that only one type has, as Latin-1, from `at` on. */
const signatures: readonly { readonly bytes: string; readonly at?: number; readonly type: string }[] = [
  { bytes: "%PDF-", type: "application/pdf" },
  { bytes: "\x89PNG\r\n\x1a\n", type: "image/png" },
  { bytes: "\xff\xd8\xff", type: "image/jpeg" },
  { bytes: "GIF87a", type: "image/gif" },
  { bytes: "GIF89a", type: "image/gif" },
  { bytes: "WEBP", at: 8, type: "image/webp" },
  { bytes: "WAVE", at: 8, type: "audio/wav" },
  { bytes: "PK\x03\x04", type: "application/zip" },
  { bytes: "\x1f\x8b", type: "application/gzip" },
  { bytes: "PAR1", type: "application/vnd.apache.parquet" },
  { bytes: "SQLite format 3\0", type: "application/vnd.sqlite3" },
  { bytes: "OggS", type: "audio/ogg" },
  { bytes: "ID3", type: "audio/mpeg" },
  { bytes: "\xff\xfb", type: "audio/mpeg" },
  { bytes: "ftypheic", at: 4, type: "image/heic" },
  { bytes: "ftyp", at: 4, type: "video/mp4" },
];

const extensions: Readonly<Record<string, string>> = {
  txt: "text/plain",
  md: "text/markdown",
  html: "text/html",
  htm: "text/html",
  xml: "application/xml",
  json: "application/json",
  csv: "text/csv",
  eml: "message/rfc822",
  ics: "text/calendar",
  vcf: "text/vcard",
  svg: "image/svg+xml",
  docx: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
  xlsx: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
};

/** By the first bytes, else by the end of the name. What it says is a hint: never run or show a file because of it. */
export function mediaTypeOf(path: string, head: Uint8Array): string {
  const start = String.fromCharCode(...head.subarray(0, 32));
  const extension = /\.([a-z0-9]{1,8})$/i.exec(path)?.[1]?.toLowerCase() ?? "";
  const byName = Object.hasOwn(extensions, extension) ? extensions[extension] : undefined;
  const byBytes = signatures.find(({ bytes, at = 0 }) => start.startsWith(bytes, at))?.type;
  // Documents of offices are zips.
  if (byBytes === "application/zip" && byName?.includes("officedocument")) return byName;
  return byBytes ?? byName ?? "application/octet-stream";
}
