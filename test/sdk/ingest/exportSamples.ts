import { existsSync } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { basename, join, relative } from "node:path";
import { repositoryRoot } from "../../../node/src/dev/repositoryRoot.ts";
import { type ArchiveInput, readArchive } from "../../../sdk/src/ingest/index.ts";
import { memoryArchive } from "./memoryArchive.ts";
import { readParquet } from "./readParquet.ts";

/** Samples of real formats that live beside the repository and are never copied into it. Values: their README. */
const root = join(repositoryRoot, "../shared/vectors/exports");

/** A test of one sample, a file or a folder; where it is absent it is skipped, with the reason in its title for the reporter. */
export function withSample(path: string, title: string, test: (input: ArchiveInput) => Promise<void>): void {
  if (existsSync(join(root, path))) it(title, async () => test(await archiveOf(join(root, path))));
  else it.skip(`${title} (skipped: ../shared/vectors/exports/${path} is not there)`, async () => {});
}

async function archiveOf(path: string): Promise<ArchiveInput> {
  if (!(await stat(path)).isDirectory()) return memoryArchive({ [basename(path)]: await readFile(path) });
  const files = (await readdir(path, { recursive: true, withFileTypes: true })).filter((item) => item.isFile());
  const contents: Record<string, Uint8Array> = {};
  for (const { parentPath, name } of files)
    contents[relative(path, join(parentPath, name))] = await readFile(join(parentPath, name));
  return memoryArchive(contents);
}

export type Summary = {
  readonly connector: string;
  readonly segments: Readonly<Record<string, readonly [records: number, from: string | null, to: string | null]>>;
  readonly remarks: readonly string[];
};

/** What the command prints of an import: connector, counts and ranges of the segments, remarks as `kind reason count`. */
export async function summaryOf(input: ArchiveInput, options: readArchive.Options = {}): Promise<Summary> {
  const { connector, segments, remarks } = await readArchive(input, options);
  return {
    connector,
    segments: Object.fromEntries(
      segments.map(({ name, records, from, to }) => [
        name,
        [records, from?.toISOString() ?? null, to?.toISOString() ?? null] as const,
      ]),
    ),
    remarks: remarks.map(({ kind, reason, count }) => `${kind} ${reason} ${count}`),
  };
}

/** The rows of a segment, as the engine of programs reads them. Times as text: `2024-04-16 09:08:07`. */
export async function rowsOf(
  input: ArchiveInput,
  segment: string,
  options: readArchive.Options = {},
): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const { segments, ownerOnly } = await readArchive(input, options);
  const found = [...segments, ...ownerOnly].find(({ name }) => name === segment);
  if (found === undefined) throw new Error(`no segment ${segment}`);
  const { rows } = await readParquet(found.bytes);
  return rows.map((row) =>
    Object.fromEntries(
      Object.entries(row).map(([name, value]) => [
        name,
        typeof value === "object" && value !== null ? String(value) : value,
      ]),
    ),
  );
}
