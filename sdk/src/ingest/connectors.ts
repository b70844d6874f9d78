import type { Connector } from "./connector.ts";
import { discord } from "./discord/discord.ts";
import { facebook } from "./facebook/facebook.ts";
import { googleChrome } from "./googleChrome/googleChrome.ts";
import { googleLocation } from "./googleLocation/googleLocation.ts";
import { googleYoutube } from "./googleYoutube/googleYoutube.ts";
import { instagram } from "./instagram/instagram.ts";
import { signal } from "./signal/signal.ts";
import { slack } from "./slack/slack.ts";
import { telegram } from "./telegram/telegram.ts";
import { whatsapp } from "./whatsapp/whatsapp.ts";
import { xArchive } from "./xArchive/xArchive.ts";

/** Every connector there is. Adding one is one folder and one line here. */
export const connectors: readonly Connector[] = [
  xArchive,
  whatsapp,
  telegram,
  signal,
  discord,
  slack,
  googleYoutube,
  googleLocation,
  googleChrome,
  instagram,
  facebook,
];
