import { expect } from "chai";
import { createUsualValues } from "../../../../sdk/src/ingest/xml/usualValues.ts";

describe("createUsualValues", () => {
  it("default: finds a value where it stands whole, and what it says", () => {
    const usual = createUsualValues();
    expect(usual.find('count"', 0)).to.equal(undefined);
    usual.add("count", "count");
    usual.add("&lt;a&gt;", "<a>");
    expect(usual.find('x="count"', 3)).to.equal("count");
    expect(usual.length()).to.equal(5);
    expect(usual.find('&lt;a&gt;" b', 0)).to.equal("<a>");
    expect(usual.length()).to.equal(9);
    for (const other of ['counts"', 'coun"', "count", "count'", 'Count"', ""]) {
      expect(usual.find(other, 0), other).to.equal(undefined);
    }
    usual.add("", "");
    expect(usual.find('"', 0)).to.equal("");
  });

  it("behavior: keeps the last four; gives up on values that never come again, and takes them up when they do", () => {
    const usual = createUsualValues();
    for (const value of ["a", "b", "c", "d", "e"]) usual.add(value, value);
    expect(["a", "b", "c", "d", "e"].map((value) => usual.find(`${value}"`, 0))).to.deep.equal([
      undefined,
      "b",
      "c",
      "d",
      "e",
    ]);
    for (let index = 0; index < 100; index++) usual.add(`n${index}`, `n${index}`);
    expect(usual.find('n99"', 0)).to.equal(undefined);
    for (let index = 0; index < 128 && usual.find('z"', 0) === undefined; index++) usual.add("z", "z");
    expect(usual.find('z"', 0)).to.equal("z");
  });
});
