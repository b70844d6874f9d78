import { readEach } from "../claimFiles.ts";
import type {
  ArchiveEntry,
  Connector,
  ConnectorOpenOptions,
  InspectedInput,
  RawItem,
  RawRecord,
} from "../connector.ts";
import { createExportReader } from "../exportReader.ts";
import { createOccurrences } from "../occurrences.ts";
import type { RawObject } from "../rawFields.ts";
import { exactJsonText } from "../text/json.ts";
import { readJsonValues } from "../text/readJsonValues.ts";
import { type Listen, listenOf } from "./listenOf.ts";
import { type RawListen, spotifySegments } from "./spotifySegments.ts";

/**
 * Spotify's listening history (Account, Privacy, "Download your data"): the basic one of a year, `StreamingHistory_music_0.json`,
 * `StreamingHistory0.json` before, also of podcasts and audiobooks; and the extended one of all time,
 * `Streaming_History_Audio_2018-2020_0.json`, `endsong_0.json` before. Addresses of the network and names of browsers stay with the
 * owner. It is about nobody else.
 */
export const spotify: Connector = { id: "spotify", segments: spotifySegments, detect, open };

type SpotifyFile = { readonly entry: ArchiveEntry; readonly form: "basic" | "extended"; readonly isSure: boolean };

const names = {
  extended: /^(?:Streaming_History_(?:Audio|Video)[\w.()\- ]{0,60}|endsong_?\d{0,4}(?: ?\(\d{1,3}\))?)\.json$/i,
  basic: /^StreamingHistory(?:_?(?:music|podcast|audiobook|video))?_?\d{0,4}(?: ?\(\d{1,3}\))?\.json$/i,
};
/** More files than anybody has: a file of the extended history holds years. */
const maxHeads = 40;
const maxRenamed = 8;

async function detect(input: InspectedInput): Promise<number> {
  const files = await findFiles(input);
  if (files.some(({ isSure }) => isSure)) return 0.9;
  return files.length > 0 ? 0.5 : 0;
}

/** The extended history first: of a listen that both have, it says more. */
async function findFiles(input: InspectedInput): Promise<readonly SpotifyFile[]> {
  const entries = input.entries();
  const found: SpotifyFile[] = [];
  let heads = 0;
  const onlyNamed = entries.length > maxRenamed || entries.some((entry) => formOfName(entry) !== undefined);
  for (const entry of entries) {
    const named = formOfName(entry);
    if (named === undefined && onlyNamed) continue;
    if (heads === maxHeads && named !== undefined) found.push({ entry, form: named, isSure: false });
    if (heads === maxHeads) continue;
    heads += 1;
    const shown = formOf(await input.head(entry.path));
    if (shown !== undefined || named !== undefined)
      found.push({ entry, form: shown ?? named ?? "basic", isSure: shown !== undefined });
  }
  return found.sort(
    (a, b) => Number(a.form === "basic") - Number(b.form === "basic") || (a.entry.path < b.entry.path ? -1 : 1),
  );
}

function formOfName({ path }: ArchiveEntry): SpotifyFile["form"] | undefined {
  const base = path.slice(path.lastIndexOf("/") + 1);
  return names.extended.test(base) ? "extended" : names.basic.test(base) ? "basic" : undefined;
}

function formOf(head: Uint8Array): "basic" | "extended" | undefined {
  const text = new TextDecoder().decode(head);
  if (!/^\s*\[\s*\{\s*"/.test(text)) return undefined;
  if (/"endTime"\s*:/.test(text) && /"msPlayed"\s*:/.test(text)) return "basic";
  return /"ts"\s*:/.test(text) && /"ms_played"\s*:/.test(text) ? "extended" : undefined;
}

async function* open(input: InspectedInput, options: ConnectorOpenOptions): AsyncGenerator<RawItem> {
  const files = await findFiles(input);
  const read = createExportReader(
    input,
    options,
    files.map(({ entry }) => entry),
  );
  const forms = new Map(files.map(({ entry, form }) => [entry.path, form]));
  yield* readEach(
    files.map(({ entry }) => entry),
    "listens",
    readFile,
  );

  async function* readFile(entry: ArchiveEntry): AsyncGenerator<RawRecord> {
    const file = entry.path;
    const form = forms.get(file) ?? "basic";
    const rowOf = createOccurrences();
    const listenAgain = createOccurrences();
    for await (const { value, position } of readJsonValues(read(entry), [["*"]], { file, limits: options.limits })) {
      const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
      if (!isObject) {
        yield { segment: "listens", value: undefined, file, position };
        continue;
      }
      const listen = listenOf(value as RawObject, form);
      const isRepeat = cannotBeAgain(listen, rowOf([exactJsonText(value)]));
      const raw: RawListen = {
        listen,
        source: value as RawObject,
        occurrence: isRepeat ? 0 : listenAgain(listen.parts),
        isRepeat,
      };
      yield { segment: "listens", value: raw, file, position };
    }
  }
}

/**
 * Both histories repeat rows. Times are to the minute or the second, so that one may pass over a song twice in it; but one cannot
 * listen to a minute of it twice within a minute: such a row is the same listen again.
 */
function cannotBeAgain({ durationMs, resolutionMs }: Listen, occurrence: number): boolean {
  return occurrence > 0 && occurrence * (durationMs ?? 0) >= resolutionMs;
}
