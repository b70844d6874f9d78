import { expect } from "chai";
import { locationRecords } from "../../../scripts/exports/takeout.ts";
import { coordinatesOf } from "../../../sdk/src/ingest/googleLocation/coordinates.ts";
import { expectError } from "./expectError.ts";
import { importRecords } from "./importRecords.ts";
import { withSample } from "./samples.ts";

describe("google-location", () => {
  it("default", async () => {
    const { connector, counts, times, records, extras } = await importRecords({
      "Takeout/Location History/Records.json": JSON.stringify({
        locations: [
          {
            latitudeE7: 599_110_000,
            longitudeE7: -107_500_000,
            accuracy: 12,
            velocity: 1,
            source: "GPS",
            deviceTag: 123_456_789,
            osLevel: 34,
            activity: [
              {
                activity: [
                  { type: "STILL", confidence: 20 },
                  { type: "WALKING", confidence: 62 },
                ],
                timestamp: "x",
              },
            ],
            timestamp: "2026-03-01T07:30:00.123Z",
          },
        ],
      }),
    });
    expect(connector).to.equal("google-location");
    expect(counts).to.deep.equal({ points: 1, visits: 0 });
    expect(times["points"]?.[0]).to.equal("2026-03-01T07:30:00.123Z");
    expect(records["points"]?.[0]).to.include({
      latitude: 59.911,
      longitude: -10.75,
      accuracy_m: 12,
      speed_mps: 1,
      source: "GPS",
      activity: "WALKING",
      device: "123456789",
    });
    expect(extras[0]).to.have.keys("osLevel", "activity");
  });

  it("behavior: positions in every form", () => {
    expect(coordinatesOf("59.911°, 10.75°")).to.deep.equal({ latitude: 59.911, longitude: 10.75 });
    expect(coordinatesOf("geo:-59.911,10.75")).to.deep.equal({ latitude: -59.911, longitude: 10.75 });
    expect(coordinatesOf({ latLng: "59.911°, 10.75°" })).to.deep.equal({ latitude: 59.911, longitude: 10.75 });
    expect(coordinatesOf({ latE7: 599_110_000, lngE7: 4_187_467_296 })).to.deep.equal({
      latitude: 59.911,
      longitude: -10.75,
    });
    for (const none of [
      "geo:nan,nan",
      "geo:nan",
      "",
      "91°, 10°",
      "1e3,2",
      null,
      7,
      {},
      { latitudeE7: 1 },
      { latLng: {} },
    ])
      expect(coordinatesOf(none), String(none)).to.equal(undefined);
  });

  it("behavior: Android's timeline", async () => {
    const { connector, counts, times, records, skipped } = await importRecords({
      "Timeline.json": JSON.stringify({
        semanticSegments: [
          {
            startTime: "2024-05-01T08:00:00.000+02:00",
            endTime: "2024-05-01T10:00:00.000+02:00",
            timelinePath: [
              { point: "59.911°, 10.75°", time: "2024-05-01T08:10:00.000+02:00" },
              { point: "geo:nan", time: "2024-05-01T08:11:00.000+02:00" },
            ],
          },
          {
            startTime: "2024-05-01T10:00:00.000+02:00",
            endTime: "2024-05-01T11:00:00.000+02:00",
            visit: {
              hierarchyLevel: 1,
              probability: 0.8,
              topCandidate: {
                placeId: "ChIJ",
                semanticType: "HOME",
                probability: 0.5,
                placeLocation: { latLng: "59.9°, 10.7°" },
              },
            },
          },
          {
            startTime: "2024-05-01T11:00:00.000+02:00",
            endTime: "2024-05-01T12:00:00.000+02:00",
            activity: {
              start: { latLng: "59.9°, 10.7°" },
              end: { latLng: "60.9°, 10.7°" },
              topCandidate: { type: "WALKING" },
            },
          },
          { startTime: "2024-05-01T11:00:00.000+02:00", endTime: "x", timelineMemory: {} },
        ],
        rawSignals: [
          {
            position: {
              LatLng: "59.1°, 10.1°",
              accuracyMeters: 13,
              timestamp: "2024-05-01T13:00:00.000+02:00",
              source: "WIFI",
            },
          },
          { wifiScan: { devicesRecords: [{ mac: 1 }] } },
        ],
        userLocationProfile: { frequentPlaces: [{ placeId: "x" }] },
      }),
    });
    expect(connector).to.equal("google-location");
    expect(counts).to.deep.equal({ points: 4, visits: 1 });
    expect(times["points"]).to.deep.equal(["2024-05-01T06:10:00.000Z", "2024-05-01T11:00:00.000Z"]);
    expect(times["visits"]).to.deep.equal(["2024-05-01T08:00:00.000Z", "2024-05-01T08:00:00.000Z"]);
    expect(records["visits"]?.[0]).to.include({
      place_id: "ChIJ",
      semantic_type: "HOME",
      probability: 0.5,
      hierarchy_level: 1n,
    });
    expect(records["points"]?.map(({ source, activity }) => `${source} ${activity}`)).to.deep.equal([
      "path null",
      "start WALKING",
      "end WALKING",
      "WIFI null",
    ]);
    expect(skipped).to.deep.equal({
      "has no position": 1,
      "is neither a visit, a journey nor a path": 1,
      "a signal that is no position": 1,
      "a frequent place": 1,
    });
  });

  it("behavior: an iPhone's timeline", async () => {
    const { connector, counts, records } = await importRecords({
      "renamed.json": JSON.stringify([
        {
          startTime: "2024-05-01T08:00:00.000+02:00",
          endTime: "2024-05-01T10:00:00.000+02:00",
          visit: {
            hierarchyLevel: "0",
            topCandidate: { placeID: "ChIJ", placeLocation: "geo:59.911,10.75", probability: "0.75" },
          },
        },
        {
          startTime: "2024-05-01T08:00:00.000+02:00",
          endTime: "2024-05-01T10:00:00.000+02:00",
          timelinePath: [{ point: "geo:59.911,10.75", durationMinutesOffsetFromStartTime: "12" }],
        },
      ]),
    });
    expect(connector).to.equal("google-location");
    expect(counts).to.deep.equal({ points: 1, visits: 1 });
    expect(records["points"]?.[0]?.["time"]).to.deep.equal(new Date("2024-05-01T06:12:00Z"));
    expect(records["visits"]?.[0]).to.include({ place_id: "ChIJ", probability: 0.75, latitude: 59.911 });
  });

  it("behavior: Semantic Location History", async () => {
    const duration = { startTimestamp: "2021-01-01T08:00:00Z", endTimestamp: "2021-01-01T09:00:00Z" };
    const location = {
      latitudeE7: 599_110_000,
      longitudeE7: 107_500_000,
      placeId: "ChIJ",
      name: "Havn",
      address: "Kai 1",
    };
    const { counts, records } = await importRecords({
      "Takeout/Location History (Timeline)/Semantic Location History/2021/2021_JANUARY.json": JSON.stringify({
        timelineObjects: [
          { placeVisit: { location, duration, childVisits: [{ location: { ...location, placeId: "B" }, duration }] } },
          {
            activitySegment: {
              startLocation: location,
              endLocation: { ...location, latitudeE7: 600_000_000 },
              duration: { startTimestampMs: "1609491600000", endTimestampMs: "1609495200000" },
              activityType: "IN_BUS",
              simplifiedRawPath: {
                points: [{ latE7: 599_500_000, lngE7: 107_500_000, timestampMs: "1609493400000", accuracyMeters: 5 }],
              },
            },
          },
        ],
      }),
    });
    expect(counts).to.deep.equal({ points: 3, visits: 2 });
    expect(
      records["visits"]?.map(({ name, place_id, hierarchy_level }) => [name, place_id, hierarchy_level]),
    ).to.deep.equal([
      ["Havn", "ChIJ", 0n],
      ["Havn", "B", 1n],
    ]);
    expect(records["points"]?.map(({ time }) => (time as Date).toISOString().slice(11, 16))).to.deep.equal([
      "09:00",
      "10:00",
      "09:30",
    ]);
  });

  it("error: a file that is cut off", async () => {
    await expectError("EXPORT_INVALID", () =>
      importRecords({ "Records.json": locationRecords({ records: 3 }).slice(0, -30) }),
    );
    await expectError("EXPORT_INVALID", () => importRecords({ "Records.json": "nothing" }));
  });

  it("behavior: places of any number", async () => {
    const { counts } = await importRecords({ "Records.json": locationRecords({ records: 3000 }) });
    expect(counts["points"]).to.equal(3000);
  });

  describe("vectors", () => {
    withSample("google-takeout/logbook/Records.json", "six of eight", async (input) => {
      const { connector, counts, times, records, skipped } = await importRecords(input);
      expect([connector, counts]).to.deep.equal(["google-location", { points: 6, visits: 0 }]);
      expect(times["points"]).to.deep.equal(["2026-03-01T07:30:00.123Z", "2026-03-01T09:40:00.000Z"]);
      expect(records["points"]?.[0]).to.include({ latitude: 59.911, longitude: 10.75, accuracy_m: 12 });
      expect(skipped).to.deep.equal({ "has no time": 1, "has no position": 1 });
    });
  });
});
