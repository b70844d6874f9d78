import type { Connector, ConnectorOpenOptions, InspectedInput, RawItem } from "../connector.ts";
import { findCsvFiles } from "../csvExport/findCsvFiles.ts";
import { readCsvFiles } from "../csvExport/readCsvFiles.ts";
import { createFileGuard } from "../fileGuard.ts";
import { findOwner } from "./findOwner.ts";
import { linkedinKinds } from "./linkedinKinds.ts";
import { linkedinSegments, type RawLinkedin } from "./linkedinSegments.ts";

/**
 * LinkedIn's archive (Settings, Data privacy, "Get a copy of your data"): a zip of CSV files. Reads `Connections.csv` with or
 * without the notes before its header, `messages.csv` and `Positions.csv`, and `Profile.csv` to know whose messages are the
 * owner's. Connections and correspondents are other people, all of them.
 */
export const linkedin: Connector = { id: "linkedin", segments: linkedinSegments, detect, open };

async function detect(input: InspectedInput): Promise<number> {
  const found = await findCsvFiles(input, linkedinKinds);
  if (found.some(({ isSure }) => isSure)) return 0.9;
  return found.length > 0 ? 0.3 : 0;
}

async function* open(input: InspectedInput, options: ConnectorOpenOptions): AsyncGenerator<RawItem> {
  const all = await findCsvFiles(input, linkedinKinds);
  const owner = await findOwner(input, all, options);
  const files = all.filter(({ kind }) => kind !== "profile");
  const guard = createFileGuard();
  for await (const row of readCsvFiles(input, files, linkedinKinds, options, guard)) {
    const value: RawLinkedin = { row, owner };
    yield { segment: row.kind, value, file: row.file, position: row.line };
  }
  yield* guard.told();
}
