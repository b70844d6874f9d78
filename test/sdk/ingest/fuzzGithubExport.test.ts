import { githubArchive } from "../../../scripts/exports/github.ts";
import { githubExport } from "../../../sdk/src/ingest/githubExport/githubExport.ts";
import { fuzzConnector } from "./fuzzConnector.ts";

describe("fuzz of githubExport", () => {
  it("behavior: changed files are read or refused", async () =>
    fuzzConnector(githubExport, githubArchive(1), { alone: true })).timeout(0);
});
