import { discordAccount } from "./discord/discord.ts";
import { github } from "./github/github.ts";
import { googleCalendar } from "./google/calendar.ts";
import { gmail } from "./google/gmail.ts";
import { youtube } from "./google/youtube.ts";
import type { LiveSource } from "./liveSource.ts";
import { redditAccount } from "./reddit/reddit.ts";
import { spotifyAccount } from "./spotify/spotify.ts";
import { x } from "./x/x.ts";

/** Every account that is read over HTTP. Adding one is one folder and one line here. */
export const liveSources: readonly LiveSource[] = [
  github,
  gmail,
  googleCalendar,
  youtube,
  x,
  discordAccount,
  spotifyAccount,
  redditAccount,
];
