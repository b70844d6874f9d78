import type { ArchiveEntry, InspectedInput } from "../connector.ts";
import { type CsvKind, headRows, isHeaderOf } from "./csvKind.ts";

export type CsvFile<Name extends string> = {
  readonly entry: ArchiveEntry;
  readonly kind: Name;
  /** Its beginning shows the header of its kind; otherwise only its name speaks for it. */
  readonly isSure: boolean;
};

/** Heads looked at, however many files an archive has. */
const maxHeads = 40;
/** So many files are looked at whatever their names are, where none has a usual one: people rename what they unpack. */
const maxRenamed = 8;

/** The files of an input that are of these kinds, in the order of the kinds and then of the archive. */
export async function findCsvFiles<Name extends string>(
  input: InspectedInput,
  kinds: Readonly<Record<Name, CsvKind>>,
): Promise<readonly CsvFile<Name>[]> {
  const names = Object.keys(kinds) as Name[];
  const entries = input.entries();
  const found: CsvFile<Name>[] = [];
  let heads = 0;
  const nameOf = ({ path }: ArchiveEntry): Name | undefined => {
    const base = path.slice(path.lastIndexOf("/") + 1);
    return names.find((name) => kinds[name].name.test(base));
  };
  const onlyNamed = entries.length > maxRenamed || entries.some((entry) => nameOf(entry) !== undefined);
  for (const entry of entries) {
    const named = nameOf(entry);
    if (named === undefined && onlyNamed) continue;
    if (heads === maxHeads) break;
    heads += 1;
    const rows = await headRows(await input.head(entry.path));
    // A file that has the usual name and another kind's header is what its header says.
    const shown =
      names.find((name) => name === named && rows.some((cells) => isHeaderOf(kinds[name], cells))) ??
      names.find((name) => rows.some((cells) => isHeaderOf(kinds[name], cells)));
    if (shown !== undefined) found.push({ entry, kind: shown, isSure: true });
    else if (named !== undefined) found.push({ entry, kind: named, isSure: false });
  }
  return found.sort((a, b) => names.indexOf(a.kind) - names.indexOf(b.kind));
}
