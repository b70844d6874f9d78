import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { repositoryRoot } from "../../node/src/dev/repositoryRoot.ts";
import { checks } from "../../scripts/check/checks.ts";
import { dependencyDocs } from "../../scripts/check/dependencyDocs.ts";
import { docClaims } from "../../scripts/check/docClaims.ts";
import { anchorsOf, docLinks } from "../../scripts/check/docLinks.ts";
import { fileSizes } from "../../scripts/check/fileSizes.ts";
import { forbiddenWords } from "../../scripts/check/forbiddenWords.ts";
import { runTool } from "../../scripts/check/runTool.ts";
import { solidityLayers } from "../../scripts/check/solidityLayers.ts";
import { suites } from "../../scripts/test/suites.ts";
import { makeTree } from "./house.ts";

describe("checks", () => {
  it("default: every check has a name of its own", () => {
    expect(new Set(checks.map(({ name }) => name)).size).to.equal(checks.length);
  });

  it("behavior: CONTRIBUTING.md names every check and every suite", async () => {
    const told = await readFile(join(repositoryRoot, "CONTRIBUTING.md"), "utf8");
    for (const { name } of [...checks, ...suites]) expect(told).to.include(`\`${name}\``);
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

describe("docLinks", () => {
  const check = (page: string) =>
    docLinks(makeTree({ "docs/a.md": page, "docs/b.md": "# One `two` three!\n## Same\n## Same\n", "x.ts": "" })).output;

  it("default: files, headings as GitHub names them, what is elsewhere, and code", () => {
    expect(check("[a](b.md) [b](b.md#one-two-three) [c](b.md#same-1) [d](../x.ts) [e](https://x.org/y)")).to.equal("");
    expect(check("# Here\n[a](#here)\n`[b](nowhere.md)`\n```\n[c](nowhere.md)\n```\n")).to.equal("");
    expect([...anchorsOf("## 5.5 States, money and uses\n## [x](y) – z")]).to.deep.equal([
      "55-states-money-and-uses",
      "x--z",
    ]);
  });

  it("error: what is not there, with its line", () => {
    expect(check("\n[a](c.md)")).to.equal("docs/a.md:2 leads to docs/c.md, which is not there");
    expect(check("[a](b.md#same-2)")).to.equal("docs/a.md:1 leads to docs/b.md#same-2, a heading that is not there");
    expect(check("[a](#there)")).to.include("docs/a.md#there");
  });
});

describe("docClaims", () => {
  const check = (shownBy: string) =>
    docClaims(
      makeTree({
        "package.json": '{"scripts":{"test":"x"}}',
        "docs/answers/a.md": `| claim | shown by |\n|---|---|\n| one | ${shownBy} |\n\n| other | table |\n|---|---|\n| x | y |\n`,
        "test/a.test.ts": 'it("default: it holds", () => {});',
        "test/B.t.sol": 'import {A} from "./A.sol";\nimport {X} from "x"; contract B { function test_It() {} }',
        "test/A.sol": "function invariant_01_It() {}",
      }),
    ).output;

  it("default: a test by file and title, a function, an inherited invariant, a command, a page", () => {
    const shown = [
      '`test/a.test.ts`: "it holds"',
      "`test/B.t.sol`: `test_It`",
      "`test/a.test.ts`",
      "`npm test`",
      "[a](b.md)",
    ];
    for (const each of shown) expect(check(each), each).to.equal("");
  });

  it("error: whatever is not there, or shows nothing", () => {
    expect(check('`test/a.test.ts`: "it does not"')).to.equal(
      'docs/answers/a.md:3 test/a.test.ts has no test "it does not"',
    );
    expect(check("`test/c.test.ts`")).to.include("there is no test/c.test.ts");
    expect(check("`npm run other`")).to.include("no script other");
    expect(check("everybody knows")).to.include("no test, command or page");
  });
});
