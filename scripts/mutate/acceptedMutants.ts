import { existsSync, readFileSync } from "node:fs";
import { ToolError } from "../command/ToolError.ts";

export const ACCEPTED = "test/contracts/mutants.json";

/** A survivor that is no gap in the tests, and why: the change cannot be observed, because … */
export type AcceptedMutant = { readonly id: string; readonly mutant: string; readonly reason: string };

export function readAccepted(path: string): AcceptedMutant[] {
  if (!existsSync(path)) return [];
  const entries: unknown = JSON.parse(readFileSync(path, "utf8"));
  if (!Array.isArray(entries) || !entries.every(isAccepted)) {
    throw new ToolError(`${path} must be a list of { "id", "mutant", "reason" }, none of them empty.`);
  }
  return entries;
}

function isAccepted(value: unknown): value is AcceptedMutant {
  const { id, mutant, reason } = (value ?? {}) as Partial<Record<keyof AcceptedMutant, unknown>>;
  return [id, mutant, reason].every((field) => typeof field === "string" && field.trim() !== "");
}
