import { linkedin } from "../../../sdk/src/ingest/linkedin/linkedin.ts";
import { linkedinExport } from "../../helpers/exports/linkedin.ts";
import { fuzzConnector } from "./fuzzConnector.ts";

describe("fuzz of linkedin", () => {
  it("behavior: changed files are read or refused", async () =>
    fuzzConnector(linkedin, linkedinExport(1), { alone: true })).timeout(600_000);
});
