// npm run sdk:pack-test: the SDK as a stranger gets it: packed, linted, installed from the tarball into a fresh Node script and a fresh
// Vite app; and the template of `npm create persona-app`, built and used in Chromium (npm run browser) against a local network. Needs the npm registry. Prints one line a step; exit code 1 when one fails.
import { execFile } from "node:child_process";
import { globSync } from "node:fs";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { cachedBrowser } from "./sdk/cachedBrowser.ts";
import { packSdk } from "./sdk/packSdk.ts";
import { buildTemplate, createFromTarball, tryBuilt, withNetwork } from "./sdk/tryTemplate.ts";

/** Tools of this command alone, fetched when it runs; nothing of the project depends on them. */
const tools = { publint: "publint@0.3.25", attw: "@arethetypeswrong/cli@0.18.5", vite: "vite@8.3.8" } as const;

const run = promisify(execFile);
const root = fileURLToPath(new URL("..", import.meta.url));
const templates = join(root, "scripts/sdk/consumers");
const folder = await mkdtemp(join(tmpdir(), "persona-pack-"));
const environment = { ...process.env, npm_config_audit: "false", npm_config_fund: "false" };

try {
  const tarball = await step("build and npm pack", () => packSdk(folder));
  await step("publint", () => tool(tools.publint, "publint", ["run", tarball, "--strict"]));
  // node10 has no `exports`; require() of ES modules is what Node 20.19 and later do.
  await step("attw", () => tool(tools.attw, "attw", [tarball, "--profile", "esm-only"]));
  await step("a fresh Node script, and its types", () => freshNode(tarball));
  await step("a fresh Vite app", () => freshVite(tarball));
  await template(tarball);
} catch (error) {
  process.exitCode = 1;
  const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string };
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${stdout}\n${stderr}\n`);
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function step<result>(name: string, work: () => Promise<result>): Promise<result> {
  const from = performance.now();
  const result = await work();
  const detail = typeof result === "string" && !result.includes("/") ? `: ${result}` : "";
  process.stdout.write(`ok  ${name}${detail} (${((performance.now() - from) / 1_000).toFixed(1)} s)\n`);
  return result;
}

/** What `npm create persona-app` makes: built, and with a browser used, against a local network. */
async function template(sdk: string): Promise<void> {
  const places = { folder, sdk, env: environment };
  const browser = cachedBrowser();
  const build = async (network?: string) => {
    const app = await step("npm create persona-app, from its tarball", () => createFromTarball(places, network));
    await step("its types, its build", () => buildTemplate(app, environment));
    return app;
  };
  if ("missing" in browser) {
    await build();
    process.stdout.write(`SKIPPED: THE TEMPLATE WAS NOT OPENED IN A BROWSER. ${browser.missing}\n`);
    return;
  }
  await withNetwork(folder, async (network) => {
    const app = await build(network.pagesUrl);
    await step("the template in Chromium", () => tryBuilt(app, network, browser.path));
  });
}

async function tool(name: string, command: string, args: readonly string[]): Promise<void> {
  await run("npm", ["exec", "--yes", `--package=${name}`, "--", command, ...args], { cwd: folder, env: environment });
}

async function fresh(name: string, packages: readonly string[]): Promise<string> {
  const cwd = join(folder, name);
  await mkdir(cwd);
  await cp(join(templates, name), cwd, { recursive: true });
  await writeFile(join(cwd, "package.json"), JSON.stringify({ name, private: true, type: "module" }));
  await run("npm", ["install", ...packages], { cwd, env: environment });
  return cwd;
}

async function freshNode(tarball: string): Promise<string> {
  const viem = await versionOf("viem");
  const cwd = await fresh("node", [tarball, `viem@${viem}`, `ethers@${await versionOf("ethers")}`]);
  const { stdout } = await run(process.execPath, ["main.mjs"], { cwd });
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  for (const [module, resolution] of [
    ["nodenext", "nodenext"],
    ["esnext", "bundler"],
  ]) {
    const options = ["--noEmit", "--strict", "--target", "es2024", "--lib", "es2024,dom", "--types", ""];
    await run(
      process.execPath,
      [tsc, ...options, "--module", module ?? "", "--moduleResolution", resolution ?? "", "types.ts"],
      {
        cwd,
      },
    );
  }
  return stdout.trim();
}

async function freshVite(tarball: string): Promise<string> {
  const cwd = await fresh("vite", [tarball, `viem@${await versionOf("viem")}`, tools.vite]);
  await run(process.execPath, [join(cwd, "node_modules/vite/bin/vite.js"), "build"], { cwd, env: environment });
  const scripts = globSync("dist/assets/*.js", { cwd });
  const sizes = await Promise.all(
    scripts.map(async (path) => gzipSync(await readFile(join(cwd, path)), { level: 9 }).length),
  );
  return `${(sizes.reduce((sum, size) => sum + size, 0) / 1_000).toFixed(0)} kB gzip with viem, ${scripts.length} files`;
}

/** The one that the repository is tested with. */
async function versionOf(name: string): Promise<string> {
  const text = await readFile(join(root, "node_modules", name, "package.json"), "utf8");
  return (JSON.parse(text) as { readonly version: string }).version;
}
