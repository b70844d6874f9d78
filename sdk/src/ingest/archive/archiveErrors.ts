import { PersonaError } from "../../errors/index.ts";

export function hostile(problem: string, data: Readonly<Record<string, string | number>> = {}): PersonaError {
  return new PersonaError("ARCHIVE_HOSTILE", `The archive is hostile: ${problem}.`, { data: printable(data) });
}

export function tooLarge(problem: string, data: Readonly<Record<string, string | number>>): PersonaError {
  return new PersonaError("ARCHIVE_TOO_LARGE", `The archive is too large: ${problem}.`, { data: printable(data) });
}

export function notZip(
  problem: string,
  data: Readonly<Record<string, string | number>> = {},
  cause?: unknown,
): PersonaError {
  return new PersonaError("ARCHIVE_NOT_ZIP", `The archive cannot be read: ${problem}.`, {
    data: printable(data),
    cause,
  });
}

export function encrypted(): PersonaError {
  return new PersonaError("ARCHIVE_ENCRYPTED", "The archive is protected by a password.");
}

export function cancelled(signal: AbortSignal | undefined): PersonaError | undefined {
  if (signal?.aborted !== true) return undefined;
  if (signal.reason instanceof PersonaError) return signal.reason;
  return new PersonaError("CANCELLED", "Reading the archive was cancelled.", { cause: signal.reason });
}

/** Names in a hostile archive may hold escape sequences that a terminal obeys, and be 64 KiB long. */
function printable(data: Readonly<Record<string, string | number>>): Record<string, string | number> {
  return Object.fromEntries(
    Object.entries(data).map(([name, value]) => [name, typeof value === "string" ? printableText(value) : value]),
  );
}

function printableText(text: string): string {
  return text.slice(0, 200).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, "\u{fffd}");
}
