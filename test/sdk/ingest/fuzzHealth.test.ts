import { appleHealth } from "../../../sdk/src/ingest/appleHealth/appleHealth.ts";
import { fit } from "../../../sdk/src/ingest/fit/fit.ts";
import { gpx } from "../../../sdk/src/ingest/gpx/gpx.ts";
import { tcx } from "../../../sdk/src/ingest/tcx/tcx.ts";
import { appleHealthExport } from "../../helpers/exports/appleHealth.ts";
import { fitActivity } from "../../helpers/exports/fit.ts";
import { gpxTrack, tcxActivity } from "../../helpers/exports/tracks.ts";
import { fuzzConnector } from "./fuzzConnector.ts";

const bytes = (pieces: Iterable<string>): Uint8Array => new TextEncoder().encode([...pieces].join(""));

describe("health data, damaged", function () {
  this.timeout(0);
  it("apple-health", () =>
    fuzzConnector(appleHealth, {
      "export.xml": bytes(appleHealthExport({ records: 2, workouts: 1, hasDoctype: false })),
    }));
  it("gpx", () => fuzzConnector(gpx, { "a.gpx": bytes(gpxTrack(2)) }));
  it("fit", () => fuzzConnector(fit, { "a.fit": fitActivity(2) }));
  it("tcx", () => fuzzConnector(tcx, { "a.tcx": bytes(tcxActivity(2)) }));
});
