import { fileURLToPath } from "node:url";
import { build } from "esbuild";

/**
 * A module and all that it imports as one file for browsers. What a browser has not (`node:` modules, packages that need them)
 * is an error here, with the file that imports it.
 */
export async function bundleForBrowser(entry: URL): Promise<{
  readonly code: string;
  /** Whatever the file still imports: when it is loaded, or (`isLazy`) when a line of it runs. */
  readonly imports: readonly { readonly path: string; readonly isLazy: boolean }[];
}> {
  const { outputFiles, metafile } = await build({
    entryPoints: [fileURLToPath(entry)],
    bundle: true,
    write: false,
    metafile: true,
    format: "esm",
    platform: "browser",
    target: "es2024",
    logLevel: "silent",
  });
  const [file] = outputFiles;
  if (file === undefined) throw new Error(`nothing came of ${entry}`);
  const imports = Object.values(metafile.outputs)
    .flatMap((output) => output.imports)
    .map(({ path, kind }) => ({ path, isLazy: kind === "dynamic-import" }));
  return { code: file.text, imports };
}
