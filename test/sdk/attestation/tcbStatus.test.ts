import type { TcbStatus } from "@persona-protocol/sdk/attestation";
import { expect } from "chai";
import { converge, type TcbJudgement } from "../../../sdk/src/attestation/dcap/tcbStatus.ts";

const judgement = (status: TcbStatus, ...advisories: readonly string[]): TcbJudgement => ({
  status,
  advisories,
  tcbDate: 100,
});

const together: readonly (readonly [TcbStatus, TcbStatus, TcbStatus])[] = [
  ["UpToDate", "UpToDate", "UpToDate"],
  ["UpToDate", "SWHardeningNeeded", "SWHardeningNeeded"],
  ["SWHardeningNeeded", "ConfigurationNeeded", "ConfigurationAndSWHardeningNeeded"],
  ["ConfigurationNeeded", "UpToDate", "ConfigurationNeeded"],
  ["ConfigurationAndSWHardeningNeeded", "SWHardeningNeeded", "ConfigurationAndSWHardeningNeeded"],
  ["UpToDate", "OutOfDate", "OutOfDate"],
  ["SWHardeningNeeded", "OutOfDate", "OutOfDate"],
  ["ConfigurationNeeded", "OutOfDate", "OutOfDateConfigurationNeeded"],
  ["ConfigurationAndSWHardeningNeeded", "OutOfDate", "OutOfDateConfigurationNeeded"],
  ["OutOfDateConfigurationNeeded", "UpToDate", "OutOfDateConfigurationNeeded"],
  ["Revoked", "UpToDate", "Revoked"],
  ["OutOfDateConfigurationNeeded", "Revoked", "Revoked"],
];

describe("converge", () => {
  for (const [one, other, both] of together) {
    it(`default: ${one} and ${other}: ${both}, in either order`, () => {
      expect(converge([judgement(one), judgement(other)]).status).to.equal(both);
      expect(converge([judgement(other), judgement(one)]).status).to.equal(both);
    });
  }

  it("default: every advisory once, sorted, and the oldest date", () => {
    const oldest = { ...judgement("UpToDate", "B", "A"), tcbDate: 50 };
    expect(converge([judgement("UpToDate", "C", "A"), oldest, judgement("UpToDate")])).to.deep.equal({
      status: "UpToDate",
      advisories: ["A", "B", "C"],
      tcbDate: 50,
    });
  });
});
