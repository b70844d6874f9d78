import { viewingActivity } from "../../../scripts/exports/netflix.ts";
import { netflix } from "../../../sdk/src/ingest/netflix/netflix.ts";
import { fuzzConnector } from "./fuzzConnector.ts";

describe("fuzz of netflix", () => {
  it("behavior: changed files are read or refused", async () =>
    fuzzConnector(
      netflix,
      {
        "ViewingActivity.csv": viewingActivity(2),
        "NetflixViewingHistory.csv": 'Title,Date\n"Inception","12/25/23"\n"Dune: ""2""","3/1/23"\n',
      },
      { alone: true },
    )).timeout(0);
});
