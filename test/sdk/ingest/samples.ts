import { existsSync } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { basename, join, relative } from "node:path";
import { repositoryRoot } from "../../../node/src/dev/repositoryRoot.ts";
import type { ArchiveInput } from "../../../sdk/src/ingest/index.ts";
import { memoryArchive } from "./memoryArchive.ts";

/** Samples of real formats that live beside the repository and are never copied into it. Values: their README. */
const folder = join(repositoryRoot, "../shared/vectors/exports");

/** A test of one sample, a file or a folder; where it is absent it is skipped, with the reason in its title for the reporter. */
export function withSample(path: string, title: string, test: (input: ArchiveInput) => Promise<void>): void {
  if (existsSync(join(folder, path))) it(title, async () => test(await sampleArchive(path)));
  else it.skip(`${title} (skipped: ../shared/vectors/exports/${path} is not there)`, () => {});
}

/** What a sample's own folder says that must come out. */
export async function sampleJson(path: string): Promise<unknown> {
  return JSON.parse(await readFile(join(folder, path), "utf8"));
}

async function sampleArchive(path: string): Promise<ArchiveInput> {
  const root = join(folder, path);
  if (!(await stat(root)).isDirectory()) return memoryArchive({ [basename(path)]: await readFile(root) });
  const contents: Record<string, Uint8Array> = {};
  for (const item of await readdir(root, { recursive: true, withFileTypes: true })) {
    const file = join(item.parentPath, item.name);
    if (item.isFile()) contents[relative(root, file)] = await readFile(file);
  }
  return memoryArchive(contents);
}
