import type { InlineProgram } from "@persona-protocol/sdk/compute";

/** A valid program; anything can be chosen. */
export function createProgram(choice: Partial<InlineProgram> = {}): InlineProgram {
  return {
    v: 1,
    kind: "sql",
    name: "count",
    description: "Counts posts.",
    statement: "SELECT count(*)::BIGINT AS n FROM posts",
    tables: [{ table: "posts", schema: "persona:post@1" }],
    args: [],
    result: { columns: [{ name: "n", type: "bigint", nullable: false }], maxRows: 1 },
    limits: { timeMs: 5_000, memoryMb: 256 },
    ...choice,
  };
}

type ScalarType = InlineProgram["args"][number]["type"];

/** A program with one argument and one result column, both called `x`. */
export const programOf = (type: ScalarType, nullable = false): InlineProgram =>
  createProgram({ args: [{ name: "x", type }], result: { columns: [{ name: "x", type, nullable }], maxRows: 2 } });
