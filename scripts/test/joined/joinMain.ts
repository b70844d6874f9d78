// node --experimental-import-meta-resolve joinMain.ts packages|programs ROOT FOLDER: joins them (./whatIsJoined.ts), as ROOT has
// them, into FOLDER. Several may do so at once.
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { findPackageJSON, isBuiltin } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build, type Plugin } from "esbuild";
import { packageNames, programs } from "./whatIsJoined.ts";

/** Joined from other sources, and not made for so long: removed. */
const keptMs = 24 * 60 * 60_000;

const [kind, root, folder] = process.argv.slice(2);
if ((kind !== "packages" && kind !== "programs") || root === undefined || folder === undefined)
  throw new Error("usage: joinMain.ts packages|programs ROOT FOLDER");

/** @returns URLs of files, as Node resolves them */
function entriesOf(what: "packages" | "programs", base: string): string[] {
  if (what === "programs") return programs.map((path) => pathToFileURL(join(base, path)).href);
  // Each workspace may have a version of its own: what is joined is a file, and not a name.
  const parents = ["", "sdk", "node"].map((name) => pathToFileURL(join(base, name, "package.json")).href);
  return [...new Set(packageNames.flatMap((name) => parents.map((from) => import.meta.resolve(name, from))))];
}

/** What stays where it is: whoever joined it in would have a second one, or other names of it, or would not find its files. */
function apart(stays: (file: string) => Promise<boolean>): Plugin {
  const resolving = Symbol("resolving");
  return {
    name: "apart",
    setup({ onResolve, resolve }) {
      onResolve({ filter: /./ }, async ({ path, kind: how, importer, resolveDir, pluginData }) => {
        if (how === "entry-point" || pluginData === resolving || isBuiltin(path)) return undefined;
        const found = await resolve(path, { kind: how, importer, resolveDir, pluginData: resolving });
        if (found.errors.length > 0 || found.external || !(await stays(found.path)))
          return { ...found, pluginData: undefined };
        return { path: pathToFileURL(found.path).href, external: true };
      });
    },
  };
}

/** Node finds the names of CommonJS by itself, and what it asks for. */
async function isCommonJs(file: string): Promise<boolean> {
  if (/\.m[jt]s$/.test(file)) return false;
  const manifest = file.endsWith(".cjs") ? undefined : findPackageJSON(pathToFileURL(file));
  return manifest === undefined || JSON.parse(await readFile(manifest, "utf8")).type !== "module";
}

async function isPackage(file: string): Promise<boolean> {
  return file.includes("/node_modules/");
}

/** A source that looks for something beside itself looks where it was. */
const ownPlace: Plugin = {
  name: "own place",
  setup({ onLoad }) {
    onLoad({ filter: /\.ts$/ }, async ({ path }) => {
      const text = await readFile(path, "utf8");
      if (!text.includes("import.meta")) return undefined;
      const contents = text
        .replaceAll("import.meta.url", JSON.stringify(pathToFileURL(path).href))
        .replaceAll("import.meta.dirname", JSON.stringify(dirname(path)));
      return { contents, loader: "ts" };
    });
  },
};

const parent = dirname(folder);
await mkdir(parent, { recursive: true });
const mine = await mkdtemp(join(parent, "joining-"));
try {
  const entries = entriesOf(kind, root).map((url, index) => ({ url, in: fileURLToPath(url), out: `entry${index}` }));
  await build({
    absWorkingDir: root,
    entryPoints: entries.map(({ in: file, out }) => ({ in: file, out })),
    outdir: mine,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    // What two of them use is one module still.
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node24",
    charset: "utf8",
    conditions: ["node", "import", "module-sync"],
    // Node evaluates what nothing uses, too.
    ignoreAnnotations: true,
    tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } },
    plugins: [apart(kind === "packages" ? isCommonJs : isPackage), ownPlace],
    logLevel: "warning",
  });
  const joined = Object.fromEntries(
    entries.map(({ url, out }) => [url, pathToFileURL(join(folder, `${out}.mjs`)).href]),
  );
  await writeFile(join(mine, "joined.json"), JSON.stringify(joined));
  await rename(mine, folder);
  for (const name of await readdir(parent)) {
    const path = join(parent, name);
    const made = (await stat(path).catch(() => undefined))?.mtimeMs ?? Date.now();
    if (Date.now() - made > keptMs && path !== folder) await rm(path, { recursive: true, force: true });
  }
} catch (error) {
  await rm(mine, { recursive: true, force: true });
  // Whoever was first has joined the same.
  if (!existsSync(folder)) throw error;
}
