import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { makeTree, repository, start } from "./house.ts";

const CONFIG = `
import { join } from "node:path";
import { defineConfig } from "hardhat/config";
export default defineConfig({
  solidity: { compilers: [{ version: "0.8.37", path: join(import.meta.dirname, "node_modules/solc/soljson.js") }] },
  paths: { tests: { solidity: "./test/contracts" } },
});
`;

const contract = (body: string) => `
pragma solidity ^0.8.28;
interface Vm { function skip(bool, string calldata) external; }
contract ATest {
  Vm constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));
  ${body}
}
`;

function runTests(body: string) {
  const root = makeTree({
    "package.json": '{"type":"module"}',
    "hardhat.test.config.ts": CONFIG,
    ".mocharc.json": "{}",
    "test/contracts/A.t.sol": contract(body),
  });
  symlinkSync(join(repository, "node_modules"), join(root, "node_modules"));
  const env = { PERSONA_TEST_ROOT: root, HARDHAT_DISABLE_TELEMETRY: "true" };
  return start([join(repository, "scripts/test.ts"), "--only", "contracts"], { cwd: root, env }).ended;
}

describe("npm test -- --only contracts", function () {
  this.timeout(60_000); // the compiler is 9 MB of WebAssembly

  it("default: counts what passed, and what was skipped with its reason", async () => {
    const { code, stdout } = await runTests(`
      function test_A() external pure {}
      function testFuzz_B(uint256) external pure {}
      function test_C() external { vm.skip(true, "no precompile"); }
    `);
    expect(stdout.trimEnd().split("\n").at(-1)).to.equal("2 passed, 0 failed, 1 skipped");
    expect(stdout).to.include("SKIPPED in contracts: ATest.test_C()");
    expect(stdout).to.include("no precompile");
    expect(code).to.equal(0);
  });

  it("error: a failing test, a failing setUp, a contract that does not compile", async () => {
    for (const [body, passed, failed] of [
      ["function test_A() external pure {} function test_B() external pure { revert(); }", 1, 1],
      ["function setUp() external pure { revert(); } function test_A() external pure {}", 0, 1],
      ["function test_A() external pure { nothing(); }", 0, 1],
    ] as const) {
      const { code, stdout } = await runTests(body);
      expect(stdout.trimEnd().split("\n").at(-1), body).to.equal(`${passed} passed, ${failed} failed`);
      expect(code).to.equal(1);
    }
  });
});
