import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { makeTree } from "./house.ts";

const create = fileURLToPath(new URL("../../create-persona-app/create.mjs", import.meta.url));
const sdkVersion = (): string =>
  JSON.parse(readFileSync(new URL("../../sdk/package.json", import.meta.url), "utf8")).version;

/** That what it makes builds and works is shown by npm run sdk:pack-test and by test/e2e/gettingStarted.test.ts. */
describe("create-persona-app", () => {
  const run = (cwd: string, ...args: readonly string[]) =>
    spawnSync(process.execPath, [create, ...args], { cwd, encoding: "utf8" });

  it("default: a folder with the template, its name, and where the network is", () => {
    const cwd = makeTree({ "x.txt": "" });
    const { status, stdout } = run(cwd, "My-Dapp", "--network", "http://127.0.0.1:4321");
    expect(status).to.equal(0);
    expect(stdout).to.include("npm install");
    const read = (path: string) => readFileSync(join(cwd, "My-Dapp", path), "utf8");
    const { name, dependencies } = JSON.parse(read("package.json"));
    expect([name, dependencies["@persona-protocol/sdk"]]).to.deep.equal(["my-dapp", sdkVersion()]);
    expect(read(".env.local")).to.equal("VITE_PERSONA_NETWORK=http://127.0.0.1:4321\n");
    expect(read(".gitignore")).to.include("node_modules").and.include(".env.local");
    expect(existsSync(join(cwd, "My-Dapp/_gitignore"))).to.equal(false);
  });

  it("error: no folder, one that is not empty, a name or an address that cannot be; nothing is written", () => {
    const cwd = makeTree({ "full/x.txt": "mine" });
    for (const args of [
      [],
      ["full"],
      ["a", "b"],
      ["dapp", "--network", "http://x/\nVITE_OTHER=1"],
      ["dapp", "--network", "file:///etc"],
      [".hidden"],
      ["dapp", "--colour"],
    ]) {
      const { status, stdout, stderr } = run(cwd, ...args);
      expect([status, stdout], args.join(" ")).to.deep.equal([1, ""]);
      expect(stderr).to.include("npm create persona-app DIR");
      expect(existsSync(join(cwd, "dapp")) || existsSync(join(cwd, ".hidden"))).to.equal(false);
    }
    expect(readFileSync(join(cwd, "full/x.txt"), "utf8")).to.equal("mine");
  });
});
