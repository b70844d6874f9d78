import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { makeTree, repository, start } from "./house.ts";

const CONFIG = `
import { join } from "node:path";
import { defineConfig } from "hardhat/config";
export default defineConfig({
  solidity: { compilers: [{ version: "0.8.37", path: join(import.meta.dirname, "node_modules/solc/soljson.js") }] },
  paths: {
    tests: { solidity: "./test/contracts" },
    artifacts: "./cache/test-artifacts",
    cache: "./cache/test",
  },
});
`;

/** Four digits of a safe: one of its conditions is tested on both sides, the other is not. */
const SAFE = `pragma solidity ^0.8.28;
interface ISafe { function open(uint256 code) external returns (bool); }
contract Safe is ISafe {
  error Wrong();
  uint256 public opened;
  function open(uint256 code) external returns (bool) {
    if (code != 1234) revert Wrong();
    if (opened < 9) ++opened;
    return true;
  }
}
`;

const TEST = `pragma solidity ^0.8.28;
interface Vm { function getCode(string calldata) external view returns (bytes memory); }
interface ISafe { function open(uint256 code) external returns (bool); function opened() external view returns (uint256); }
contract SafeTest {
  Vm constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));
  ISafe safe;
  function setUp() external {
    bytes memory code = vm.getCode("contracts/Safe.sol:Safe");
    address made;
    assembly { made := create(0, add(code, 0x20), mload(code)) }
    safe = ISafe(made);
  }
  function test_open_Counts() external { require(safe.open(1234)); require(safe.opened() == 1); }
  function test_RevertWhen_open_CodeIsWrong() external {
    try safe.open(1233) { revert("open"); } catch {}
    try safe.open(1235) { revert("open"); } catch {}
  }
}
`;

/** Opens it until it counts no more. */
export const NINTH_TEST = TEST.replace("contract SafeTest", "contract NinthTest").replace(
  /function test_open_Counts[^}]*\}/,
  "function test_open_CountsToNine() external { for (uint256 i = 0; i < 10; ++i) safe.open(1234); require(safe.opened() == 9); }",
);

export function makeMutationTree(files: Readonly<Record<string, string>> = {}): string {
  const root = makeTree({
    "package.json": '{"type":"module"}',
    "hardhat.test.config.ts": CONFIG,
    "contracts/Safe.sol": SAFE,
    "test/contracts/Safe.t.sol": TEST,
    "docs/.keep": "",
    ...files,
  });
  symlinkSync(join(repository, "node_modules"), join(root, "node_modules"));
  return root;
}

/** A command of the repository, on this tree. */
export function runOn(root: string, script: string, ...args: readonly string[]) {
  const env = { PERSONA_TOOLS_ROOT: root, HARDHAT_DISABLE_TELEMETRY: "true" };
  return start([join(repository, script), ...args], { cwd: root, env }).ended;
}
