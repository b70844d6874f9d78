import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { CHOSEN, choose, combineMutants } from "../../scripts/mutate/combineMutants.ts";
import { applyEdit, nameMutants } from "../../scripts/mutate/Mutant.ts";
import { rankTests } from "../../scripts/mutate/rankTests.ts";
import { makeMutationTree, NINTH_TEST, runOn } from "./mutationTree.ts";

const mutate = (root: string, ...args: readonly string[]) => runOn(root, "scripts/mutate.ts", "--jobs", "1", ...args);

describe("npm run mutate", function () {
  this.timeout(300_000); // two dozen compilations

  it("default: kills what the tests notice, names what they do not, and goes on where it was", async () => {
    const root = makeMutationTree();
    const first = await mutate(root);
    expect(first.code, first.stderr).to.equal(1);
    const line = (text: string) => first.stderr.split("\n").find((line) => line.includes(text)) ?? "";
    expect(line("delete check")).to.include("killed").and.to.include("SafeTest.test_RevertWhen_open_CodeIsWrong()");
    expect(line("compare: code != 1234 → code == 1234")).to.include("killed");
    expect(line("arithmetic: ++opened → --opened")).to.include("killed");
    expect(line("constant: 1234 → (1234 + 1)")).to.include("killed");
    // Nobody opens it nine times.
    expect(first.stderr).to.match(/survived: \w+ Safe\.open contracts\/Safe\.sol:8 compare: opened < 9 → opened <= 9/);
    expect(first.stderr).to.not.match(/survived: .*Safe\.sol:7/);

    const explained = [...first.stderr.matchAll(/^survived: (\w+) (.*)$/gm)].map(([, id, mutant]) => {
      return { id, mutant, reason: "nobody opens it nine times" };
    });
    writeFileSync(join(root, "test/contracts/mutants.json"), JSON.stringify(explained));
    const second = await mutate(root, "--write");
    expect(second.code, second.stderr).to.equal(0);
    expect(second.stderr).to.not.include("left"); // all known from the first run
    expect(readFileSync(join(root, "docs/mutation.md"), "utf8")).to.include("nobody opens it nine times");
  });

  it("behavior: a new test meets what survived, and not what another file kills", async () => {
    const root = makeMutationTree();
    expect((await mutate(root)).code).to.equal(1);
    writeFileSync(join(root, "test/contracts/Ninth.t.sol"), NINTH_TEST);
    const { code, stderr } = await mutate(root);
    expect(code, stderr).to.equal(0);
    expect(stderr).to.match(/killed .*opened < 9 → opened <= 9 .*NinthTest\.test_open_CountsToNine/);
    expect(stderr).to.not.include("delete check");
    writeFileSync(join(root, "test/contracts/Safe.t.sol"), NINTH_TEST.replace("NinthTest", "SafeTest"));
    // What only the old file had noticed is asked about again.
    expect((await mutate(root)).stderr).to.include("delete check");
  });

  it("behavior: --list, --contract and --sample choose, the same for the same seed", async () => {
    const root = makeMutationTree();
    const all = (await mutate(root, "--list")).stdout.trim().split("\n");
    expect(all.length).to.be.greaterThan(8);
    expect(new Set(all.map((line) => line.split(" ")[0])).size).to.equal(all.length);
    expect(all.join("\n")).to.not.include("ISafe");
    const sample = async (seed: string) => (await mutate(root, "--list", "--sample", "3", "--seed", seed)).stdout;
    const first = await sample("1");
    expect(first.trim().split("\n")).to.have.length(3);
    expect(await sample("1")).to.equal(first);
    expect(await sample("2")).to.not.equal(first);
  });

  it("error: a name that is none, --write with a part, an explanation without a reason", async () => {
    const root = makeMutationTree({ "test/contracts/mutants.json": '[{ "id": "a", "mutant": "b", "reason": " " }]' });
    const unknown = await mutate(root, "--contract", "Vault");
    expect(unknown.code).to.equal(2);
    expect(unknown.stderr).to.include("Vault").and.to.include("Safe");
    expect((await mutate(root, "--write", "--sample", "1")).code).to.equal(2);
    const empty = await mutate(root, "--sample", "1");
    expect(empty.code).to.equal(1);
    expect(empty.stderr).to.include("none of them empty");
  });

  it("error: tests that fail before anything is changed", async () => {
    const test = "pragma solidity ^0.8.28; contract BadTest { function test_A() external pure { revert(); } }";
    const { code, stderr } = await mutate(makeMutationTree({ "test/contracts/Bad.t.sol": test }), "--sample", "1");
    expect(code).to.equal(1);
    expect(stderr).to.include("must pass before mutants can be judged");
  });
});

describe("nameMutants", () => {
  const edit = (start: number) => ({
    operator: "compare",
    place: "A.f",
    start,
    end: start + 1,
    replacement: ">",
    at: undefined,
  });

  it("behavior: an id survives lines that are added, and tells equals apart", () => {
    const [first, second] = nameMutants("A.sol", Buffer.from("< <"), [edit(0), edit(2)]);
    const [moved] = nameMutants("A.sol", Buffer.from("\n\n<"), [edit(2)]);
    expect(first?.id).to.equal(moved?.id).and.not.equal(second?.id);
    expect(moved?.line).to.equal(3);
  });

  it("behavior: places are bytes, not characters", () => {
    const source = Buffer.from("// é\na < b");
    const at = source.indexOf("<");
    expect(applyEdit(source, { ...edit(at) })).to.equal("// é\na > b");
  });
});

describe("combineMutants", () => {
  const source = Buffer.from("if (a < 5) b = 1; // é");
  const at = (text: string) => source.indexOf(text);
  const numbered = (number: number, kind: "expression" | "statement", text: string, replacement: string) => {
    const [start, end] = [at(text), at(text) + Buffer.byteLength(text)];
    const edit = { operator: "compare", start, end, replacement };
    return { number, edit, at: { kind, start, end } };
  };

  it("default: every change and the unchanged code, inner ones in the unchanged", () => {
    const { text, places } = combineMutants(source, [
      numbered(1, "expression", "a < 5", "a <= 5"),
      numbered(2, "statement", "if (a < 5) b = 1;", "{}"),
      numbered(3, "statement", "b = 1;", "{}"),
    ]);
    expect(text.split("\n")[0]).to.equal(
      "{ if (chosenMutant == 2) { {} } else { if ((chosenMutant == 1 ? (a <= 5) : (a < 5))) " +
        "{ if (chosenMutant == 3) { {} } else { b = 1; } } } } // é",
    );
    const written = places.map(({ start, end }) => Buffer.from(text).subarray(start, end).toString());
    expect(written).to.deep.equal(["{}", "a <= 5", "{}"]);
  });

  it("behavior: the code is chosen by a number of the same length", () => {
    expect(choose(`7f${CHOSEN}14`, 17)).to.equal(`7f${"11".padStart(64, "0")}14`);
  });
});

describe("rankTests", () => {
  it("default: about the function first, setUp last", () => {
    const failed = [
      "ATest.setUp()",
      "BTest.testFuzz_claim(uint256)",
      "BTest.test_claim()",
      "AttacksTest.test_Attack_claim()",
    ];
    expect(rankTests(failed, { place: "B._claim" })[0]).to.equal("BTest.test_claim()");
    expect(rankTests(failed, { place: "C.pay" }).at(-1)).to.equal("ATest.setUp()");
  });
});
