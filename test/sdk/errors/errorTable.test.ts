import { type ErrorCode, PersonaError } from "@persona-protocol/sdk/errors";
import { expect } from "chai";
import { type ErrorEntry, errorTable } from "../../../sdk/src/errors/errorTable.ts";

describe("errorTable", () => {
  const entries = Object.entries(errorTable) as [ErrorCode, ErrorEntry][];

  it("default: what is worth another try ends a command with 75, and nothing else does", () => {
    for (const [code, { exit, retry }] of entries) expect(exit === 75, code).to.equal(retry === "later");
    const { exitCode, retry } = new PersonaError("CHAIN_UNREACHABLE", "nobody");
    expect([exitCode, retry]).to.deep.equal([75, "later"]);
  });

  it("behavior: each says why and what to do, in sentences; a reason of the contracts is one error's alone", () => {
    for (const [code, { why, fix }] of entries) {
      expect(why, code).to.match(/^\S.*[.?]$/s);
      expect(fix, code).to.match(/^\S.*[.?]$/s);
    }
    const reasons = entries.flatMap(([, { reason }]) => (reason === undefined ? [] : [reason]));
    expect(new Set(reasons).size).to.equal(reasons.length);
  });
});
