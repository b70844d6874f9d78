import { globSync, readFileSync } from "node:fs";
import { expect } from "chai";
import { connectors } from "../../../sdk/src/ingest/index.ts";

const source = new URL("../../../sdk/src/ingest/", import.meta.url).pathname;

describe("the table of connectors", () => {
  const ids = connectors.map(({ id }) => id);

  it("default: every connector of the source tree is in it, once", () => {
    const made = globSync("*/*.ts", { cwd: source }).flatMap((file) =>
      [...readFileSync(`${source}/${file}`, "utf8").matchAll(/: Connector = \{\s+id: "([^"]+)"/g)].map(([, id]) => id),
    );
    expect(made.length).to.be.greaterThan(10);
    expect(ids).to.include.members(made);
    expect(new Set(ids).size).to.equal(ids.length);
  });

  it("behavior: each is changed by a fuzz test: it is called there by its name in the source", () => {
    const tests = globSync("fuzz*.test.ts", { cwd: import.meta.dirname })
      .map((file) => readFileSync(`${import.meta.dirname}/${file}`, "utf8"))
      .join("\n");
    const names = [...readFileSync(`${source}/connectors.ts`, "utf8").matchAll(/^ {2}(\w+),$/gm)].map(
      ([, name]) => name,
    );
    expect(names).to.have.length(ids.length);
    expect(names.filter((name) => !new RegExp(`\\b${name}\\b`).test(tests))).to.deep.equal([]);
  });
});
