// node buildMain.ts ROOT FOLDER [ingest]: builds the enclave, or the ingest enclave, of the repository at ROOT into FOLDER. Several may do so at once.
import { mkdir, mkdtemp, readdir, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { bundleIndex } from "../runtime/measuredBundle.ts";
import { buildBundle, buildIngestBundle } from "./buildBundle.ts";

/** Builds of other sources, unused for so long, are removed. */
const keptMs = 7 * 24 * 60 * 60_000;

const [root, folder, kind] = process.argv.slice(2);
if (root === undefined || folder === undefined) throw new Error("usage: buildMain.ts ROOT FOLDER [ingest]");

const parent = dirname(folder);
await mkdir(parent, { recursive: true });
const mine = await mkdtemp(join(parent, "building-"));
try {
  await (kind === "ingest" ? buildIngestBundle : buildBundle)(root, mine);
  await rename(mine, folder);
} catch (error) {
  await rm(mine, { recursive: true, force: true });
  // Whoever was first has built the same.
  if (!(await exists(join(folder, bundleIndex)))) throw error;
}
await removeOld(parent);

async function removeOld(parentFolder: string): Promise<void> {
  for (const name of await readdir(parentFolder)) {
    const path = join(parentFolder, name);
    const used = await stat(path).catch(() => undefined);
    if (used !== undefined && Date.now() - used.mtimeMs > keptMs) await rm(path, { recursive: true, force: true });
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
