import { redditExport } from "../../../scripts/exports/reddit.ts";
import { reddit } from "../../../sdk/src/ingest/reddit/reddit.ts";
import { fuzzConnector } from "./fuzzConnector.ts";

describe("fuzz of reddit", () => {
  it("behavior: changed files are read or refused", async () =>
    fuzzConnector(reddit, redditExport(1), { alone: true })).timeout(0);
});
