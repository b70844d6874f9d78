import { globSync } from "node:fs";
import { join } from "node:path";
import { suites, testFiles } from "./suites.ts";

type CoverageCommand = { readonly name: string; readonly args: readonly string[] };

/** Command lines for this Node. c8 reads V8's own counters, so child processes (the daemon, the enclave) count too. */
export function coverageCommands(root: string): CoverageCommand[] {
  const module = (path: string) => join(root, "node_modules", path);
  const files = suites.filter(({ name }) => name !== "contracts").flatMap((suite) => testFiles(suite, root));
  const commands: CoverageCommand[] = [];
  if (files.length > 0) {
    const options = ["--all", "--src=sdk/src", "--src=node/src", "--include={sdk,node}/src/**/*.ts"];
    const reports = ["--reporter=text", "--reporter=lcov", "--reports-dir=coverage/typescript"];
    const runner = [process.execPath, module("mocha/bin/mocha.js"), "--reporter", "dot", ...files];
    commands.push({ name: "typescript", args: [module("c8/bin/c8.js"), ...options, ...reports, ...runner] });
  }
  if (globSync("test/contracts/**/*.t.sol", { cwd: root }).length > 0) {
    commands.push({
      name: "solidity",
      args: [module("hardhat/dist/src/cli.js"), "--config", "hardhat.test.config.ts", "test", "solidity", "--coverage"],
    });
  }
  return commands;
}
