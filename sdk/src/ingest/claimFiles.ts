import type {
  ArchiveEntry,
  ArchiveInput,
  Bridged,
  ConnectorOpenOptions,
  ImportRemark,
  InspectedInput,
  RawRecord,
  SegmentDefinition,
} from "./connector.ts";
import { inspectInput } from "./inspectInput.ts";
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

export type ClaimedFile = ArchiveEntry & {
  /** False when only its name says that it is of this kind. */
  readonly isRecognised: boolean;
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

/** The files of this kind, in the archive's order. Those that only claim to be are last in doubt: see {@link ClaimedFile}. */
export async function claimFiles(
  input: ArchiveInput,
  kind: FileKind,
  options: Pick<ConnectorOpenOptions, "signal">,
): Promise<readonly ClaimedFile[]> {
  const inspected = inspectInput(input, options);
  const claimed: ClaimedFile[] = [];
  for (const entry of candidatesOf(input.entries(), kind)) {
    throwIfCancelled(options.signal);
    const isRecognised = kind.recognise(await inspected.head(entry.path)) > 0;
    if (isRecognised || endsWithOneOf(entry.path, kind.extensions)) claimed.push({ ...entry, isRecognised });
  }
  return claimed;
}

/**
 * What `open` reads of its files: the recognised ones, or where there are none those that claim to be, which then fail as
 * broken files. Beside recognised ones, a file that only claims to be is skipped with a remark.
 */
export async function* readClaimed(
  input: ArchiveInput,
  { kind, segment }: { readonly kind: FileKind; readonly segment: string },
  options: ConnectorOpenOptions,
  read: (file: ClaimedFile, chunks: AsyncIterable<Uint8Array>) => AsyncIterable<RawRecord>,
): AsyncGenerator<RawRecord> {
  const claimed = await claimFiles(input, kind, options);
  const some = claimed.some(({ isRecognised }) => isRecognised);
  const count = countedReader(input, options, claimed);
  for (const file of claimed) {
    if (some && !file.isRecognised) {
      yield { segment, value: new Unreadable(`is not ${kind.label}, as its name says`), file: file.path, position: 0 };
    } else yield* read(file, count(file));
  }
}

/** Reads files of an input with progress over all of them, ending when it is cancelled. */
export function countedReader(
  input: ArchiveInput,
  options: ConnectorOpenOptions,
  entries: readonly ArchiveEntry[],
): (entry: ArchiveEntry) => AsyncGenerator<Uint8Array> {
  const { limits, signal, onProgress } = options;
  const bytesTotal = entries.reduce((total, { size }) => total + size, 0);
  let bytesRead = 0;
  return async function* counted(entry) {
    for await (const chunk of input.read(entry.path, { maxBytes: limits.maxEntryBytes, signal })) {
      throwIfCancelled(signal);
      yield chunk;
      bytesRead += chunk.length;
      onProgress?.({ file: entry.path, bytesRead, bytesTotal });
    }
  };
}

/** The value of a raw record that is none: its bridge remarks the reason, a constant text. */
export class Unreadable {
  readonly reason: string;
  readonly kind: ImportRemark["kind"];
  /** @param kind `changed` when what follows is read all the same */
  constructor(reason: string, kind: ImportRemark["kind"] = "skipped") {
    this.reason = reason;
    this.kind = kind;
  }
}

/** The bridge of a segment whose raw records may be {@link Unreadable}. */
export function skippingUnreadable(toRecord: SegmentDefinition["toRecord"]): SegmentDefinition["toRecord"] {
  return (raw, remark, context): Bridged | undefined => {
    if (!(raw.value instanceof Unreadable)) return toRecord(raw, remark, context);
    remark(raw.value.kind, raw.value.reason);
    return undefined;
  };
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
