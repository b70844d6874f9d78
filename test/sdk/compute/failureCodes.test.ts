import { readFileSync } from "node:fs";
import { type FailureName, failureCodes, failureName, isBeforeRelease } from "@persona-protocol/sdk/compute";
import { errorTable } from "@persona-protocol/sdk/errors";
import { expect } from "chai";

const file = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8");

/** Ranges of the contract, from the comments of its enum: `ProvedBeforeRelease, // 1 to 15`. */
function contractRanges(): { name: string; from: number; to: number }[] {
  return [...file("contracts/types/Receipt.sol").matchAll(/(\w+)(?:,)? \/\/ (\d+) to (\d+)/g)].map(
    ([, name = "", from, to]) => ({ name, from: Number(from), to: Number(to) }),
  );
}

/** CodeClass of a code, computed as ReceiptLib.classOf does. */
const classOf = (code: number) => (code === 0 ? 0 : 1 + Math.floor(code / 16));

describe("failure codes", () => {
  const names = Object.keys(failureCodes) as FailureName[];

  it("default: each code lies in a range of the contract, and its side of the release agrees", () => {
    const ranges = contractRanges();
    expect(ranges.map(({ name }) => name)).to.deep.equal([
      "ProvedBeforeRelease",
      "ProvedAfterRelease",
      "UnprovedBeforeRelease",
      "UnprovedAfterRelease",
    ]);
    for (const name of names) {
      const code = failureCodes[name];
      const range = ranges.find(({ from, to }) => code >= from && code <= to);
      expect(ranges.indexOf(range as never) + 1, name).to.equal(classOf(code));
      expect(isBeforeRelease(code), name).to.equal(range?.name.endsWith("BeforeRelease"));
    }
  });

  it("behavior: over all codes of the contract, before release is what the contract pays back", () => {
    for (let code = 1; code < 64; code++) {
      const wanted = classOf(code) === 1 || classOf(code) === 3;
      expect(isBeforeRelease(code), `code ${code}`).to.equal(wanted);
    }
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
      expect(failureCodes[name], name).to.be.greaterThan(31);
    }
  });
});
