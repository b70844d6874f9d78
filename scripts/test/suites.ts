import { globSync } from "node:fs";
import { fileURLToPath } from "node:url";

type SuiteName = "contracts" | "sdk" | "node" | "house" | "browser" | "e2e" | "demo" | "deploy" | "stores";

export type Suite = {
  readonly name: SuiteName;
  /** Test files below test/<name>. */
  readonly files: string;
  /** Networks of real processes: after all that is only computation. */
  readonly late: boolean;
  /** Too long for every run: only by `--only`. */
  readonly onAsking?: true;
};

/** In the order in which they are printed; the longest of those that run side by side comes first. */
export const suites: readonly Suite[] = [
  { name: "node", files: "test/node/**/*.test.ts", late: false },
  { name: "sdk", files: "test/sdk/**/*.test.ts", late: false },
  { name: "contracts", files: "test/contracts/**/*.t.sol", late: false },
  { name: "house", files: "test/house/**/*.test.ts", late: false },
  { name: "browser", files: "test/browser/**/*.test.ts", late: false },
  { name: "e2e", files: "test/e2e/**/!(demo|deploy|publicDeploy|storeRepair|largeObject).test.ts", late: true },
  // It mostly waits: beside the others it costs no time.
  { name: "demo", files: "test/e2e/demo.test.ts", late: true },
  // Deployments that are killed and go on, and a public chain's whole recipe. Every network of e2e is deployed the same way.
  { name: "deploy", files: "test/e2e/{deploy,publicDeploy}.test.ts", late: true, onAsking: true },
  // Checks, repairs and sweeps by the command, on disks, a gateway and a real S3 server; each store has tests in "node".
  // And an object of more than a gibibyte.
  { name: "stores", files: "test/e2e/{storeRepair,largeObject}.test.ts", late: true, onAsking: true },
];

export function testFiles(suite: Suite, root: string): string[] {
  return globSync(suite.files, { cwd: root }).sort();
}

/** The command line of a suite's runner, without the program: it is run by this Node. */
export function runnerArguments(suite: Suite, files: readonly string[], grep: string | undefined): string[] {
  const filter = grep === undefined ? [] : ["--grep", grep];
  const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
  if (suite.name === "contracts") return [here("solidity.ts"), ...filter];
  return [
    fileURLToPath(import.meta.resolve("mocha/bin/mocha.js")),
    "--reporter",
    here("mochaReporter.ts"),
    ...filter,
    ...files,
  ];
}
