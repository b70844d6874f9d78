import { expect } from "chai";
import { checks } from "../../scripts/check/checks.ts";
import { dependencyDocs } from "../../scripts/check/dependencyDocs.ts";
import { fileSizes } from "../../scripts/check/fileSizes.ts";
import { forbiddenWords } from "../../scripts/check/forbiddenWords.ts";
import { runTool } from "../../scripts/check/runTool.ts";
import { solidityLayers } from "../../scripts/check/solidityLayers.ts";
import { makeTree } from "./house.ts";

describe("checks", () => {
  it("default: every check has a name of its own", () => {
    expect(new Set(checks.map(({ name }) => name)).size).to.equal(checks.length);
  });

  it("behavior: a program passes by its exit code, and its output is shown when it fails", async () => {
    const root = makeTree({
      "good.ts": 'console.log("fine");',
      "bad.ts": 'console.log("line 3"); process.exitCode = 1;',
    });
    expect(await runTool(undefined, "good.ts", [])(root)).to.deep.equal({ ok: true, output: "" });
    expect(await runTool(undefined, "bad.ts", [])(root)).to.deep.equal({ ok: false, output: "line 3\n" });
  });
});

describe("solidityLayers", () => {
  const check = (path: string, target: string) =>
    solidityLayers(makeTree({ [path]: `pragma solidity 0.8.37;\nimport {\n  X\n} from "${target}";\n` }));

  it("default: down, to interfaces and to packages", () => {
    for (const target of ["../storage/X.sol", "../interfaces/IX.sol", "./Y.sol", "@openzeppelin/contracts/x.sol"]) {
      expect(check("contracts/compute/A.sol", target).ok, target).to.equal(true);
    }
  });

  it("error: up, out of contracts/, or from a folder without a place", () => {
    expect(check("contracts/storage/A.sol", "../access/X.sol").output).to.include("storage must not import access");
    expect(check("contracts/access/A.sol", "../compute/X.sol").ok).to.equal(false);
    expect(check("contracts/types/A.sol", "../interfaces/X.sol").ok).to.equal(false);
    expect(check("contracts/storage/A.sol", "../../test/contracts/X.sol").ok).to.equal(false);
    expect(check("contracts/heap/A.sol", "./X.sol").ok).to.equal(false);
  });
});

describe("forbiddenWords", () => {
  it("error: unfinished work, focused tests and silenced types, with their lines", () => {
    const words = [`// ${"TO"}DO later`, `it.${"on"}ly("x", () => {});`, `// @ts-${"ig"}nore`];
    const { ok, output } = forbiddenWords(makeTree({ "test/a.test.ts": `\n${words.join("\n")}\n` }));
    expect(ok).to.equal(false);
    expect(output.split("\n").map((line) => line.split(" ")[0])).to.deep.equal(
      [2, 3, 4].map((n) => `test/a.test.ts:${n}`),
    );
  });

  it("behavior: does not look into what is installed or generated", () => {
    const text = `// ${"TO"}DO`;
    expect(forbiddenWords(makeTree({ "node/node_modules/a/a.ts": text, "artifacts/a.ts": text })).ok).to.equal(true);
  });
});

describe("fileSizes", () => {
  it("default: warns about production files over 400 lines, and passes", () => {
    const long = "x\n".repeat(401);
    const tree = makeTree({ "sdk/src/a.ts": long, "sdk/src/b.ts": "x\n".repeat(400), "test/c.ts": long });
    expect(fileSizes(tree)).to.deep.equal({
      ok: true,
      output: "warning: sdk/src/a.ts has 401 lines (more than 400)",
    });
  });
});

describe("dependencyDocs", () => {
  const check = (document: string, nodeDependencies: object = {}, peerDependencies: object = {}) =>
    dependencyDocs(
      makeTree({
        "package.json": '{"devDependencies":{"a":"1"}}',
        "sdk/package.json": JSON.stringify({ dependencies: { "@x/b": "1" }, peerDependencies }),
        "node/package.json": JSON.stringify({ dependencies: { "@persona-protocol/sdk": "1", ...nodeDependencies } }),
        "node/src/enclave/runtime/package.json": '{"dependencies":{"@x/b":"1"}}',
        "docs/dependencies.md": document,
      }),
    );

  it("default: one row each", () => {
    expect(check("| `a` | why |\n| `@x/b` | why |\n").ok).to.equal(true);
  });

  it("error: one that is missing, one that is gone", () => {
    expect(check("| `a` | why |\n").output).to.include("@x/b is used");
    expect(check("| `a` | why |\n| `@x/b` | why |\n| `old` | why |\n").output).to.include("old is in");
  });

  it("error: two versions of one", () => {
    expect(check("| `a` | why |\n| `@x/b` | why |\n", { a: "2" }).output).to.equal(
      "a is named in the versions 1 and 2",
    );
  });

  it("behavior: a peer is a range beside the pinned version, and has a row too", () => {
    expect(check("| `a` | why |\n| `@x/b` | why |\n", {}, { a: "^1.0.0" }).ok).to.equal(true);
    expect(check("| `a` | why |\n| `@x/b` | why |\n", {}, { c: "^1.0.0" }).output).to.include("c is used");
  });
});
