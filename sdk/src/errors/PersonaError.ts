import { errorFacts } from "./errorFacts.ts";
import type { ErrorCode, ErrorEntry } from "./errorTable.ts";
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
 * `code` is stable; the text is not. A code that has a class of its own (below) is made as that class, whoever makes it.
 */
export class PersonaError extends Error {
  override readonly name: string;
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
        `${errorFacts[code][1]}`,
        `docs/errors.md#${code.toLowerCase()}`,
      ].join("\n"),
      {
        cause: options.cause,
      },
    );
    const own = classes.find((each) => each.code === code);
    if (own !== undefined && !(this instanceof own)) Object.setPrototypeOf(this, own.prototype);
    // Said in words: a bundler shortens the names of classes.
    this.name = own?.label ?? "PersonaError";
    this.code = code;
    this.shortMessage = shortMessage;
    this.data = data;
  }

  get exitCode(): ErrorEntry["exit"] {
    return errorFacts[this.code][0];
  }

  get retry(): ErrorEntry["retry"] {
    return this.exitCode === 75 ? "later" : "never";
  }

  toJSON(): { code: ErrorCode; message: string; fix: string; data: Record<string, string> } {
    const data = Object.fromEntries(Object.entries(this.data).map(([name, value]) => [name, String(value)]));
    return { code: this.code, message: this.shortMessage, fix: errorFacts[this.code][1], data };
  }
}

export function isPersonaError(error: unknown, code?: ErrorCode): error is PersonaError {
  return error instanceof PersonaError && (code === undefined || error.code === code);
}

/** Is this one of the table's codes? For codes that others have sent. */
export const isErrorCode = (code: string): code is ErrorCode => Object.hasOwn(errorFacts, code);

function errorClass<const code extends ErrorCode>(code: code, label: string) {
  return class extends PersonaError {
    static readonly code: code = code;
    static readonly label: string = label;
    declare readonly code: code;

    constructor(shortMessage: string, options?: PersonaErrorOptions) {
      super(code, shortMessage, options);
    }
  };
}

/** The wallet or the client is on another chain than the deployment. */
export class ChainWrongError extends errorClass("CHAIN_WRONG", "ChainWrongError") {}
/** A person has declined in the wallet. */
export class SignatureRejectedError extends errorClass("SIGNATURE_REJECTED", "SignatureRejectedError") {}
/** The account cannot pay the gas. */
export class GasInsufficientError extends errorClass("GAS_INSUFFICIENT", "GasInsufficientError") {}
/** The account has fewer tokens than fee and prices come to. */
export class TokensInsufficientError extends errorClass("TOKENS_INSUFFICIENT", "TokensInsufficientError") {}
/** The market may not take the account's tokens. */
export class AllowanceMissingError extends errorClass("ALLOWANCE_MISSING", "AllowanceMissingError") {}
/** The owner has erased the dataset. */
export class DatasetErasedError extends errorClass("DATASET_ERASED", "DatasetErasedError") {}
/** All uses of the grant are spent. */
export class GrantExhaustedError extends errorClass("GRANT_EXHAUSTED", "GrantExhaustedError") {}
/** Fewer guardians answer than the dataset's threshold. */
export class GuardiansUnavailableError extends errorClass("GUARDIANS_UNAVAILABLE", "GuardiansUnavailableError") {}
/** A receipt, or what it names, is not what it says. */
export class ReceiptInvalidError extends errorClass("RECEIPT_INVALID", "ReceiptInvalidError") {}

/** What a dApp meets often, and answers each in a way of its own. */
const classes = [
  ChainWrongError,
  SignatureRejectedError,
  GasInsufficientError,
  TokensInsufficientError,
  AllowanceMissingError,
  DatasetErasedError,
  GrantExhaustedError,
  GuardiansUnavailableError,
  ReceiptInvalidError,
] as const;
