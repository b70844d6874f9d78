import { readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { compareGas, gasFigures } from "../../scripts/test/gasSnapshot.ts";
import { makeTree, repository, start } from "./house.ts";

const CONFIG = `
import { join } from "node:path";
import { defineConfig } from "hardhat/config";
export default defineConfig({
  solidity: { compilers: [{ version: "0.8.37", path: join(import.meta.dirname, "node_modules/solc/soljson.js") }] },
  paths: { tests: { solidity: "./test/contracts" } },
});
`;

const TEST = `pragma solidity ^0.8.28;
interface Vm { function snapshotGasLastCall(string calldata, string calldata) external returns (uint256); }
contract Store { uint256 public a; function set(uint256 value) external { a = value; } }
contract GasTest {
  Vm constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));
  function test_Gas_set() external { Store store = new Store(); store.set(1); vm.snapshotGasLastCall("Store", "set"); }
}
`;

describe("compareGas", () => {
  const compare = (before: number | undefined, now: number | undefined, partial = false) =>
    compareGas(before === undefined ? {} : { A: { f: before } }, now === undefined ? {} : { A: { f: now } }, {
      partial,
    });

  it("default: nothing to say about equal figures", () => {
    expect(compare(7, 7)).to.deep.equal([]);
  });

  it("error: one more, one less, a new one, one that is gone", () => {
    expect(compare(1000, 1001)).to.deep.equal(["A f: 1,000 → 1,001 (+1, 0.10 %)"]);
    expect(compare(1000, 999)).to.deep.equal(["A f: 1,000 → 999 (-1, -0.10 %)"]);
    expect(compare(undefined, 5)[0]).to.include("not committed");
    expect(compare(5, undefined)[0]).to.include("not measured any more");
  });

  it("behavior: when only some tests ran, the others' figures are not missed", () => {
    expect(compare(5, undefined, true)).to.deep.equal([]);
    expect(compare(5, 6, true)).to.have.length(1);
  });
});

describe("gasFigures", () => {
  it("default: sorted, whatever the order of the tests", () => {
    const test = (name: string, call: string) => ({
      valueSnapshotGroups: [{ name, entries: [{ name: call, value: "1" }] }],
    });
    const run = { suiteResults: [{ testResults: [test("B", "z"), test("A", "y"), test("B", "x"), {}] }] };
    expect(JSON.stringify(gasFigures(run))).to.equal('{"A":{"y":1},"B":{"x":1,"z":1}}');
  });
});

describe("gas in npm test", function () {
  this.timeout(120_000); // the compiler is 9 MB of WebAssembly

  it("error: a figure that changed fails the suite and says how to accept it", async () => {
    const snapshot = "test/contracts/gas/snapshot.json";
    const root = makeTree({
      "package.json": '{"type":"module"}',
      "hardhat.test.config.ts": CONFIG,
      ".mocharc.json": "{}",
      "test/contracts/gas/Gas.t.sol": TEST,
    });
    symlinkSync(join(repository, "node_modules"), join(root, "node_modules"));
    const env = { PERSONA_TEST_ROOT: root, HARDHAT_DISABLE_TELEMETRY: "true" };
    const accept = await start([join(repository, "scripts/test/solidity.ts"), "--accept-gas"], { cwd: root, env })
      .ended;
    expect(accept.code, accept.stderr).to.equal(0);
    const { Store } = JSON.parse(readFileSync(join(root, snapshot), "utf8"));
    expect(Store.set).to.be.greaterThan(20_000);

    const args = [join(repository, "scripts/test.ts"), "--only", "contracts"];
    expect((await start(args, { cwd: root, env }).ended).code).to.equal(0);
    writeFileSync(join(root, snapshot), JSON.stringify({ Store: { set: Store.set - 1 } }));
    const changed = await start(args, { cwd: root, env }).ended;
    expect(changed.code).to.equal(1);
    expect(changed.stdout).to.include("Gas changed").and.to.include("npm run gas:accept");
  });
});
