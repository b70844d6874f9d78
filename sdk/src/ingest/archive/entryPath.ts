import { hostile } from "./archiveErrors.ts";

const maxPathLength = 1024;

/**
 * The path of an entry as ArchiveInput wants it: relative, `/` between parts, no `.` or empty parts.
 *
 * Errors: `ARCHIVE_HOSTILE` for every name that could point outside of a folder on some system: `..`, absolute, backslash,
 * drive letter, NUL or other control characters, longer than 1,024 characters, nothing left.
 */
export function entryPath(name: string): string {
  if (name.length > maxPathLength) throw hostile("a file name is longer than any real one", { name });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(name)) throw hostile("a file name holds control characters", { name });
  if (name.includes("\\")) throw hostile("a file name holds a backslash", { name });
  if (name.startsWith("/") || /^[a-zA-Z]:/.test(name)) throw hostile("a file has an absolute path", { name });
  const parts = name.split("/").filter((part) => part !== "" && part !== ".");
  if (parts.includes("..")) throw hostile("a file lies outside of the archive's own folder", { name });
  if (parts.length === 0 && !name.endsWith("/")) throw hostile("a file has no name", { name });
  return parts.join("/");
}

/** The path of a file that was given by itself: its name, in which any system's separators are letters. */
export function fileName(name: string, { packed }: { readonly packed: boolean }): string {
  const path = entryPath(name.replaceAll(/[\\:\p{Cc}]/gu, "_"));
  return packed ? path.replace(/\.gz$/i, "") || "file" : path;
}
