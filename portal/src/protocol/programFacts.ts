import { decodeAccessRequest, encodeProgram, outputClassOf, type Program } from "@persona-protocol/sdk";
import { OutputClass } from "@persona-protocol/sdk/contracts";
import type { OpenedGrant } from "../vault/records.ts";

/** What can be said of a program without running it. */
export type ProgramFacts = {
  readonly name: string;
  readonly description: string;
  readonly kind: "sql" | "wasm" | "js";
  readonly program: Program;
  readonly result: readonly string[];
  /** A row with invented values, where the form is one of rows. */
  readonly example: readonly (readonly [name: string, value: string])[];
  /** How little of it may be told of one person: figures about groups, or whatever the program makes. */
  readonly gives: string;
  readonly isAggregate: boolean;
  readonly seconds: number;
};

export function programFacts(program: Program): ProgramFacts {
  const isAggregate = outputClassOf(program) === OutputClass.aggregate;
  const common = {
    program,
    name: program.name,
    description: program.description,
    kind: program.kind,
    isAggregate,
    seconds: Math.round(program.limits.timeMs / 1_000),
  };
  if (program.v === 1) {
    const { columns, maxRows } = program.result;
    return {
      ...common,
      result: columns.map(({ name, type, nullable }) => `${name}: ${typeWords[type]}${nullable ? ", or nothing" : ""}`),
      example: columns.map(({ name, type }, i) => [name, exampleOf(type, i)] as const),
      gives: `at most ${maxRows} row${maxRows === 1 ? "" : "s"} of ${columns.length} value${columns.length === 1 ? "" : "s"}, whatever the statement puts there: read it below`,
    };
  }
  const { minRows = 1, minOwners = 1 } = program.groups ?? {};
  return {
    ...common,
    result: [JSON.stringify(program.result, null, 2)],
    example: [],
    gives: isAggregate
      ? `figures about groups of at least ${minRows} records${minOwners > 1 ? ` of ${minOwners} people` : ""}; the enclave holds it to that`
      : `up to ${program.limits.outputBytes.toLocaleString()} bytes of whatever the program makes of your data. It could be the data itself`,
  };
}

/** Invented, and so much alike that nobody takes it for a figure. */
function exampleOf(type: keyof typeof typeWords, at: number): string {
  if (type === "boolean") return "yes";
  if (type === "varchar") return "“some text”";
  const whole = String((at + 1) * 111);
  return type === "double" ? `${whole}.5` : whole;
}

const typeWords = { bigint: "a whole number", double: "a number", varchar: "a text", boolean: "yes or no" } as const;

/** The name of a granted program: out of the request that the grant answers, if it is that request's very program. */
export function programOfGrant(known: OpenedGrant | undefined): Program | undefined {
  if (known?.request === undefined) return undefined;
  try {
    const { program } = decodeAccessRequest(known.request).request;
    return encodeProgram(program).programId === known.grant.scope.programId ? program : undefined;
  } catch {
    return undefined;
  }
}
