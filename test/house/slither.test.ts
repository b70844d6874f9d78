import { expect } from "chai";
import { judgeFindings, nameFindings, type Triage } from "../../scripts/slither/findings.ts";
import { installSlither } from "../../scripts/slither/installSlither.ts";
import { makeTree } from "./house.ts";

const finding = (check: string, line: number, what = "A.f() is bad") => ({
  check,
  impact: "Low",
  description: `${what} (contracts/A.sol#${line}-${line + 2})\n`,
});

const none: Triage = { excluded: {}, accepted: [] };

describe("npm run slither", () => {
  it("default: a finding has the same id wherever its code is, and another when it says something else", () => {
    const [here] = nameFindings([finding("x", 3)]);
    const [there] = nameFindings([finding("x", 30)]);
    const [other] = nameFindings([finding("x", 3, "A.g() is bad")]);
    expect(here?.id).to.equal(there?.id).and.not.equal(other?.id);
    expect(new Set(nameFindings([finding("x", 3), finding("x", 9)]).map(({ id }) => id)).size).to.equal(2);
  });

  it("error: a finding without a reason, a reason without a finding", () => {
    const findings = nameFindings([finding("x", 3)]);
    const id = findings[0]?.id ?? "";
    const accept = (id: string, reason: string): Triage => ({ ...none, accepted: [{ id, finding: "x", reason }] });
    expect(judgeFindings(findings, accept(id, "it is meant"), [])).to.deep.equal([]);
    expect(judgeFindings(findings, none, [])).to.have.length(1);
    expect(judgeFindings(findings, accept(id, " "), [])[0])
      .to.include("unexplained (Low)")
      .and.to.include(id);
    expect(judgeFindings([], accept(id, "it is meant"), [])[0]).to.include("not found any more");
  });

  it("error: a detector that is off without a reason, or has a reason and is on", () => {
    const triage = { ...none, excluded: { timestamp: "days, not seconds" } };
    expect(judgeFindings([], triage, ["timestamp"])).to.deep.equal([]);
    expect(judgeFindings([], none, ["timestamp"])).to.have.length(1);
    expect(judgeFindings([], triage, [])).to.have.length(1);
  });

  it("behavior: without Python it says why it cannot run", () => {
    const path = process.env["PATH"];
    process.env["PATH"] = makeTree({});
    try {
      expect(installSlither(makeTree({})))
        .to.have.property("missing")
        .that.includes("python3");
    } finally {
      process.env["PATH"] = path;
    }
  });
});
