import { join } from "node:path";
import { build } from "esbuild";
import { repositoryRoot } from "../../node/src/dev/repositoryRoot.ts";
import type { TestWalletOptions } from "../../portal/dev/testWallet.ts";

/** The test wallet as one script, with its key in it: for pages of this machine. */
export async function testWalletScript(options: TestWalletOptions): Promise<string> {
  const { outputFiles } = await build({
    stdin: {
      contents: `import { announceTestWallet } from "./testWallet.ts"; announceTestWallet(${JSON.stringify(options)});`,
      resolveDir: join(repositoryRoot, "portal/dev"),
    },
    bundle: true,
    write: false,
    minify: true,
    format: "iife",
    platform: "browser",
    target: "es2024",
    logLevel: "silent",
  });
  const [file] = outputFiles;
  if (file === undefined) throw new Error("nothing came of the test wallet");
  return file.text;
}
