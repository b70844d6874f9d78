import { expect } from "chai";
import { tcxActivity } from "../../../scripts/exports/tracks.ts";
import { inspectInput, readArchive } from "../../../sdk/src/ingest/index.ts";
import { tcx } from "../../../sdk/src/ingest/tcx/tcx.ts";
import { bridgeAll, summary } from "./connectorRecords.ts";
import { expectError } from "./expectError.ts";
import { memoryArchive } from "./memoryArchive.ts";
import { withSample } from "./samples.ts";

const file = (inside: string): string => `<TrainingCenterDatabase>${inside}</TrainingCenterDatabase>`;
const lap = (seconds: number, rate: number, points = ""): string =>
  `<Lap StartTime="2024-01-01T10:00:00Z"><TotalTimeSeconds>${seconds}</TotalTimeSeconds><DistanceMeters>100.5</DistanceMeters><Calories>7</Calories><AverageHeartRateBpm><Value>${rate}</Value></AverageHeartRateBpm><MaximumHeartRateBpm><Value>${rate + 9}</Value></MaximumHeartRateBpm><Track>${points}</Track></Lap>`;

describe("tcx", () => {
  it("default: an activity's sums are those of its laps; its points know it", async () => {
    const point = `<Trackpoint><Time>2024-01-01T10:00:30Z</Time><HeartRateBpm><Value>120</Value></HeartRateBpm><SensorState>Present</SensorState><Extensions><n:TPX xmlns:n="u"><n:Speed>2.5</n:Speed><n:Watts>200</n:Watts><n:Odd>1</n:Odd></n:TPX></Extensions></Trackpoint>`;
    const { records, extra, remarks } = await bridgeAll(
      tcx,
      memoryArchive({
        "a.tcx": file(
          `<Activities><Activity Sport="Running"><Id>2024-01-01T10:00:00Z</Id>${lap(60, 100)}${lap(180, 140, point)}<Creator><Name>Forerunner</Name><UnitId>9</UnitId></Creator></Activity></Activities>`,
        ),
      }),
    );
    expect(remarks).to.deep.equal([]);
    const [workout] = records["workouts"] ?? [];
    expect(workout).to.deep.include({
      activity_name: "running",
      start_date_time: new Date("2024-01-01T10:00:00Z"),
      end_date_time: new Date("2024-01-01T10:00:30Z"),
      duration_s: 240,
      distance_m: 201,
      energy_kcal: 14,
      heart_rate_avg: 130,
      heart_rate_max: 149,
      source_name: "Forerunner",
      device: "9",
    });
    expect(JSON.parse(String(workout?.["details"])).laps).to.have.length(2);
    expect(records["tracks"]?.[0]).to.deep.include({
      workout: workout?.["id"],
      heart_rate: 120,
      speed_mps: 2.5,
      power_w: 200,
      latitude: null,
    });
    expect(extra).to.deep.equal([{ SensorState: "Present", Odd: "1" }]);
  });

  it("behavior: courses are routes; detect by contents; broken files fail as TCX", async () => {
    const course = file(`<Courses><Course><Name>Loop</Name><Track><Trackpoint/></Track></Course></Courses>`);
    const { records } = await bridgeAll(tcx, memoryArchive({ "a.tcx": course }));
    expect(records["tracks"]?.[0]).to.include({ kind: "route", track: "Loop", workout: null });
    expect(await tcx.detect(inspectInput(memoryArchive({ renamed: ` \n${course}` })))).to.equal(0.9);
    for (const text of ["", "junk", course.slice(0, 60)]) {
      await expectError("EXPORT_INVALID", () => readArchive(memoryArchive({ "a.tcx": text })));
    }
    const laps = file(`<Activities><Activity>${"<Lap/>".repeat(10_001)}</Activity></Activities>`);
    await expectError("EXPORT_INVALID", () => readArchive(memoryArchive({ "a.tcx": laps })));
  });

  it("behavior: the generator's activity of any size", async () => {
    expect(await summary(memoryArchive({ "a.tcx": [...tcxActivity(2500)].join("") }))).to.equal(
      "tcx | workouts=1 2023-11-14T22:13:20Z…2023-11-14T22:13:20Z | tracks=2500 2023-11-14T22:13:20Z…2023-11-14T22:54:59Z",
    );
  });

  withSample("health/tcx/synthetic/walk.tcx", "sample: walk.tcx", async (input) => {
    expect(await summary(input)).to.equal(
      "tcx | workouts=1 2026-06-08T04:40:12Z…2026-06-08T04:40:12Z | tracks=2 2026-06-08T04:40:12Z…2026-06-08T04:41:12Z",
    );
    const { records } = await bridgeAll(tcx, input);
    expect(records["workouts"]?.[0]).to.include({
      activity_name: "running",
      distance_m: 300.5,
      energy_kcal: 21,
      heart_rate_avg: 131,
    });
    expect(records["tracks"]?.[0]).to.include({ latitude: 59.911, longitude: 10.75, speed_mps: 2.5, heart_rate: 120 });
  });
});
