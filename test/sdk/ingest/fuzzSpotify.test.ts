import { basicHistory, extendedHistory } from "../../../scripts/exports/spotify.ts";
import { spotify } from "../../../sdk/src/ingest/spotify/spotify.ts";
import { fuzzConnector } from "./fuzzConnector.ts";

describe("fuzz of spotify", () => {
  it("behavior: changed files are read or refused", async () =>
    fuzzConnector(
      spotify,
      {
        "StreamingHistory_music_0.json": basicHistory(2),
        "Streaming_History_Audio_2024_0.json": extendedHistory(2),
      },
      { alone: true },
    )).timeout(0);
});
