import { PersonaError } from "../errors/index.ts";
import type { ArchiveEntry, ArchiveInput, ConnectorOpenOptions, InspectedInput, RawItem } from "./connector.ts";
import { createExportReader } from "./exportReader.ts";
import { createFileGuard } from "./fileGuard.ts";
import { throwIfCancelled } from "./throwIfCancelled.ts";

/** A kind of file that stands for itself: one is an import, and so is an archive that holds some. */
export type FileKind = {
  /** What it is called in a remark: `a GPX file`. */
  readonly label: string;
  /** Ends of names that are this kind's alone, in lower case: such a file is one, or a broken one. */
  readonly extensions: readonly string[];
  /** Ends of names that others have as well: their contents decide. */
  readonly sharedExtensions: readonly string[];
  /** How sure the first bytes make it, by the scale of `Connector.detect`. */
  readonly recognise: (head: Uint8Array) => number;
};

/** Heads that are looked at to recognise an input; more are when its files are chosen. */
const headsToDetect = 6;
/** An input of so few files may have names that say nothing. */
const fewFiles = 16;

/** How sure a kind is of an input: its own file, many of them among others, or a name that claims to be one. */
export async function detectFiles(input: InspectedInput, kind: FileKind): Promise<number> {
  const entries = input.entries();
  const candidates = candidatesOf(entries, kind);
  let best = 0;
  let isClaimed = false;
  for (const { path } of candidates.slice(0, headsToDetect)) {
    best = Math.max(best, kind.recognise(await input.head(path)));
    isClaimed ||= endsWithOneOf(path, kind.extensions);
  }
  // One among the many files of an archive does not make the archive its own.
  if (best > 0) return candidates.length * 2 >= entries.length ? best : Math.min(best, 0.6);
  return isClaimed ? 0.3 : 0;
}

/**
 * What `open` reads, in the archive's order: the recognised files, or where there are none those whose names claim to be of this
 * kind, which then fail as broken files.
 *
 * Errors: `EXPORT_INVALID` when there is no such file at all, and those of {@link ArchiveInput.read}.
 */
export async function claimFiles(
  input: InspectedInput,
  kind: FileKind,
  options: Pick<ConnectorOpenOptions, "signal">,
): Promise<readonly ArchiveEntry[]> {
  const recognised: ArchiveEntry[] = [];
  const claiming: ArchiveEntry[] = [];
  for (const entry of candidatesOf(input.entries(), kind)) {
    throwIfCancelled(options.signal);
    if (kind.recognise(await input.head(entry.path)) > 0) recognised.push(entry);
    else if (endsWithOneOf(entry.path, kind.extensions)) claiming.push(entry);
  }
  if (recognised.length === 0 && claiming.length === 0) throw noneOf(kind.label, input);
  return recognised.length === 0 ? claiming : recognised;
}

/** What a connector says that was asked for an input that holds nothing of its kind. */
export function noneOf(label: string, input: ArchiveInput): PersonaError {
  return new PersonaError("EXPORT_INVALID", `The input holds nothing that is ${label}.`, {
    data: { files: input.entries().length },
  });
}

/**
 * The records of all files of a kind, one file after the other. Among several, a
 * file of which not even a first record can be read is left out and said; when there is no other, its error is the answer.
 */
export async function* readClaimed(
  input: InspectedInput,
  { kind, segment }: { readonly kind: FileKind; readonly segment: string },
  options: ConnectorOpenOptions,
  read: (file: ArchiveEntry, chunks: AsyncIterable<Uint8Array>) => AsyncIterable<RawItem>,
): AsyncGenerator<RawItem> {
  const files = await claimFiles(input, kind, options);
  const count = createExportReader(input, options, files);
  yield* readEach(files, segment, (file) => read(file, count(file)));
}

/** The records of one file after the other, broken ones left out as in {@link readClaimed}. */
export async function* readEach(
  files: readonly ArchiveEntry[],
  segment: string,
  read: (file: ArchiveEntry) => AsyncIterable<RawItem>,
): AsyncGenerator<RawItem> {
  const guard = createFileGuard();
  for (const file of files) yield* guard.pass(segment, file.path, () => read(file));
  yield* guard.told();
}

function candidatesOf(entries: readonly ArchiveEntry[], kind: FileKind): readonly ArchiveEntry[] {
  const named = entries.filter(
    ({ path }) => endsWithOneOf(path, kind.extensions) || endsWithOneOf(path, kind.sharedExtensions),
  );
  return named.length > 0 || entries.length > fewFiles ? named : entries;
}

function endsWithOneOf(path: string, extensions: readonly string[]): boolean {
  const name = path.toLowerCase();
  return extensions.some((extension) => name.endsWith(extension));
}
