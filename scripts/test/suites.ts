import { globSync } from "node:fs";
import { fileURLToPath } from "node:url";

type SuiteName =
  | "contracts"
  | "sdk"
  | "node"
  | "house"
  | "tools"
  | "browser"
  | "e2e"
  | "demo"
  | "deploy"
  | "stores"
  | "chains"
  | "steps"
  | "indexer"
  | "mail"
  | "portal";

export type Suite = {
  readonly name: SuiteName;
  /** Test files below test/<name>. */
  readonly files: string;
  /** Into how many it is split: side by side they use both cores to the end. Tests of one share what is started once. */
  readonly processes: "one" | "folders" | "files";
  /** Files with this word share what is started once for a process (test/helpers), and are one part, wherever they lie. */
  readonly together?: string;
  /** Some of its tests start chains. */
  readonly chains?: true;
  /** Some of its tests open pages in a real browser. */
  readonly pages?: true;
  /** Too long for every run: only by `--only`. */
  readonly onAsking?: true;
};

/** In the order in which they are printed. */
export const suites: readonly Suite[] = [
  { name: "node", files: "test/node/**/*.test.ts", processes: "folders", together: "sharedScene", chains: true },
  { name: "sdk", files: "test/sdk/**/*.test.ts", processes: "one", chains: true },
  { name: "contracts", files: "test/contracts/**/*.t.sol", processes: "one" },
  {
    name: "house",
    files: "test/house/**/!(mutate|branches|testCommand|solidityRunner|gasSnapshot).test.ts",
    processes: "one",
  },
  // Of the commands that judge tests, on small trees of their own. `.ci/run` asks for them.
  {
    name: "tools",
    files: "test/house/{mutate,branches,testCommand,solidityRunner,gasSnapshot}.test.ts",
    processes: "files",
    onAsking: true,
  },
  { name: "browser", files: "test/browser/**/*.test.ts", processes: "one", pages: true },
  // Each file has a network of its own.
  {
    name: "e2e",
    files: "test/e2e/**/!(demo|chains|deploy|publicDeploy|storeRepair|largeObject|manyMails).test.ts",
    processes: "files",
    chains: true,
    pages: true,
  },
  { name: "demo", files: "test/e2e/demo.test.ts", processes: "one" },
  // Deployments that are killed and go on, and a public chain's whole recipe. Every network of e2e is deployed the same way.
  { name: "deploy", files: "test/e2e/{deploy,publicDeploy}.test.ts", processes: "files", onAsking: true },
  // Checks, repairs and sweeps by the command, on disks, a gateway and a real S3 server; each store has tests in "node".
  // And an object of more than a gibibyte.
  { name: "stores", files: "test/e2e/{storeRepair,largeObject}.test.ts", processes: "files", onAsking: true },
  // A worker killed at every boundary between its steps, and workers that share PostgreSQL killed again and again.
  {
    name: "steps",
    files: "test/{e2e/workerSteps,node/compute/sharedJournal}.test.ts",
    processes: "files",
    onAsking: true,
  },
  // The demo again, on anvil and on geth.
  { name: "chains", files: "test/e2e/chains.test.ts", processes: "one", onAsking: true },
  // A mailbox of a hundred thousand mails on a real server. A small one, with all that can happen to it, is in "node".
  { name: "mail", files: "test/e2e/manyMails.test.ts", processes: "one", onAsking: true },
  // The index of wallets and dApps, whose packages are its own: npm run indexer:test installs them first.
  { name: "indexer", files: "test/indexer/**/*.test.ts", processes: "one", onAsking: true },
  // The owner's page, whose packages are its own: npm run portal:test installs and builds it first. CI runs it beside the rest. Each folder
  // has a network and a browser.
  {
    name: "portal",
    files: "test/portal/**/*.test.ts",
    processes: "folders",
    pages: true,
    chains: true,
    onAsking: true,
  },
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
