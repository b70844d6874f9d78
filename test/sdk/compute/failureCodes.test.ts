import { readFileSync } from "node:fs";
import { type FailureName, failureCodes, failureName, isBeforeRelease } from "@persona-protocol/sdk/compute";
import { errorTable } from "@persona-protocol/sdk/errors";
import { expect } from "chai";

const file = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8");

/** ReceiptLib.meaningOf, with the numbers of its source. */
function readMeaning(): { codes: number; meaningOf: (code: number) => { proved: boolean; released: boolean } } {
  const source = file("contracts/types/Receipt.sol");
  const [, codes] = /CODES = (\d+);/.exec(source) ?? [];
  const [, below, span, from] = /return \(code < (\d+), code % (\d+) >= (\d+)\);/.exec(source) ?? [];
  if (codes === undefined || from === undefined) throw new Error("ReceiptLib says it in other words");
  return {
    codes: Number(codes),
    meaningOf: (code) => ({ proved: code < Number(below), released: code % Number(span) >= Number(from) }),
  };
}

describe("failure codes", () => {
  const names = Object.keys(failureCodes) as FailureName[];

  it("default: each code is one of the contract's, and its side of the release agrees", () => {
    const { codes, meaningOf } = readMeaning();
    for (const name of names) {
      const code = failureCodes[name];
      expect(code, name).to.be.within(1, codes - 1);
      expect(isBeforeRelease(code), name).to.equal(!meaningOf(code).released);
    }
    // One of each kind, as the contract's comment counts them.
    expect([15, 31, 47, 63].map(meaningOf)).to.deep.equal([
      { proved: true, released: false },
      { proved: true, released: true },
      { proved: false, released: false },
      { proved: false, released: true },
    ]);
  });

  it("behavior: over all codes of the contract, before release is what the contract pays back", () => {
    const { codes, meaningOf } = readMeaning();
    expect(codes).to.equal(64);
    for (let code = 1; code < codes; code++)
      expect(isBeforeRelease(code), `code ${code}`).to.equal(!meaningOf(code).released);
    expect(isBeforeRelease(0), "a success is after release").to.equal(false);
    for (const code of [-1, 64, 1_000, Number.NaN]) expect(isBeforeRelease(code), `code ${code}`).to.equal(false);
  });

  it("behavior: codes are unique, within a receipt's uint16, and named in the error table", () => {
    expect(new Set(Object.values(failureCodes)).size).to.equal(names.length);
    for (const name of names) {
      expect(failureName(failureCodes[name])).to.equal(name);
      expect(errorTable).to.have.property(name);
    }
    for (const code of [0, 15, 31, 47, 63, 64, -1]) expect(failureName(code), `code ${code}`).to.equal(undefined);
  });

  it("behavior: what a host alone can cause is never proved: it would earn the fee", () => {
    for (const name of [
      "HOST_DID_NOT_DELIVER",
      "GUARDIANS_UNAVAILABLE",
      "DIGEST_MISMATCH",
      "ENCLAVE_FAILED",
    ] as const) {
      expect(readMeaning().meaningOf(failureCodes[name]).proved, name).to.equal(false);
    }
  });
});
