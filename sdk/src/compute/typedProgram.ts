import type { JsonSchema } from "./jsonSchema.ts";
import type { Program, ProgramArgs } from "./program.ts";

/**
 * A program with its own types: the arguments and results of its jobs are those of its schemas. Checked when it is encoded, not here.
 * `const score = defineProgram({ v: 1, … })`, not annotated with `Program`, which would forget them.
 */
export const defineProgram = <const program extends Program>(program: program): program => program;

type ScalarOf<type> = type extends "bigint"
  ? number | bigint
  : type extends "double"
    ? number
    : type extends "varchar"
      ? string
      : type extends "boolean"
        ? boolean
        : never;

type Item<list> = list extends readonly (infer item)[] ? item : never;
type Simplify<type> = { [name in keyof type]: type[name] } & {};

/** A value that fits a JSON Schema of programs. */
export type ValueOf<schema> = schema extends { readonly type: readonly [infer type, "null"] }
  ? ValueOf<Omit<schema, "type"> & { readonly type: type }> | null
  : schema extends { readonly type: "boolean" }
    ? boolean
    : schema extends { readonly type: "null" }
      ? null
      : schema extends { readonly type: "integer" }
        ? number | bigint
        : schema extends { readonly type: "number" }
          ? number
          : schema extends { readonly type: "string"; readonly enum: readonly (infer choice)[] }
            ? choice
            : schema extends { readonly type: "string" }
              ? string
              : schema extends { readonly type: "array"; readonly items: infer items }
                ? readonly ValueOf<items>[]
                : schema extends { readonly type: "object"; readonly properties: infer properties }
                  ? ObjectOf<
                      properties,
                      schema extends { readonly required: readonly (infer name)[] } ? name : keyof properties
                    >
                  : unknown;

type ObjectOf<properties, required> = Simplify<
  { readonly [name in keyof properties as name extends required ? name : never]: ValueOf<properties[name]> } & {
    readonly [name in keyof properties as name extends required ? never : name]?: ValueOf<properties[name]>;
  }
>;

/** Arguments of a program. Where its type is only `Program`, whatever arguments can be. */
export type ArgsOf<program extends Program> = program extends { readonly v: 2; readonly args: infer schema }
  ? JsonSchema extends schema
    ? ProgramArgs
    : ValueOf<schema>
  : program extends { readonly v: 1; readonly args: infer args }
    ? string extends Item<args>["name" & keyof Item<args>]
      ? ProgramArgs
      : Simplify<{ readonly [arg in Item<args> as NameOf<arg>]: ScalarOf<TypeOf<arg>> }>
    : ProgramArgs;

type NameOf<column> = column extends { readonly name: infer name extends string } ? name : never;
type TypeOf<column> = column extends { readonly type: infer type } ? type : never;
type CellOf<column> = column extends { readonly nullable: false }
  ? ScalarOf<TypeOf<column>>
  : ScalarOf<TypeOf<column>> | null;

/** Result of a program: rows for version 1, what its schema says for version 2. */
export type ResultOf<program extends Program> = program extends { readonly v: 2; readonly result: infer schema }
  ? JsonSchema extends schema
    ? unknown
    : ValueOf<schema>
  : program extends { readonly v: 1; readonly result: { readonly columns: infer columns } }
    ? readonly Simplify<{ readonly [column in Item<columns> as NameOf<column>]: CellOf<column> }>[]
    : unknown;
