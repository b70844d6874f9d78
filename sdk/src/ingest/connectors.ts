import { appleHealth } from "./appleHealth/appleHealth.ts";
import { bankCsv } from "./bankCsv/bankCsv.ts";
import { camt } from "./camt/camt.ts";
import type { Connector } from "./connector.ts";
import { discord } from "./discord/discord.ts";
import { eml } from "./eml/eml.ts";
import { facebook } from "./facebook/facebook.ts";
import { fit } from "./fit/fit.ts";
import { csv } from "./generic/csv.ts";
import { file } from "./generic/file.ts";
import { json, ndjson } from "./generic/json.ts";
import { parquet } from "./generic/parquet.ts";
import { githubExport } from "./githubExport/githubExport.ts";
import { googleChrome } from "./googleChrome/googleChrome.ts";
import { googleLocation } from "./googleLocation/googleLocation.ts";
import { googleYoutube } from "./googleYoutube/googleYoutube.ts";
import { gpx } from "./gpx/gpx.ts";
import { icalendar } from "./icalendar/icalendar.ts";
import { instagram } from "./instagram/instagram.ts";
import { linkedin } from "./linkedin/linkedin.ts";
import { mbox } from "./mbox/mbox.ts";
import { mt940 } from "./mt940/mt940.ts";
import { netflix } from "./netflix/netflix.ts";
import { ofx } from "./ofx/ofx.ts";
import { qif } from "./qif/qif.ts";
import { reddit } from "./reddit/reddit.ts";
import { signal } from "./signal/signal.ts";
import { slack } from "./slack/slack.ts";
import { spotify } from "./spotify/spotify.ts";
import { tcx } from "./tcx/tcx.ts";
import { telegram } from "./telegram/telegram.ts";
import { vcard } from "./vcard/vcard.ts";
import { whatsapp } from "./whatsapp/whatsapp.ts";
import { xArchive } from "./xArchive/xArchive.ts";

/** Every connector there is. Adding one is one folder and one line here; of two that are equally sure the first is taken. */
export const connectors: readonly Connector[] = [
  xArchive,
  mbox,
  eml,
  googleYoutube,
  googleLocation,
  googleChrome,
  instagram,
  facebook,
  whatsapp,
  telegram,
  signal,
  discord,
  slack,
  reddit,
  linkedin,
  githubExport,
  spotify,
  netflix,
  appleHealth,
  gpx,
  tcx,
  fit,
  ofx,
  qif,
  camt,
  mt940,
  bankCsv,
  icalendar,
  vcard,
  csv,
  json,
  ndjson,
  parquet,
  file,
];
