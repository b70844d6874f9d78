import { join } from "node:path";
import { expect } from "chai";
import { copyFromRepository, makeTree, repository, start } from "./house.ts";

/** What must be refused where, by which rule. One file each, checked with the repository's own configuration. */
const FORBIDDEN: readonly (readonly [path: string, text: string, rule: string])[] = [
  ...(["sdk", "node"] as const).flatMap((name) => [
    layer(name, "storage", "ingest"),
    layer(name, "storage", "access"),
    layer(name, "storage", "compute"),
    layer(name, "ingest", "access"),
    layer(name, "ingest", "compute"),
    layer(name, "access", "compute"),
    outside(name, "../../scripts/deploy.ts"),
    outside(name, "../../test/helpers/chain.ts"),
    outside(name, "../../bench/bench.ts"),
  ]),
  ["node/src/ingest/fromSdk.ts", importOf("@persona-protocol/sdk/access"), "noRestrictedImports"],
  ["sdk/src/nodeByName.ts", importOf("@persona-protocol/node"), "noRestrictedImports"],
  ["sdk/src/nodeByPath.ts", importOf("../../node/src/index.ts"), "noRestrictedImports"],
  ["scripts/fromTest.ts", importOf("../test/helpers/chain.ts"), "noRestrictedImports"],
  ["sdk/src/builtin.ts", importOf("node:fs"), "noNodejsModules"],
  ["sdk/src/undeclared.ts", importOf("left-pad"), "noUndeclaredDependencies"],
  ["sdk/src/any.ts", "export const x: any = 1;\n", "noExplicitAny"],
  ["sdk/src/nonNull.ts", "export const x = (y?: string) => y!.length;\n", "noNonNullAssertion"],
  ["sdk/src/enum.ts", "export enum X {\n  A,\n}\n", "noEnum"],
  ["sdk/src/defaultExport.ts", "export default 1;\n", "noDefaultExport"],
  ["sdk/src/console.ts", 'console.log("x");\n', "noConsole"],
  ["sdk/src/unused.ts", 'import { x } from "./x.ts";\n', "noUnusedImports"],
  ["sdk/src/extension.ts", importOf("./x.js"), "useImportExtensions"],
  ["sdk/src/typeImport.ts", 'import { T } from "./x.ts";\n\nexport const y = (t: T) => t;\n', "useImportType"],
  ["sdk/src/cycleA.ts", importOf("./cycleB.ts"), "noImportCycles"],
  ["node/src/floating.ts", "const f = async () => 1;\nexport const g = () => {\n  f();\n};\n", "noFloatingPromises"],
  ["node/src/misused.ts", "const f = async () => 1;\nexport const g = () => (f() ? 1 : 2);\n", "noMisusedPromises"],
];

const ALLOWED: readonly (readonly [path: string, text: string])[] = [
  ["sdk/src/compute/down.ts", importOf("../storage/x.ts")],
  ["sdk/src/access/down.ts", importOf("../ingest/x.ts")],
  ["node/src/access/sdk.ts", importOf("@persona-protocol/sdk/storage")],
  ["test/e2e/scripts.test.ts", importOf("../../scripts/x.ts")],
];

describe("biome.json", () => {
  it("behavior: each rule fires where it must, and nowhere else", async function () {
    this.timeout(60_000); // a program of its own, on a cold cache
    const files = [...FORBIDDEN, ...ALLOWED].map(([path, text]) => [path, text] as const);
    const root = makeTree({
      "package.json": '{"name":"root","workspaces":["sdk","node"]}',
      "sdk/package.json": '{"name":"@persona-protocol/sdk"}',
      "node/package.json": '{"name":"@persona-protocol/node","dependencies":{"@persona-protocol/sdk":"0.1.0"}}',
      "sdk/src/x.ts": "export const x = 1;\nexport type T = number;\n",
      "sdk/src/storage/x.ts": "export const x = 1;\n",
      "sdk/src/ingest/x.ts": "export const x = 1;\n",
      "sdk/src/cycleB.ts": importOf("./cycleA.ts"),
      ...Object.fromEntries(files),
    });
    copyFromRepository(root, ["biome.json"]);
    const biome = join(repository, "node_modules/@biomejs/biome/bin/biome");
    const { stdout, stderr } = await start(
      [biome, "lint", "--reporter=json", "--max-diagnostics=none", "--diagnostic-level=error"],
      { cwd: root },
    ).ended;
    expect(stdout, stderr).to.not.equal("");
    const { diagnostics } = JSON.parse(stdout) as { diagnostics: { category: string; location: { path: unknown } }[] };
    const found = diagnostics.map(({ category, location }) => `${pathOf(location)} ${category.split("/").at(-1)}`);
    for (const [path, , rule] of FORBIDDEN) expect(found).to.include(`${path} ${rule}`);
    const allowed = ALLOWED.map(([path]) => path);
    expect(found.filter((line) => allowed.some((path) => line.startsWith(`${path} `)))).to.deep.equal([]);
  });
});

function importOf(specifier: string): string {
  return `import { x } from "${specifier}";\n\nexport const y = x;\n`;
}

function layer(name: string, lower: string, upper: string): [string, string, string] {
  return [`${name}/src/${lower}/${upper}.ts`, importOf(`../${upper}/x.ts`), "noRestrictedImports"];
}

function outside(name: string, specifier: string): [string, string, string] {
  return [`${name}/src/outside-${specifier.split("/")[2]}.ts`, importOf(specifier), "noRestrictedImports"];
}

function pathOf(location: { path: unknown }): string {
  const { path } = location;
  return typeof path === "object" && path !== null && "file" in path ? String(path.file) : String(path);
}
