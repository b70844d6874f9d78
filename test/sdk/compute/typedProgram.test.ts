import {
  type ArgsOf,
  defineProgram,
  encodeProgram,
  type Program,
  type ProgramArgs,
  type ResultOf,
} from "@persona-protocol/sdk";
import { expect } from "chai";

type Same<a, b> = (<t>() => t extends a ? 1 : 2) extends <t>() => t extends b ? 1 : 2 ? true : false;
const same = <_check extends true>(): void => {};

const score = defineProgram({
  v: 1,
  kind: "sql",
  name: "score",
  description: "",
  statement: "SELECT 1::BIGINT AS n, 'x' AS label FROM posts WHERE $least < 1",
  tables: [{ table: "posts", schema: "persona:post@1" }],
  args: [
    { name: "least", type: "bigint" },
    { name: "label", type: "varchar" },
  ],
  result: {
    columns: [
      { name: "n", type: "bigint", nullable: false },
      { name: "label", type: "varchar", nullable: true },
    ],
    maxRows: 1,
  },
  limits: { timeMs: 1_000, memoryMb: 64 },
});

const shape = defineProgram({
  v: 2,
  kind: "js",
  name: "shape",
  description: "",
  code: "bafyreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy",
  tables: [{ table: "posts", schema: "persona:post@1", columns: ["id"] }],
  args: {
    type: "object",
    properties: { from: { type: "integer" }, why: { type: ["string", "null"], maxLength: 5 } },
    required: ["from"],
    additionalProperties: false,
  },
  result: {
    type: "array",
    items: {
      type: "object",
      properties: { kind: { type: "string", maxLength: 4, enum: ["post", "like"] }, share: { type: "number" } },
      additionalProperties: false,
    },
    maxItems: 2,
  },
  limits: { timeMs: 1_000, memoryMb: 64, fuel: 10, outputBytes: 100 },
});

describe("defineProgram", () => {
  it("type: arguments and rows of version 1 are those of its declarations", () => {
    same<Same<ArgsOf<typeof score>, { readonly least: number | bigint; readonly label: string }>>();
    same<Same<ResultOf<typeof score>, readonly { readonly n: number | bigint; readonly label: string | null }[]>>();
    expect(encodeProgram(score).programId).to.match(/^0x/);
  });

  it("type: arguments and result of version 2 are those of its schemas", () => {
    same<Same<ArgsOf<typeof shape>, { readonly from: number | bigint; readonly why?: string | null }>>();
    same<Same<ResultOf<typeof shape>, readonly { readonly kind: "post" | "like"; readonly share: number }[]>>();
    expect(encodeProgram(shape).programId).to.match(/^0x/);
  });

  it("type: of a program that is not known, nothing is promised", () => {
    same<Same<ArgsOf<Program>, ProgramArgs>>();
    same<Same<ResultOf<Program>, unknown>>();
    // @ts-expect-error a column has a type that there is
    defineProgram({ ...score, args: [{ name: "least", type: "int" }] });
    expect(score.args).to.have.length(2);
  });
});
