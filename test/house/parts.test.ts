import { expect } from "chai";
import { longestFirst, partsOf, readLastSeconds, writeLastSeconds } from "../../scripts/test/parts.ts";
import { suites, testFiles } from "../../scripts/test/suites.ts";
import { makeTree, repository } from "./house.ts";

describe("partsOf", () => {
  it("default: every file of every suite is in one part, and no part has files of two", () => {
    for (const suite of suites) {
      for (const whole of [true, false]) {
        const parts = partsOf(suite, repository, { whole });
        expect(parts.flatMap(({ files }) => files).sort(), suite.name).to.deep.equal(testFiles(suite, repository));
        expect(new Set(parts.map(({ name }) => name)).size, suite.name).to.equal(parts.length);
        if (whole) expect(parts, suite.name).to.have.length(1);
      }
    }
  });

  it("behavior: by the first folder, by the file, or in one", () => {
    const root = makeTree({
      "test/node/a.test.ts": "",
      "test/node/one/b.test.ts": "",
      "test/node/one/deep/c.test.ts": "",
    });
    const names = (processes: "one" | "folders" | "files") =>
      partsOf({ name: "node", files: "test/node/**/*.test.ts", processes }, root, { whole: false }).map(
        ({ name }) => name,
      );
    expect(names("one")).to.deep.equal(["node"]);
    expect(names("folders")).to.deep.equal(["node", "node/one"]);
    expect(names("files")).to.deep.equal(["node/a", "node/b", "node/c"]);
  });

  it("behavior: files that share what is started once are one part, whatever their folder", () => {
    const root = makeTree({
      "test/node/a/a.test.ts": "x()",
      "test/node/b/b.test.ts": "x()",
      "test/node/b/c.test.ts": "",
    });
    const suite = { name: "node", files: "test/node/**/*.test.ts", processes: "folders", together: "x()" } as const;
    const parts = partsOf(suite, root, { whole: false }).map(({ name, files }) => [name, files.length]);
    expect(parts).to.deep.equal([
      ["node/x()", 2],
      ["node/b", 1],
    ]);
  });

  it("behavior: a suite without files has no part", () => {
    const [suite] = suites;
    if (suite === undefined) throw new Error("no suite");
    expect(partsOf(suite, makeTree({}), { whole: true })).to.deep.equal([]);
    expect(partsOf(suite, makeTree({}), { whole: false })).to.deep.equal([]);
  });
});

describe("longestFirst", () => {
  it("default: the Solidity tests before everything, and none is lost", () => {
    const parts = suites.flatMap((suite) => partsOf(suite, repository, { whole: false }));
    const sorted = longestFirst(parts);
    expect(sorted[0]?.name).to.equal("contracts");
    expect(sorted).to.have.members(parts);
  });

  it("behavior: what took long here the last time comes first, and a new part has its place", () => {
    const root = makeTree({});
    expect(readLastSeconds(root)).to.deep.equal({});
    writeLastSeconds(root, { "e2e/race": 9_000, sdk: 1 });
    writeLastSeconds(root, { sdk: 2 });
    expect(readLastSeconds(root)).to.deep.equal({ "e2e/race": 9_000, sdk: 2 });
    const parts = suites.flatMap((suite) => partsOf(suite, repository, { whole: false }));
    const sorted = longestFirst(parts, readLastSeconds(root)).map(({ name }) => name);
    expect(sorted.slice(0, 2)).to.deep.equal(["e2e/race", "contracts"]);
    expect(sorted.at(-1)).to.equal("sdk");
  });

  it("error: a file of last times that is broken counts as none", () => {
    const root = makeTree({ ".cache/test-seconds.json": "[1, {" });
    expect(readLastSeconds(root)).to.deep.equal({});
  });
});
