import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { basename, join, relative } from "node:path";
import { repositoryRoot } from "../../../node/src/dev/repositoryRoot.ts";
import type { ArchiveInput } from "../../../sdk/src/ingest/index.ts";
import { memoryArchive } from "./memoryArchive.ts";

/** Samples of real formats that live beside the repository and are never copied into it. Values: their README. */
const folder = join(repositoryRoot, "../shared/vectors/exports");

/** A test of one sample, a folder or a file alone; where it is absent the test is skipped, with the reason in its title. */
export function withVector(path: string, title: string, test: (input: ArchiveInput) => Promise<void>): void {
  const whole = `${title}: ${path}`;
  if (existsSync(join(folder, path))) it(whole, async () => test(await vectorArchive(path)));
  else it.skip(`${whole} (skipped: ../shared/vectors/exports/${path} is not there)`, () => {});
}

export async function vectorJson(path: string): Promise<unknown> {
  return JSON.parse(await readFile(join(folder, path), "utf8"));
}

async function vectorArchive(path: string): Promise<ArchiveInput> {
  const whole = join(folder, path);
  const items = await readdir(whole, { recursive: true, withFileTypes: true }).catch(() => undefined);
  if (items === undefined) return memoryArchive({ [basename(path)]: await readFile(whole) });
  const contents: Record<string, Uint8Array> = {};
  for (const { parentPath, name } of items.filter((item) => item.isFile()))
    contents[relative(whole, join(parentPath, name))] = await readFile(join(parentPath, name));
  return memoryArchive(contents);
}
