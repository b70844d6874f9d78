import type { Connector } from "./connector.ts";
import { csv } from "./generic/csv.ts";
import { file } from "./generic/file.ts";
import { json, ndjson } from "./generic/json.ts";
import { parquet } from "./generic/parquet.ts";
import { githubExport } from "./githubExport/githubExport.ts";
import { linkedin } from "./linkedin/linkedin.ts";
import { netflix } from "./netflix/netflix.ts";
import { reddit } from "./reddit/reddit.ts";
import { spotify } from "./spotify/spotify.ts";
import { xArchive } from "./xArchive/xArchive.ts";

/** Every connector there is. Adding one is one folder and one line here. */
export const connectors: readonly Connector[] = [
  xArchive,
  reddit,
  linkedin,
  githubExport,
  spotify,
  netflix,
  csv,
  json,
  ndjson,
  parquet,
  file,
];
