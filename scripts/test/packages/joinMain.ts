// node joinMain.ts ROOT FOLDER: joins the packages of ./specifiers.ts, as ROOT has them installed, into FOLDER. Several may do so
// at once.
import { existsSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { findPackageJSON, isBuiltin } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build, type Plugin } from "esbuild";
import { joinedSpecifiers } from "./specifiers.ts";

/** What was made for `require` stays where it is: its names, its files and what it asks for by itself are Node's to find. */
const commonJsApart: Plugin = {
  name: "CommonJS apart",
  setup({ onResolve, resolve }) {
    onResolve({ filter: /^[^#]/ }, async ({ path, kind, importer, resolveDir, pluginData }) => {
      if (kind === "entry-point" || pluginData === resolving || isBuiltin(path)) return undefined;
      const found = await resolve(path, { kind, importer, resolveDir, pluginData: resolving });
      if (found.errors.length > 0 || found.external || isModule(found.path)) return { ...found, pluginData: undefined };
      return { path: pathToFileURL(found.path).href, external: true };
    });
  },
};
const resolving = Symbol("resolving");

function isModule(path: string): boolean {
  if (/\.m[jt]s$/.test(path)) return true;
  const manifest = path.endsWith(".cjs") ? undefined : findPackageJSON(pathToFileURL(path));
  return manifest !== undefined && JSON.parse(readFileSync(manifest, "utf8")).type === "module";
}

const [root, folder] = process.argv.slice(2);
if (root === undefined || folder === undefined) throw new Error("usage: joinMain.ts ROOT FOLDER");

/** Each workspace may have a version of its own: what is joined is a file, and not a name. */
const parents = ["", "sdk", "node"].map((name) => pathToFileURL(join(root, name, "package.json")).href);
const files = [
  ...new Set(joinedSpecifiers.flatMap((name) => parents.map((parent) => import.meta.resolve(name, parent)))),
];
const entries = files.map((url, index) => ({ url, in: fileURLToPath(url), out: `entry${index}` }));

const parent = dirname(folder);
await mkdir(parent, { recursive: true });
const mine = await mkdtemp(join(parent, "joining-"));
try {
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
    conditions: ["node", "import", "module-sync"],
    // Node evaluates what nothing uses, too.
    ignoreAnnotations: true,
    preserveSymlinks: true,
    tsconfigRaw: "{}",
    plugins: [commonJsApart],
    logLevel: "warning",
  });
  const joined = Object.fromEntries(
    entries.map(({ url, out }) => [url, pathToFileURL(join(folder, `${out}.mjs`)).href]),
  );
  await writeFile(join(mine, "joined.json"), JSON.stringify(joined));
  await rename(mine, folder);
} catch (error) {
  await rm(mine, { recursive: true, force: true });
  // Whoever was first has joined the same.
  if (!existsSync(folder)) throw error;
}
