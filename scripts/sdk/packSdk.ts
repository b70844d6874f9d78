import { execFile } from "node:child_process";
import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../..", import.meta.url));

type Manifest = { readonly exports: Readonly<Record<string, string>>; readonly [name: string]: unknown };

/**
 * Builds the SDK as it is published, and packs it. In the repository its package.json names sources, which every tool here reads as
 * they are; what is published names JavaScript and declarations.
 * @returns path of the tarball in `folder`
 */
export async function packSdk(folder: string): Promise<string> {
  const stage = join(folder, "package");
  await rm(stage, { recursive: true, force: true });
  await mkdir(stage, { recursive: true });
  await buildSdk(join(stage, "dist"));
  const manifest = JSON.parse(await readFile(join(root, "sdk/package.json"), "utf8")) as Manifest;
  await writeFile(join(stage, "package.json"), `${JSON.stringify(publishedManifest(manifest), null, 2)}\n`);
  await cp(join(root, "LICENSE"), join(stage, "LICENSE"));
  await cp(join(root, "sdk/README.md"), join(stage, "README.md"));
  const { stdout } = await run("npm", ["pack", "--json", "--pack-destination", folder], { cwd: stage });
  const [{ filename }] = JSON.parse(stdout) as [{ readonly filename: string }];
  return join(folder, filename);
}

async function buildSdk(outDir: string): Promise<void> {
  const tsc = fileURLToPath(new URL("../node_modules/typescript/bin/tsc", new URL("..", import.meta.url)));
  const options = ["--project", join(root, "scripts/sdk"), "--outDir", outDir];
  try {
    await run(process.execPath, [tsc, ...options], { cwd: root });
  } catch (error) {
    // tsc says what is wrong on stdout.
    throw new Error(`The SDK does not build:\n${String((error as { stdout?: unknown }).stdout)}`, { cause: error });
  }
}

function publishedManifest({ exports, ...rest }: Manifest): object {
  const entries = Object.entries(exports).map(([name, source]) => {
    const built = source.replace("./src/", "./dist/").replace(/\.ts$/, "");
    return [name, { types: `${built}.d.ts`, default: `${built}.js` }] as const;
  });
  return { ...rest, files: ["dist"], exports: { ...Object.fromEntries(entries), "./package.json": "./package.json" } };
}
