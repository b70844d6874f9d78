import { type ParseArgsConfig, parseArgs } from "node:util";
import { ToolError } from "./ToolError.ts";

type Options = NonNullable<ParseArgsConfig["options"]>;
type Values<T extends Options> = ReturnType<typeof parseArgs<{ options: T & { help: { type: "boolean" } } }>>["values"];

/** A command of this repository: `--help`, unknown options (exit code 2) and ToolErrors look the same in each. */
export async function runCommand<const T extends Options>(
  command: { readonly usage: string; readonly options: T },
  main: (values: Values<T>) => Promise<number> | number,
): Promise<void> {
  try {
    const values = read(command);
    if ("help" in values && values.help === true) {
      process.stdout.write(`${command.usage.trim()}\n`);
      return;
    }
    process.exitCode = await main(values);
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = error.exitCode;
  }
}

function read<const T extends Options>(command: { readonly usage: string; readonly options: T }): Values<T> {
  try {
    return parseArgs({ options: { ...command.options, help: { type: "boolean" } } }).values;
  } catch (error) {
    throw new ToolError(`${error instanceof Error ? error.message : String(error)}\n\n${command.usage.trim()}`, 2);
  }
}

/** A whole number of at least `least`, or a ToolError that names the option. */
export function wholeNumber(name: string, text: string, least = 0): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < least) {
    throw new ToolError(`--${name} must be a whole number of at least ${least}, not ${JSON.stringify(text)}.`, 2);
  }
  return value;
}
