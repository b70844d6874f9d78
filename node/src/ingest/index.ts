export type { ArchiveLimits, OpenArchive } from "./archiveLimits.ts";
export { combineArchives } from "./combineArchives.ts";
export { openDirectoryArchive } from "./directoryArchive.ts";
export { createDiskSpools } from "./diskSpool.ts";
export { startEncodeThread } from "./encodeThread.ts";
export { openArchive } from "./openArchive.ts";
export { openZipArchive } from "./zipArchive.ts";
