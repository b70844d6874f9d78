import { chromeHistory, locationRecords, watchHistory, watchHtml } from "../../../scripts/exports/takeout.ts";
import { googleChrome } from "../../../sdk/src/ingest/googleChrome/googleChrome.ts";
import { googleLocation } from "../../../sdk/src/ingest/googleLocation/googleLocation.ts";
import { googleYoutube } from "../../../sdk/src/ingest/googleYoutube/googleYoutube.ts";
import { fuzzConnector } from "./fuzzConnector.ts";

describe("fuzzing of Takeout", function () {
  // As long as so many mutations take.
  this.timeout(0);
  it("google-youtube", async () => {
    const html = watchHtml({ records: 2 }).replace(/<style>.*<\/style>/s, "");
    await fuzzConnector(googleYoutube, {
      "YouTube/history/watch-history.json": watchHistory({ records: 2 }),
      "YouTube/history/watch-history.html": html,
    });
  });

  it("google-location", async () => {
    const [start, end] = ["2024-05-01T08:00:00.000+02:00", "2024-05-01T09:00:00"];
    const timeline = {
      semanticSegments: [
        {
          startTime: start,
          endTime: end,
          visit: { hierarchyLevel: 0, topCandidate: { placeLocation: { latLng: "59.9°, 10.7°" } } },
        },
        { startTime: start, endTime: end, activity: { start: "geo:59.9,10.7", end: "geo:59.9,10.7" } },
        {
          startTime: start,
          endTime: end,
          timelinePath: [{ point: "geo:59.9,10.7", durationMinutesOffsetFromStartTime: "12" }],
        },
      ],
    };
    const location = { latitudeE7: 1, longitudeE7: 2 };
    const visit = { location, duration: { startTimestampMs: "1609491600000" } };
    const semantic = {
      timelineObjects: [
        { placeVisit: { ...visit, childVisits: [visit] } },
        { activitySegment: { startLocation: location } },
      ],
    };
    await fuzzConnector(googleLocation, {
      "Records.json": locationRecords({ records: 2 }),
      "Timeline.json": JSON.stringify(timeline),
      "2021_JANUARY.json": JSON.stringify(semantic),
    });
  });

  it("google-chrome", async () => {
    await fuzzConnector(googleChrome, { "Chrome/History.json": chromeHistory({ records: 2 }) });
  });
});
