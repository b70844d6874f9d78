import { dependencyDocs } from "./dependencyDocs.ts";
import { docClaims } from "./docClaims.ts";
import { docLinks } from "./docLinks.ts";
import { fileSizes } from "./fileSizes.ts";
import { forbiddenWords } from "./forbiddenWords.ts";
import { runTool } from "./runTool.ts";
import { sdkSize } from "./sdkSize.ts";
import { slither } from "./slither.ts";
import { solidityLayers } from "./solidityLayers.ts";

/** `output` is printed whether it failed or not: a check that passes says nothing, or warns. */
export type CheckResult = { readonly ok: boolean; readonly output: string };

export type Check = { readonly name: string; readonly run: (root: string) => CheckResult | Promise<CheckResult> };

/** The slow ones first, so that the quick ones fill the gaps. */
export const checks: readonly Check[] = [
  { name: "slither", run: slither },
  { name: "biome", run: runTool("@biomejs/biome", "biome", ["check", "--error-on-warnings", "--max-diagnostics=100"]) },
  { name: "types", run: runTool("typescript", "tsc", ["--noEmit", "--project", "."]) },
  { name: "types in browsers", run: runTool("typescript", "tsc", ["--noEmit", "--project", "sdk"]) },
  { name: "solhint", run: runTool("solhint", "solhint", ["--max-warnings", "0", "--noPoster", "contracts/**/*.sol"]) },
  { name: "knip", run: runTool("knip", "knip", ["--no-progress", "--treat-config-hints-as-errors"]) },
  { name: "abis", run: runTool(undefined, "scripts/generateAbis.ts", ["--check"]) },
  { name: "storage layout", run: runTool(undefined, "scripts/layouts.ts", ["--check"]) },
  { name: "measurement", run: runTool(undefined, "scripts/measurement.ts", ["--check"]) },
  { name: "vectors", run: runTool(undefined, "scripts/generateVectors.ts", ["--check"]) },
  { name: "deployments", run: runTool(undefined, "scripts/generateDeployments.ts", ["--check"]) },
  { name: "generated docs", run: runTool(undefined, "scripts/generateDocs.ts", ["--check"]) },
  { name: "readme example", run: runTool(undefined, "scripts/syncReadme.ts", ["--check"]) },
  { name: "sdk size", run: sdkSize },
  { name: "solidity layers", run: solidityLayers },
  { name: "dependency docs", run: dependencyDocs },
  { name: "doc links", run: docLinks },
  { name: "doc claims", run: docClaims },
  { name: "forbidden words", run: forbiddenWords },
  { name: "file sizes", run: fileSizes },
];
