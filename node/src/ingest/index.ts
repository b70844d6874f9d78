export type { ArchiveLimits } from "./archiveLimits.ts";
export { openDirectoryArchive } from "./directoryArchive.ts";
export { openArchive } from "./openArchive.ts";
export { openZipArchive } from "./zipArchive.ts";
