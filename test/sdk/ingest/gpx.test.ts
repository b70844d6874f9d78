import { expect } from "chai";
import { gpxTrack } from "../../../scripts/exports/tracks.ts";
import { gpx } from "../../../sdk/src/ingest/gpx/gpx.ts";
import { inspectInput, readArchive } from "../../../sdk/src/ingest/index.ts";
import { bridgeAll, summary } from "./connectorRecords.ts";
import { expectError } from "./expectError.ts";
import { memoryArchive } from "./memoryArchive.ts";

const track = (points: string): string =>
  `<gpx version="1.1"><trk><name>Run</name><trkseg>${points}</trkseg></trk></gpx>`;
const one = (text: string, timeZone = "UTC") => bridgeAll(gpx, memoryArchive({ "a.gpx": text }), { timeZone });

describe("gpx", () => {
  it("default: what watches add has columns; what has none is kept", async () => {
    const { records, extra, remarks } = await one(
      track(
        `<trkpt lat="59.911" lon="10.75"><ele>3.2</ele><time>2024-05-01T10:00:00.5+02:00</time><sat>7</sat><extensions><power>210</power><gpxtpx:TrackPointExtension xmlns:gpxtpx="u"><gpxtpx:hr>120</gpxtpx:hr><gpxtpx:cad>80</gpxtpx:cad><gpxtpx:atemp>21.5</gpxtpx:atemp><gpxtpx:depth>1</gpxtpx:depth></gpxtpx:TrackPointExtension></extensions></trkpt>`,
      ),
    );
    expect(remarks).to.deep.equal([]);
    expect(records["tracks"]?.[0]).to.deep.include({
      track: "Run",
      kind: "track",
      time: new Date("2024-05-01T08:00:00.500Z"),
      latitude: 59.911,
      longitude: 10.75,
      elevation_m: 3.2,
      heart_rate: 120,
      cadence: 80,
      power_w: 210,
      temperature_c: 21.5,
    });
    expect(extra).to.deep.equal([{ sat: "7", depth: "1" }]);
  });

  it("behavior: waypoints, routes and several tracks; GPX 1.0 has the speed beside the position", async () => {
    const { records } = await one(
      `<gpx version="1.0"><name>Mine</name><wpt lat="1" lon="2"><name>Quay</name></wpt><rte><name>Plan</name><rtept lat="3" lon="4"/></rte><trk><trkseg><trkpt lat="5" lon="6"><speed>2.5</speed><course>90</course></trkpt></trkseg></trk></gpx>`,
    );
    expect(
      records["tracks"]?.map(({ kind, track: name, latitude, speed_mps }) => [kind, name, latitude, speed_mps]),
    ).to.deep.equal([
      ["waypoint", "Quay", 1, null],
      ["route", "Plan", 3, null],
      ["track", null, 5, 2.5],
    ]);
  });

  it("behavior: points of one second, and points without a time, are each a point; the same file twice is one", async () => {
    const points = [1, 1, 2].map((lat) => `<trkpt lat="${lat}" lon="0"/>`).join("");
    const timed = [1, 2].map((lat) => `<trkpt lat="${lat}" lon="0"><time>2024-05-01T10:00:00Z</time></trkpt>`).join("");
    const text = track(points + timed);
    const { segments } = await readArchive(memoryArchive({ "a.gpx": text, "copy of a.gpx": text }));
    expect(segments.map(({ records }) => records)).to.deep.equal([0, 0, 5]);
  });

  it("behavior: times without a zone are read in the import's zone; what is none is null; both are said", async () => {
    const text = track(
      ["2024-07-01T12:00:00", "2024-02-30T12:00:00Z", "275760-09-13T00:00:00Z", "yesterday"]
        .map((time) => `<trkpt lat="91" lon="x"><time>${time}</time></trkpt>`)
        .join(""),
    );
    const { records, remarks } = await one(text, "Europe/Oslo");
    expect(records["tracks"]?.map(({ time }) => time)).to.deep.equal([
      new Date("2024-07-01T10:00:00Z"),
      null,
      null,
      null,
    ]);
    expect(records["tracks"]?.[0]).to.include({ latitude: null, longitude: null });
    expect(new Set(remarks)).to.deep.equal(
      new Set([
        "changed tracks: has no time zone: read in the import's zone",
        "changed tracks: a time cannot be read",
        "changed tracks: a position is not on this planet",
        "changed tracks: a measured value is not a number",
      ]),
    );
  });

  it("behavior: detect; one broken file beside whole ones is skipped and said, alone it fails", async () => {
    const detect = (files: Record<string, string>) => gpx.detect(inspectInput(memoryArchive(files)));
    expect(await detect({ renamed: track("") })).to.equal(0.9);
    expect(await detect({ "a.gpx": "junk" })).to.equal(0.3);
    expect(await detect({ "a.xml": "<x/>" })).to.equal(0);
    const { remarks } = await bridgeAll(gpx, memoryArchive({ "a.gpx": "junk", "b.gpx": track("") }));
    // Looked at and not read: the import counts it.
    expect(remarks).to.deep.equal([]);
    const some = await readArchive(memoryArchive({ "a.gpx": "junk", "b.gpx": track("") }));
    expect(some.remarks).to.deep.equal([
      { segment: null, kind: "skipped", reason: "files this connector does not read", count: 1 },
    ]);
    const cut = await readArchive(memoryArchive({ "a.gpx": track("<trkpt"), "b.gpx": track("") }));
    expect(cut.remarks).to.deep.equal([
      { segment: "tracks", kind: "skipped", reason: "is a file that cannot be read", count: 1 },
    ]);
    await expectError("EXPORT_INVALID", () => readArchive(memoryArchive({ "a.gpx": "junk" })));
    await expectError("EXPORT_INVALID", () => readArchive(memoryArchive({ "a.txt": "junk" }), { connector: "gpx" }));
    await expectError("EXPORT_INVALID", () => readArchive(memoryArchive({ "a.gpx": track("<trkpt") })));
  });

  it("behavior: the generator's track of any size", async () => {
    expect(await summary(memoryArchive({ "a.gpx": [...gpxTrack(5000)].join("") }))).to.equal(
      "gpx | tracks=5000 2023-11-14T22:13:20Z…2023-11-14T23:36:39Z",
    );
  });
});
