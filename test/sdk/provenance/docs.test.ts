import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { repositoryRoot } from "../../../node/src/dev/repositoryRoot.ts";
import { mailRules, mailWarnings, reclaimRules } from "../../../sdk/src/provenance/index.ts";

describe("docs/provenance.md", () => {
  it("behavior: has each rule and warning, in order and in the code's words", () => {
    const rows = readFileSync(join(repositoryRoot, "docs/provenance.md"), "utf8").match(/^\| `[a-z0-9-]+` \| .* \|$/gm);
    const wanted = [reclaimRules, mailRules, mailWarnings].flatMap((table) =>
      Object.entries(table).map(([name, text]) => `| \`${name}\` | ${text} |`),
    );
    expect(rows).to.deep.equal(wanted);
  });
});
