/** What every reader of archives shares, on any platform: limits, refusals, and the judging of what an archive says of itself. */
export { cancelled, encrypted, hostile, notZip, tooLarge } from "./archiveErrors.ts";
export {
  type ArchiveLimits,
  defaultArchiveLimits,
  type OpenArchive,
  type OpenArchiveOptions,
} from "./archiveLimits.ts";
export { combineArchives } from "./combineArchives.ts";
export { entryPath, fileName } from "./entryPath.ts";
export { openStream, type StreamSource } from "./openStream.ts";
export { createZipFiles, type LocalZipHeader, type ZipEntry, type ZipReader } from "./zipFiles.ts";
export { createZipJudge, type DeclaredZipEntry, type ZipJudge } from "./zipJudge.ts";
