import { readFileSync } from "node:fs";
import { codeOfReason, type ErrorCode, type ErrorEntry, errorTable, reasonOfCode } from "@persona-protocol/sdk/errors";
import { expect } from "chai";

/** Members of the Solidity enum, in their order. */
function solidityReasons(): string[] {
  const source = readFileSync(new URL("../../../contracts/types/Reason.sol", import.meta.url), "utf8");
  const body = /enum Reason \{([^}]*)\}/.exec(source)?.[1] ?? "";
  return body
    .replaceAll(/\/\/.*$/gm, "")
    .split(",")
    .map((member) => member.trim())
    .filter((member) => member !== "");
}

const snakeCase = (name: string) => name.replaceAll(/(?<=[a-z])(?=[A-Z])/g, "_").toUpperCase();

/** Of refusals that no contract can know; they are no part of the enum. */
const guardiansOwn = 256;

describe("reasons", () => {
  it("default: the table and the Solidity enum name the same refusals in the same order", () => {
    const [none, ...members] = solidityReasons();
    expect(none).to.equal("None");
    const inTable = Object.entries<ErrorEntry>(errorTable)
      .filter(([, { reason }]) => reason !== undefined && reason < guardiansOwn)
      .map(([code, { reason }]) => `${reason} ${code}`);
    expect(inTable).to.deep.equal(members.map((member, i) => `${i + 1} ${snakeCase(member)}`));
  });

  it("behavior: numbers and codes lead to one another, and everything else to nothing", () => {
    for (const code of Object.keys(errorTable) as ErrorCode[]) {
      const reason = reasonOfCode(code);
      if (reason !== undefined) expect(codeOfReason(reason)).to.equal(code);
    }
    for (const reason of [0, -1, 1.5, 10_000, solidityReasons().length])
      expect(codeOfReason(reason)).to.equal(undefined);
  });

  it("behavior: a refusal is nobody's fault but the asker's: exit code 2, never tried again", () => {
    for (const entry of Object.values<ErrorEntry>(errorTable)) {
      if (entry.reason !== undefined) expect(entry).to.include({ exit: 2, retry: "never" });
    }
  });
});
