import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { repositoryRoot } from "../../../node/src/dev/repositoryRoot.ts";
import { type FitData, fitActivity, fitFile } from "../../../scripts/exports/fit.ts";
import { fit } from "../../../sdk/src/ingest/fit/fit.ts";
import { inspectInput, readArchive } from "../../../sdk/src/ingest/index.ts";
import { bridgeAll, summary } from "./connectorRecords.ts";
import { expectError } from "./expectError.ts";
import { memoryArchive } from "./memoryArchive.ts";
import { withSample } from "./samples.ts";

const one = (bytes: Uint8Array) => bridgeAll(fit, memoryArchive({ "a.fit": bytes }, 7));
const at = 1_000_000_000;
const atIso = "2021-09-08T01:46:40.000Z";
const point = (time: number, rate: number): FitData => ({
  number: 20,
  fields: [
    [253, 0x86, time],
    [3, 2, rate],
  ],
});

describe("fit", () => {
  it("default: a record's values in their units, in either byte order; what has no column is kept", async () => {
    const fields: FitData["fields"] = [
      [253, 0x86, at],
      [0, 0x85, 714_773_248],
      [1, 0x85, -128_000_000],
      [2, 0x84, 2600],
      [3, 2, 120],
      [4, 2, 90],
      [5, 0x86, 51_000],
      [6, 0x84, 2500],
      [7, 0x84, 210],
      [13, 1, -5],
      [53, 2, 64],
    ];
    for (const isBig of [false, true]) {
      const { records, extra } = await one(fitFile([{ number: 20, fields }], { isBig }));
      expect(records["tracks"]?.[0]).to.deep.include({
        time: new Date(atIso),
        latitude: 59.9116015,
        longitude: -10.7288361,
        elevation_m: 20,
        heart_rate: 120,
        cadence: 90,
        distance_m: 510,
        speed_mps: 2.5,
        power_w: 210,
        temperature_c: -5,
      });
      expect(extra).to.deep.equal([{ field_53: 64 }]);
    }
  });

  it("behavior: times in five bits go on and roll over; values that stand for none are null", async () => {
    const { records } = await one(
      fitFile([
        point(at, 1),
        { number: 20, fields: [[3, 2, 2]], offset: (at + 1) % 32 },
        {
          number: 20,
          fields: [
            [3, 2, 255],
            [4, 2, 9],
          ],
          offset: at % 32,
        },
      ]),
    );
    expect(records["tracks"]?.map(({ time }) => (time as Date).getTime() / 1000 - 631_065_600 - at)).to.deep.equal([
      0, 1, 32,
    ]);
    expect(records["tracks"]?.[2]).to.include({ heart_rate: null, cadence: 9 });
  });

  it("behavior: fields of developers by their names; numbers beyond 2^53 exact", async () => {
    const { extra } = await one(
      fitFile([
        {
          number: 206,
          fields: [
            [0, 2, 0],
            [1, 2, 5],
            [2, 2, 0x84],
            [3, 7, "doughnuts"],
          ],
        },
        {
          number: 20,
          fields: [[3, 2, 1]],
          developer: [
            [5, 0, 0x84, 300],
            [6, 0, 2, 7],
          ],
        },
      ]),
    );
    expect(extra).to.deep.equal([{ doughnuts: 300, "developer 0 field 6": 7 }]);
  });

  it("behavior: monitoring messages are samples, their times from sixteen bits", async () => {
    const { records } = await one(
      fitFile([
        { number: 103, fields: [[253, 0x86, at]] },
        {
          number: 55,
          fields: [
            [26, 0x84, (at + 60) & 0xffff],
            [3, 0x86, 84],
          ],
        },
        {
          number: 55,
          fields: [
            [26, 0x84, (at + 60) & 0xffff],
            [3, 0x86, 84],
          ],
        },
        {
          number: 55,
          fields: [
            [26, 0x84, (at + 59) & 0xffff],
            [27, 2, 61],
          ],
        },
      ]),
    );
    const samples = records["samples"] ?? [];
    expect(
      samples.map(({ type, value, unit, start_date_time }) => [
        type,
        value,
        unit,
        (start_date_time as Date).getTime() / 1000 - 631_065_600 - at,
      ]),
    ).to.deep.equal([
      ["step-count", 42, "cycles", 60],
      ["step-count", 42, "cycles", 60],
      ["heart-rate", 61, "bpm", 59 + 65_536],
    ]);
    expect(new Set(samples.map(({ id }) => id)).size).to.equal(3);
  });

  it("behavior: what scales and cuffs measure are samples", async () => {
    const { records, remarks } = await one(
      fitFile([
        {
          number: 30,
          fields: [
            [253, 0x86, at],
            [0, 0x84, 7580],
            [1, 0x84, 2230],
          ],
        },
        {
          number: 51,
          fields: [
            [253, 0x86, at + 1],
            [0, 0x84, 120],
            [1, 0x84, 80],
          ],
        },
      ]),
    );
    expect(remarks).to.deep.equal([]);
    expect(records["samples"]?.map(({ type, value, unit, metadata }) => [type, value, unit, metadata])).to.deep.equal([
      ["body-weight", 75.8, "kg", '{"field_1":2230}'],
      ["systolic-blood-pressure", 120, "mmHg", '{"field_1":80}'],
    ]);
  });

  it("behavior: a wrong checksum, an end in the middle, a second file that is none: records stay, and it is said", async () => {
    const whole = fitActivity(5);
    const cases: [Uint8Array, number, string][] = [
      [fitFile([point(at, 1)], { crc: false }), 1, "has a wrong checksum: its records may be damaged"],
      [whole.subarray(0, 150), 3, "is cut off"],
      [whole.subarray(0, -2), 5, "is cut off before its checksum"],
      [Uint8Array.from([...whole, 1, 2, 3]), 5, "is cut off in its header"],
      [Uint8Array.from([...whole, ...new Uint8Array(14)]), 5, "goes on with something that is not FIT"],
    ];
    for (const [bytes, points, reason] of cases) {
      const { records, remarks } = await one(bytes);
      expect(records["tracks"], reason).to.have.length(points);
      expect(remarks.filter((text) => text.startsWith("changed tracks"))).to.deep.equal([`changed tracks: ${reason}`]);
    }
    const { records } = await one(Uint8Array.from([...whole, ...fitFile([point(at + 99, 1)])]));
    expect(records["tracks"]).to.have.length(6);
  });

  it("error: what begins as no FIT file, or breaks before its first message", async () => {
    const whole = fitFile([point(at, 1)]);
    for (const bytes of [
      new Uint8Array(),
      whole.subarray(0, 13),
      whole.subarray(0, 20),
      new TextEncoder().encode("not a fit file at all"),
    ]) {
      await expectError("EXPORT_INVALID", () => readArchive(memoryArchive({ "a.fit": bytes })));
    }
    const undefinedMessage = Uint8Array.from(whole);
    undefinedMessage[14] = 0x05;
    await expectError("EXPORT_INVALID", () => readArchive(memoryArchive({ "a.fit": undefinedMessage })));
    expect(await fit.detect(inspectInput(memoryArchive({ renamed: whole })))).to.equal(0.9);
    expect(await fit.detect(inspectInput(memoryArchive({ renamed: new Uint8Array(20) })))).to.equal(0);
  });

  it("behavior: the generator's activity of any size; the same file twice adds nothing", async () => {
    const bytes = fitActivity(3000);
    expect(await summary(memoryArchive({ "a.fit": bytes, "b.fit": bytes }))).to.equal(
      "fit | workouts=1 2021-09-08T01:46:40Z…2021-09-08T01:46:40Z | tracks=3000 2021-09-08T01:46:40Z…2021-09-08T02:36:39Z",
    );
    const { records } = await bridgeAll(fit, memoryArchive({ "a.fit": bytes }));
    expect(records["workouts"]?.[0]).to.include({
      activity_name: "running",
      duration_s: 3000,
      distance_m: 7500,
      device: "4711",
    });
  });

  const walk =
    "workouts=1 2012-04-09T21:22:26Z…2012-04-09T21:22:26Z | tracks=14 2012-04-09T21:22:26Z…2012-04-09T21:22:39Z";
  for (const [file, wanted] of [
    ["Activity.fit", `fit | ${walk}`],
    ["activity-filecrc.fit", `fit | ${walk}`],
    ["activity-settings-corruptheader.fit", `fit | ${walk}`],
    ["activity-settings-nodata.fit", `fit | ${walk}`],
    ["DeveloperData.fit", "fit | tracks=3 …"],
    ["Settings.fit", "fit"],
    ["MonitoringFile.fit", "fit | samples=337 2014-12-27T13:43:00Z…2014-12-28T06:00:00Z"],
    [
      "garmin-fenix-5-walk.fit",
      "fit | workouts=1 2017-06-11T14:32:51Z…2017-06-11T14:32:51Z | tracks=17 2017-06-11T14:32:51Z…2017-06-11T14:33:37Z",
    ],
    [
      "compressed-speed-distance.fit",
      "fit | workouts=1 1990-07-18T06:44:24Z…1990-07-18T06:44:24Z | tracks=754 1990-07-18T06:44:29Z…1990-07-18T07:49:04Z",
    ],
  ] as const) {
    withSample(`health/fit/${file}`, `sample: ${file}`, async (input) => {
      expect(await summary(input)).to.equal(wanted);
    });
  }

  withSample("health/fit/Activity.fit", "sample: values of Activity.fit", async (input) => {
    const { records } = await bridgeAll(fit, input);
    expect(records["tracks"]?.[0]).to.include({ heart_rate: null, distance_m: 0.02 });
    expect(records["tracks"]?.[0]?.["latitude"]).to.be.closeTo((495_280_430 * 180) / 2 ** 31, 1e-7);
  });
  withSample("health/fit/DeveloperData.fit", "sample: values of DeveloperData.fit", async (input) => {
    const { records, extra } = await bridgeAll(fit, input);
    expect(records["tracks"]?.[0]).to.include({ heart_rate: 140, distance_m: 510, time: null });
    expect(extra[0]).to.deep.equal({ doughnuts_earned: 1 });
  });
  withSample(
    "health/fit/compressed-speed-distance.fit",
    "sample: every value of compressed-speed-distance-records.csv",
    async (input) => {
      const path = join(
        repositoryRoot,
        "../shared/vectors/exports/health/fit/expected/compressed-speed-distance-records.csv",
      );
      expect(existsSync(path)).to.equal(true);
      const rows = readFileSync(path, "utf8")
        .trim()
        .split(/\r?\n/)
        .slice(1)
        .map((row) => row.split(",").map((cell) => (cell === "null" ? null : Number(cell))));
      const { records } = await bridgeAll(fit, input);
      const ours = records["tracks"]?.map(({ time, heart_rate, speed_mps, distance_m, cadence }) => [
        (time as Date).getTime() / 1000 - 631_065_600,
        heart_rate,
        speed_mps,
        distance_m,
        cadence,
      ]);
      expect(ours).to.deep.equal(rows);
    },
  );
});
