import solc from "solc";
import type { Abi } from "viem";
import { ToolError } from "../command/ToolError.ts";
import type { AstNode } from "./ast.ts";

type SolidityError = {
  readonly severity: string;
  readonly formattedMessage: string;
  /** In bytes. */
  readonly sourceLocation?: { readonly file: string; readonly start: number; readonly end: number };
};

type ContractOutput = {
  readonly abi?: Abi;
  readonly evm?: {
    readonly bytecode?: { readonly object: string; readonly linkReferences?: Readonly<Record<string, object>> };
    readonly deployedBytecode?: { readonly object: string; readonly immutableReferences?: object };
    readonly methodIdentifiers?: Readonly<Record<string, string>>;
  };
  readonly storageLayout?: unknown;
  readonly transientStorageLayout?: unknown;
};

export type SolidityOutput = {
  readonly errors?: readonly SolidityError[];
  readonly sources?: Readonly<Record<string, { readonly ast?: AstNode }>>;
  readonly contracts?: Readonly<Record<string, Readonly<Record<string, ContractOutput>>>>;
};

export type Selection = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;

/** One run of the pinned compiler, in this process: loading it takes as long as a small contract does. */
export function compileSolidity(options: {
  readonly sources: ReadonlyMap<string, string>;
  readonly settings: object;
  readonly select: Selection;
  /** Asked for a source that is imported and not among the sources. */
  readonly onMissing?: (name: string) => string | undefined;
}): SolidityOutput {
  const input = {
    language: "Solidity",
    sources: Object.fromEntries([...options.sources].map(([name, content]) => [name, { content }])),
    settings: { ...options.settings, outputSelection: options.select },
  };
  const find = (name: string) => {
    const contents = options.onMissing?.(name);
    return contents === undefined ? { error: "there is no such file" } : { contents };
  };
  return JSON.parse(solc.compile(JSON.stringify(input), { import: find }));
}

/** @returns what the compiler refused, in its words; empty when it compiled */
export function errorsOf(output: SolidityOutput): string {
  const errors = (output.errors ?? []).filter(({ severity }) => severity === "error");
  return errors.map(({ formattedMessage }) => formattedMessage.trim()).join("\n\n");
}

/** The same, as an end of the command. */
export function mustCompile(output: SolidityOutput): SolidityOutput {
  const errors = errorsOf(output);
  if (errors !== "") throw new ToolError(`${errors}\n\nThe contracts do not compile.`);
  return output;
}
