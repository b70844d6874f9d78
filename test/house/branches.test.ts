import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { makeMutationTree, runOn } from "./mutationTree.ts";

describe("npm run branches", function () {
  this.timeout(300_000); // a dozen compilations

  it("default: the test of each side, and the sides that no test takes", async () => {
    const root = makeMutationTree();
    const { code, stderr } = await runOn(root, "scripts/branches.ts", "--jobs", "1", "--write");
    expect(code, stderr).to.equal(1);
    const rows = readFileSync(join(root, "docs/branches.md"), "utf8").split("\n");
    expect(rows.find((row) => row.includes("`code != 1234`"))).to.equal(
      "| 7 open | `code != 1234` | `SafeTest.test_RevertWhen_open_CodeIsWrong()` | `SafeTest.test_open_Counts()` |",
    );
    const [, , , whenTrue, whenFalse] = rows.find((row) => row.includes("`opened < 9`"))?.split("|") ?? [];
    expect(whenTrue).to.include("test_open_Counts");
    expect(whenFalse).to.include("unproved");
    expect(stderr).to.match(/Safe\.sol:8 Safe\.open: opened < 9 is false: no test notices/);
  });
});
