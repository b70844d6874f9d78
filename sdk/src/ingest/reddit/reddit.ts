import type { Connector, ConnectorOpenOptions, InspectedInput, RawItem } from "../connector.ts";
import { findCsvFiles } from "../csvExport/findCsvFiles.ts";
import { readCsvFiles } from "../csvExport/readCsvFiles.ts";
import { createFileGuard } from "../fileGuard.ts";
import { cellOf } from "../text/readCsvTable.ts";
import { redditKinds } from "./redditKinds.ts";
import { type RawAccount, redditSegments } from "./redditSegments.ts";

/**
 * Reddit's data request (reddit.com/settings/data-request): a zip of CSV files. Reads `statistics.csv`, `posts.csv`,
 * `comments.csv`, `post_votes.csv`, `comment_votes.csv`; where texts were not asked for, `post_headers.csv` and
 * `comment_headers.csv`. All of it is the owner's own but the addresses of what was voted on, which carry words of its title.
 */
export const reddit: Connector = { id: "reddit", segments: redditSegments, detect, open };

async function detect(input: InspectedInput): Promise<number> {
  const found = await findCsvFiles(input, redditKinds);
  // Anybody may write statistics; a lone posts.csv or comments.csv with another header is somebody else's.
  if (found.some(({ isSure, kind }) => isSure && kind !== "statistics")) return 0.9;
  return found.length > 1 || found.some(({ isSure }) => isSure) ? 0.3 : 0.02;
}

async function* open(input: InspectedInput, options: ConnectorOpenOptions): AsyncGenerator<RawItem> {
  const all = await findCsvFiles(input, redditKinds);
  const has = (wanted: string): boolean => all.some(({ kind }) => kind === wanted);
  // The headers are the same posts and comments again, without their text.
  const files = all.filter(
    ({ kind }) => !(kind === "postHeaders" && has("posts")) && !(kind === "commentHeaders" && has("comments")),
  );
  const statistics = new Map<string, string>();
  let place: { readonly file: string; readonly position: number } | undefined;
  const guard = createFileGuard();
  for await (const row of readCsvFiles(input, files, redditKinds, options, guard)) {
    const { file, line: position, kind } = row;
    if (kind === "statistics") {
      place ??= { file, position };
      const name = cellOf(row.fields, "statistic");
      if (name !== null) statistics.set(name, cellOf(row.fields, "value") ?? "");
      continue;
    }
    if (place !== undefined) {
      const account: RawAccount = Object.fromEntries(statistics);
      yield { segment: "account", value: account, ...place };
      place = undefined;
    }
    const segment = kind.startsWith("post") && kind !== "postVotes" ? "posts" : undefined;
    yield { segment: segment ?? (kind.endsWith("Votes") ? "votes" : "comments"), value: row, file, position };
  }
  if (place !== undefined) yield { segment: "account", value: Object.fromEntries(statistics), ...place };
  yield* guard.told();
}
