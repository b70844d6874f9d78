export {
  type ArchiveLimits,
  defaultArchiveLimits,
  type OpenArchive,
  type OpenArchiveOptions,
} from "./archiveLimits.ts";
export { openDirectoryArchive } from "./directoryArchive.ts";
export { openArchive } from "./openArchive.ts";
export { openZipArchive } from "./zipArchive.ts";
