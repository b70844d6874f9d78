export { type ArchiveLimits, combineArchives, type OpenArchive } from "@persona-protocol/sdk/ingest/archive";
export { openDirectoryArchive } from "./directoryArchive.ts";
export { createDiskSpools } from "./diskSpool.ts";
export { startImportThreads } from "./importThreads.ts";
export { openArchive } from "./openArchive.ts";
export { openZipArchive } from "./zipArchive.ts";
