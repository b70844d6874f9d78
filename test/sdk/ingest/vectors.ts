import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { repositoryRoot } from "../../../node/src/dev/repositoryRoot.ts";
import { readTables } from "./readTables.ts";

/** Samples of real formats that live beside the repository and are never copied into it. Values: their README. */
const folder = join(repositoryRoot, "../shared/vectors/exports");

/** A test of one sample; where the sample is absent it is skipped, with the reason in its title for the reporter. */
export function withVector(path: string, title: string, test: (file: string) => Promise<void>): void {
  const file = join(folder, path);
  if (existsSync(file)) it(title, () => test(file));
  else it.skip(`${title} (skipped: ../shared/vectors/exports/${path} is not there)`, () => test(file));
}

/** An import of one file. */
export async function importFile(file: string): ReturnType<typeof readTables> {
  return readTables({ [basename(file)]: await readFile(file) });
}
