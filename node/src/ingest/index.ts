export type { ArchiveLimits, OpenArchive } from "./archiveLimits.ts";
export { combineArchives } from "./combineArchives.ts";
export { openDirectoryArchive } from "./directoryArchive.ts";
export { openArchive } from "./openArchive.ts";
export { openZipArchive } from "./zipArchive.ts";
