import { PersonaError } from "@persona-protocol/sdk/errors";

/** A file system error as one of ours; anything else is a bug. */
export function fileError(error: unknown, path: string): PersonaError {
  if (error instanceof PersonaError) return error;
  const code = error instanceof Error && "code" in error && "syscall" in error ? String(error.code) : undefined;
  if (code === undefined) return new PersonaError("INTERNAL", "Reading an archive failed.", { cause: error });
  const problem =
    code === "ENOENT" || code === "ENOTDIR" ? `There is no file ${path}.` : `${path} cannot be read (${code}).`;
  return new PersonaError("ARCHIVE_NOT_FOUND", problem, { data: { path }, cause: error });
}
