/**
 * npm run -s create-app -- --dir DIR --network FOLDER: `create-persona-app` and the SDK of this clone, for a dApp against the network that
 * `persona dev --dir FOLDER` runs. Who has them from the registry types `npm create persona-app`.
 */
import { execFile } from "node:child_process";
import { copyFile, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { enterCallerDirectory } from "../node/src/cli/callerDirectory.ts";
import { runCommand } from "./command/runCommand.ts";
import { ToolError } from "./command/ToolError.ts";
import { packSdk } from "./sdk/packSdk.ts";

const create = fileURLToPath(new URL("../create-persona-app/create.mjs", import.meta.url));

const usage = `
npm run -s create-app -- --dir DIR --network FOLDER

  --dir DIR         a new folder for the dApp
  --network FOLDER  the --dir of a persona dev that runs
`;

const options = { dir: { type: "string" }, network: { type: "string" } } as const;

await runCommand({ usage, options }, async ({ dir: target, network }) => {
  enterCallerDirectory();
  if (target === undefined || network === undefined) throw new ToolError(usage.trim(), 2);
  const pagesUrl = await pagesOf(network);
  const temporary = await mkdtemp(join(tmpdir(), "persona-app-"));
  try {
    const tarball = await packSdk(temporary);
    const name = basename(tarball);
    const args = [create, target, "--network", pagesUrl, "--sdk", `file:${name}`];
    const { stdout } = await promisify(execFile)(process.execPath, args).catch(
      (error: { readonly stderr?: string }) => {
        throw new ToolError(error.stderr ?? String(error), 2);
      },
    );
    await copyFile(tarball, join(resolve(target), name));
    process.stdout.write(stdout);
    return 0;
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
});

/** What `persona dev` has written there, for as long as it runs. */
async function pagesOf(folder: string): Promise<string> {
  const text = await readFile(join(folder, "network.json"), "utf8").catch(() => "");
  const [, url] = /"pagesUrl":"(http:\/\/127\.0\.0\.1:\d{1,5})"/.exec(text) ?? [];
  if (url !== undefined) return url;
  throw new ToolError(`No network runs in ${folder}: start one with persona dev --dir ${folder}.`, 2);
}
