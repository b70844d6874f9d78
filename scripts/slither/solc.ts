#!/usr/bin/env node
// The pinned compiler as the program that crytic-compile looks for: `--version`, and `--standard-json` on stdin.
import { readFileSync } from "node:fs";
import solc from "solc";
import { unoptimized } from "../../hardhat.config.ts";
import { compileSolidity } from "../solidity/compileSolidity.ts";
import { readProject } from "../solidity/readProject.ts";

/** Slither reads syntax trees. Code would take ten times as long to make, so it is given none. */
const NO_CODE = { object: "", sourceMap: "" };

if (process.argv.includes("--version")) {
  process.stdout.write(`solc, the solidity compiler commandline interface\nVersion: ${solc.version()}\n`);
} else if (process.argv.includes("--standard-json")) {
  readFileSync(0); // what is asked for is known: all of contracts/
  const { sources } = readProject(process.cwd());
  const output = compileSolidity({
    sources,
    settings: unoptimized.settings,
    select: { "*": { "": ["ast"], "*": ["abi", "devdoc", "userdoc"] } },
  });
  const contracts = Object.entries(output.contracts ?? {}).map(([path, inFile]) => {
    const withCode = Object.entries(inFile).map(([name, contract]) => {
      return [name, { ...contract, evm: { bytecode: NO_CODE, deployedBytecode: NO_CODE } }] as const;
    });
    return [path, Object.fromEntries(withCode)] as const;
  });
  // Warnings are the compiler's business; an "info" would end crytic-compile.
  const errors = (output.errors ?? []).filter(({ severity }) => severity === "error");
  process.stdout.write(JSON.stringify({ ...output, errors, contracts: Object.fromEntries(contracts) }));
} else {
  process.stderr.write("usage: solc.ts --version | --standard-json\n");
  process.exitCode = 2;
}
