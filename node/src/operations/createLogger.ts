import { isPersonaError } from "@persona-protocol/sdk/errors";
import pino, { type DestinationStream, type Logger, type LoggerOptions } from "pino";
import { logFields } from "./logFields.ts";

export type LogLevel = "debug" | "info" | "warn" | "error";

/** Of a constant message; a longer one was put together from something. */
const maxMessageChars = 300;

/**
 * The daemon's log: JSON lines to stderr. A message is a constant and data stand beside it; of those only what `logFields` lists
 * prints. An error prints as its code. How many fields were withheld is said, not which: a name may be data, too.
 */
export function createLogger(options: {
  readonly role: string;
  readonly level?: LogLevel;
  /** Sees each line's level. */
  readonly onLine?: (level: string) => void;
  /** stderr unless given. */
  readonly destination?: DestinationStream;
}): Logger {
  const { role, level = "info", onLine, destination = pino.destination(2) } = options;
  const settings: LoggerOptions = {
    level,
    base: { role, pid: process.pid },
    // Its own serializers would print an error whole.
    serializers: {},
    formatters: {
      bindings: allowed,
      log: allowed,
      level: (label) => ({ level: label }),
    },
    hooks: {
      logMethod(args, method, number) {
        onLine?.(pino.levels.labels[number] ?? "unknown");
        const [first, second] = args as unknown[];
        // No interpolation: what goes into a message goes round the list. Nor pino's message of an error.
        const fields = typeof first === "string" ? {} : fieldsOf(first);
        const message = typeof first === "string" ? first : second;
        method.apply(this, [fields, typeof message === "string" ? message.slice(0, maxMessageChars) : ""] as never);
      },
    },
  };
  const log = pino(settings, destination);
  // pino does not ask its formatters about a child's bindings. Children inherit this.
  const child = log.child;
  log.child = function (this: Logger, bindings: Record<string, unknown>) {
    return child.call(this, allowed(bindings)) as never;
  };
  return log;
}

const fieldsOf = (value: unknown): Record<string, unknown> => {
  if (value instanceof Error) return { code: codeOf(value) };
  return typeof value === "object" && value !== null ? { ...value } : {};
};

const codeOf = (error: unknown): string => (isPersonaError(error) ? error.code : "INTERNAL");

function allowed(fields: Record<string, unknown>): Record<string, unknown> {
  const kept: Record<string, unknown> = {};
  let withheld = 0;
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined || value === null) continue;
    const judge = Object.hasOwn(logFields, name) ? logFields[name] : undefined;
    if (value instanceof Error && (name === "err" || name === "error")) kept["code"] = codeOf(value);
    else if (judge?.(value) === true) kept[name] = typeof value === "bigint" ? String(value) : value;
    else withheld += 1;
  }
  return withheld === 0 ? kept : { ...kept, withheld };
}
