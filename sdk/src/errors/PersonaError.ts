import { type ErrorCode, type ErrorEntry, errorTable } from "./errorTable.ts";
import { printable } from "./printable.ts";

export type PersonaErrorOptions = {
  readonly cause?: unknown;
  /** Ids, got and wanted: printed one a line and kept as fields for programs. Never keys, plaintext, arguments or results. */
  readonly data?: Readonly<Record<string, string | number | bigint | boolean>>;
};

const maxValue = { maxLength: 1_000, lines: true };
const maxMessage = { maxLength: 2_000, lines: true };

/**
 * What failed with its ids, then what to do about it, then where to read more.
 * `code` is stable; the text is not.
 */
export class PersonaError extends Error {
  override readonly name = "PersonaError";
  readonly code: ErrorCode;
  readonly shortMessage: string;
  readonly data: Readonly<Record<string, string | number | bigint | boolean>>;

  constructor(code: ErrorCode, shortMessage: string, options: PersonaErrorOptions = {}) {
    const data = options.data ?? {};
    // Endpoints, files and contracts choose texts, too: what is printed is theirs and harmless.
    const lines = Object.entries(data).map(([name, value]) => `  ${name}: ${printable(String(value), maxValue)}`);
    super(
      [
        printable(shortMessage, maxMessage),
        ...lines,
        `${errorTable[code].fix}`,
        `docs/errors.md#${code.toLowerCase()}`,
      ].join("\n"),
      {
        cause: options.cause,
      },
    );
    this.code = code;
    this.shortMessage = shortMessage;
    this.data = data;
  }

  get exitCode(): ErrorEntry["exit"] {
    return errorTable[this.code].exit;
  }

  get retry(): ErrorEntry["retry"] {
    return errorTable[this.code].retry;
  }

  toJSON(): { code: ErrorCode; message: string; fix: string; data: Record<string, string> } {
    const data = Object.fromEntries(Object.entries(this.data).map(([name, value]) => [name, String(value)]));
    return { code: this.code, message: this.shortMessage, fix: errorTable[this.code].fix, data };
  }
}

export function isPersonaError(error: unknown, code?: ErrorCode): error is PersonaError {
  return error instanceof PersonaError && (code === undefined || error.code === code);
}
