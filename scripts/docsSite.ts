/**
 * npm run docs:site: the documentation as a site, in docs/site/build/.vitepress/dist: every page of docs/, the SDK's reference by typedoc,
 * search without a server. It fails on a link that leads nowhere. Tools in a folder of their own (docs/site), installed when they
 * are first wanted: needs the npm registry then. `-- --install` does no more than that.
 */
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { repositoryRoot as root } from "../node/src/dev/repositoryRoot.ts";
import { runCommand } from "./command/runCommand.ts";
import { ToolError } from "./command/ToolError.ts";

const usage = "npm run docs:site [-- --install]";
const site = join(root, "docs/site");
const build = join(site, "build");
/** What was installed last: the lock's text. */
const stamp = join(site, "node_modules/.installed-lock");

await runCommand({ usage, options: { install: { type: "boolean" } } }, ({ install: only }) => {
  install();
  if (only === true) return 0;
  rmSync(build, { recursive: true, force: true });
  layOut();
  reference();
  run("vitepress/bin/vitepress.js", ["build", build]);
  process.stdout.write(`${join(build, ".vitepress/dist")}\n`);
  return 0;
});

function install(): void {
  const lock = () => readFileSync(join(site, "package-lock.json"), "utf8");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === lock()) return;
  process.stderr.write("installing docs/site/ …\n");
  // Not `ci`: it refuses a lock without packages of every platform.
  const npm = ["install", "--ignore-scripts", "--no-audit", "--no-fund"];
  const { status } = spawnSync("npm", npm, { cwd: site, stdio: ["ignore", 2, 2] });
  if (status !== 0) throw new ToolError("The site's tools could not be installed: is the npm registry in reach?", 75);
  writeFileSync(stamp, lock());
}

/** Every page where it is in the repository, so that its links hold; what is no page is linked where the source is. */
function layOut(): void {
  const pages = ["*.md", "docs/*.md", "docs/answers/*.md"].flatMap((pattern) => globSync(pattern, { cwd: root }));
  const isPage = new Set(pages);
  for (const page of pages) {
    const target = join(build, page);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, forSite(readFileSync(join(root, page), "utf8"), page, isPage));
  }
  cpSync(join(site, "index.md"), join(build, "index.md"));
  cpSync(join(site, "config.ts"), join(build, ".vitepress/config.ts"));
}

function forSite(text: string, page: string, isPage: ReadonlySet<string>): string {
  const linked = text.replaceAll(/\[([^\]]+)\]\(([^()\s#]+)(#[^()\s]*)?\)/g, (whole, label: string, path: string) => {
    if (/^[a-z]+:/.test(path) || isPage.has(join(dirname(page), path))) return whole;
    // A source file, an example, a folder: named, since a site has none.
    return label.startsWith("`") ? label : `${label} (\`${join(dirname(page), path)}\`)`;
  });
  // Marks for those who write, and what Vue would read as an expression.
  return linked.replaceAll(/^<!--.*?-->\n/gms, "").replaceAll("{{", "{\u200b{");
}

/** One page for each entry of the SDK. */
function reference(): void {
  const { exports } = JSON.parse(readFileSync(join(root, "sdk/package.json"), "utf8")) as {
    readonly exports: Readonly<Record<string, string>>;
  };
  const entries = Object.values(exports).flatMap((file) => ["--entryPoints", join(root, "sdk", file)]);
  run("typedoc/bin/typedoc", [
    ...entries,
    ...["--entryPoints", join(site, "actions.ts"), "--tsconfig", join(site, "tsconfig.json")],
    ...["--basePath", join(root, "sdk/src")],
    ...["--plugin", "typedoc-plugin-markdown", "--router", "module", "--out", join(build, "api")],
    ...["--name", "The SDK, name by name", "--readme", "none", "--entryFileName", "index", "--hideBreadcrumbs"],
    ...["--excludeInternal", "--excludeExternals", "--disableSources", "--skipErrorChecking", "--sanitizeComments"],
    ...["--logLevel", "Error", "--validation.notExported", "false", "--validation.invalidLink", "false"],
  ]);
}

function run(tool: string, args: readonly string[]): void {
  const { status } = spawnSync(process.execPath, [join(site, "node_modules", tool), ...args], {
    cwd: site,
    stdio: ["ignore", 2, 2],
  });
  if (status !== 0) throw new ToolError(`${tool.split("/")[0]} failed.`);
}
