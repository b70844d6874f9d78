import { linkedinExport } from "../../../scripts/exports/linkedin.ts";
import { linkedin } from "../../../sdk/src/ingest/linkedin/linkedin.ts";
import { fuzzConnector } from "./fuzzConnector.ts";

describe("fuzz of linkedin", () => {
  it("behavior: changed files are read or refused", async () =>
    fuzzConnector(linkedin, linkedinExport(1), { alone: true })).timeout(0);
});
