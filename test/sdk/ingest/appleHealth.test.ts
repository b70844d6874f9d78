import { expect } from "chai";
import { appleHealthExport } from "../../../scripts/exports/appleHealth.ts";
import { appleHealth } from "../../../sdk/src/ingest/appleHealth/appleHealth.ts";
import { inspectInput, readArchive } from "../../../sdk/src/ingest/index.ts";
import { bridgeAll, summary } from "./connectorRecords.ts";
import { expectError } from "./expectError.ts";
import { memoryArchive } from "./memoryArchive.ts";
import { withSample } from "./samples.ts";

const at = `creationDate="2020-01-02 03:04:07 +0100" startDate="2020-01-02 03:04:05 +0100" endDate="2020-01-02 03:04:06 +0100"`;
const health = (inside: string): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<HealthData locale="nb_NO">${inside}</HealthData>`;
const record = (fields: string, inside = ""): string =>
  `<Record type="HKQuantityTypeIdentifierHeartRate" sourceName="Watch" unit="count/min" ${fields}>${inside}</Record>`;
const one = (inside: string) => bridgeAll(appleHealth, memoryArchive({ "export.xml": health(inside) }));

describe("apple-health", () => {
  it("default: a sample with its times as instants, its metadata, and what no column holds", async () => {
    const { records, extra, remarks } = await one(
      record(
        `${at} value="72" newField="x"`,
        `<MetadataEntry key="a" value="1"/><HeartRateVariabilityMetadataList><InstantaneousBeatsPerMinute bpm="63" time="1"/></HeartRateVariabilityMetadataList>`,
      ),
    );
    expect(remarks).to.deep.equal([]);
    expect(extra).to.deep.equal([{ newField: "x" }]);
    expect(records["samples"]?.[0]).to.deep.include({
      type: "heart-rate",
      source_type: "HKQuantityTypeIdentifierHeartRate",
      start_date_time: new Date("2020-01-02T02:04:05Z"),
      end_date_time: new Date("2020-01-02T02:04:06Z"),
      creation_date_time: new Date("2020-01-02T02:04:07Z"),
      value: 72,
      value_text: null,
      unit: "count/min",
      source_name: "Watch",
      metadata: `{"a":"1","HeartRateVariabilityMetadataList":{"InstantaneousBeatsPerMinute":{"@bpm":"63","@time":"1"}}}`,
    });
  });

  it("behavior: the same record written in another zone and at another address of its device is the same", async () => {
    const winter = record(`${at} device="&lt;&lt;HKDevice: 0x1&gt;" value="72"`);
    const summer = record(
      `creationDate="2020-01-02 04:04:07 +0200" startDate="2020-01-02 04:04:05 +0200" endDate="2020-01-02 04:04:06 +0200" device="&lt;&lt;HKDevice: 0x2&gt;" value="72"`,
    );
    const other = record(`${at} value="73"`);
    const { segments, remarks } = await readArchive(memoryArchive({ "export.xml": health(winter + summer + other) }));
    expect(segments[0]?.records).to.equal(2);
    expect(remarks).to.deep.equal([
      { segment: "samples", kind: "skipped", reason: "repeats an id of the same segment", count: 1 },
    ]);
  });

  it("behavior: categories are texts; what is no date is null and said; a record without a type is skipped", async () => {
    const { records, remarks } = await one(
      `<Record type="HKCategoryTypeIdentifierSleepAnalysis" sourceName="W" startDate="2020-02-30 03:04:05 +0100" endDate="nope" value="HKCategoryValueSleepAnalysisAsleep"/><Record value="1"/><Record type="T" startDate="2020-01-02 03:04:05 +0100" value="0x10"/>`,
    );
    expect(
      records["samples"]?.map(({ type, value, value_text, start_date_time }) => [
        type,
        value,
        value_text,
        start_date_time,
      ]),
    ).to.deep.equal([
      ["sleep-episode", null, "HKCategoryValueSleepAnalysisAsleep", null],
      [null, null, "0x10", new Date("2020-01-02T02:04:05Z")],
    ]);
    expect(remarks).to.deep.equal([
      "changed samples: startDate is not a date",
      "changed samples: endDate is not a date",
      "skipped samples: has no type",
    ]);
  });

  it("behavior: what is no sample is skipped and said; samples inside a correlation are samples", async () => {
    const { records, remarks } = await one(
      `<Me x="1"/><Correlation type="HKCorrelationTypeIdentifierBloodPressure"><MetadataEntry key="a" value="b"/>${record(`${at} value="1"`)}</Correlation><ClinicalRecord/><Newer/>${record(`${at} value="1"`)}<ActivitySummary/>`,
    );
    expect(records["samples"]).to.have.length(2);
    expect(records["samples"]?.[0]).to.deep.equal(records["samples"]?.[1]);
    expect(remarks).to.deep.equal([
      "skipped samples: is a characteristic of the person",
      "skipped samples: groups samples, which are kept",
      "skipped samples: is a document of a clinic",
      "skipped samples: is of an unknown kind",
      "skipped samples: is a daily sum of samples",
    ]);
  });

  it("behavior: a workout's sums, old form and new; its points in the export or in a GPX file beside it", async () => {
    const dates = at;
    const xml = health(
      `<Workout workoutActivityType="HKWorkoutActivityTypeTraditionalStrengthTraining" duration="2" durationUnit="hr" totalDistance="1" totalDistanceUnit="mi" totalEnergyBurned="418.4" totalEnergyBurnedUnit="kJ" sourceName="W" goal="7" ${dates}><MetadataEntry key="HKTimeZone" value="Europe/Oslo"/><WorkoutRoute><Location date="2020-01-02 03:04:05 +0100" latitude="59.9" longitude="10.7" altitude="3" course="-1" speed="-1"/></WorkoutRoute></Workout>
      <Workout workoutActivityType="HKWorkoutActivityTypeRunning" duration="30" durationUnit="min" sourceName="V" ${dates}><WorkoutStatistics type="HKQuantityTypeIdentifierDistanceWalkingRunning" sum="5.5" unit="km"/><WorkoutStatistics type="HKQuantityTypeIdentifierHeartRate" average="130" maximum="150" unit="count/min"/><WorkoutRoute><FileReference path="/workout-routes/a.gpx"/></WorkoutRoute></Workout>`,
    );
    const route = `<gpx><trk><trkseg><trkpt lat="1" lon="2"><time>2020-01-02T02:04:05Z</time></trkpt></trkseg></trk></gpx>`;
    const { records, extra } = await bridgeAll(
      appleHealth,
      memoryArchive({ "e/export.xml": xml, "e/workout-routes/a.gpx": route, "other.gpx": route }),
    );
    const [strength, running] = records["workouts"] ?? [];
    expect(strength).to.include({
      activity_name: "traditional strength training",
      duration_s: 7200,
      distance_m: 1609.344,
    });
    expect(strength?.["energy_kcal"]).to.be.closeTo(100, 1e-9);
    expect(extra).to.deep.equal([{ goal: "7" }]);
    expect(running).to.include({
      activity_name: "running",
      duration_s: 1800,
      distance_m: 5500,
      heart_rate_avg: 130,
      heart_rate_max: 150,
    });
    expect(records["tracks"]?.map(({ workout, latitude, speed_mps }) => [workout, latitude, speed_mps])).to.deep.equal([
      [strength?.["id"], 59.9, null],
      [running?.["id"], 1, null],
    ]);
  });

  it("behavior: recognised by its contents, also behind a document type longer than the head", async () => {
    const long = [...appleHealthExport({ records: 3 })].join("");
    for (const [file, text, sure] of [
      ["renamed.dat", long, 1],
      ["eksport.xml", health(""), 1],
      ["apple_health_export/export.xml", "nothing", 0.3],
      ["export.xml", "<rss/>", 0],
    ] as const) {
      expect(await appleHealth.detect(inspectInput(memoryArchive({ [file]: text }))), file).to.equal(sure);
    }
    expect(await summary(memoryArchive({ "x.bin": long }))).to.contain("apple-health | samples=3 ");
  });

  it("error: cut off, not XML, an entity bomb, a workout that never ends", async () => {
    const bomb = `<!DOCTYPE HealthData [<!ENTITY a "x"><!ENTITY b "&a;&a;&a;">]><HealthData>&b;</HealthData>`;
    for (const text of [health(record(`${at} value="1"`)).slice(0, -20), "nothing", bomb, "<other/>"]) {
      await expectError("EXPORT_INVALID", () =>
        bridgeAll(appleHealth, memoryArchive({ "apple_health_export/export.xml": text })),
      );
    }
    const endless = health(`<Workout>${`<WorkoutEvent type="pause"/>`.repeat(1000)}</Workout>`);
    const input = memoryArchive({ "export.xml": endless });
    await expectError("EXPORT_INVALID", () => bridgeAll(appleHealth, input, { limits: { maxRecordBytes: 10_000 } }));
  });

  it("behavior: the generator's export of any size, opened twice, gives the same", async () => {
    const text = [...appleHealthExport({ records: 5_000, workouts: 20 })].join("");
    const input = memoryArchive({ "apple_health_export/export.xml": text }, 10_000);
    const first = await readArchive(input);
    expect(first.segments.map(({ records }) => records)).to.deep.equal([5_000, 20, 0]);
    expect(first.segments[0]?.from?.toISOString()).to.equal("2017-07-14T02:40:00.000Z");
    expect(first.remarks).to.deep.equal([]);
    const second = await readArchive(input);
    expect(second.segments[0]?.bytes).to.deep.equal(first.segments[0]?.bytes);
  });

  const points = "2019-06-11T22:00:42Z…2019-06-11T22:00:43Z";
  const samples =
    "samples=2 2016-04-18T15:25:32Z…2018-09-10T09:28:55Z | workouts=1 2016-11-14T14:25:41Z…2016-11-14T14:25:41Z";
  withSample("health/apple-health/apple_health_export", "sample: a folder with a route", async (input) => {
    expect(await summary(input)).to.equal(`apple-health | ${samples} | tracks=3 ${points}`);
    const { records } = await bridgeAll(appleHealth, input);
    expect(records["samples"]?.[0]).to.include({
      source_type: "HKQuantityTypeIdentifierBodyMassIndex",
      value: 22.5312,
      unit: "count",
    });
    expect(records["tracks"]?.[0]).to.include({
      latitude: 37.781672,
      longitude: -122.396397,
      elevation_m: 4.076904,
      speed_mps: 0.180883,
      workout: records["workouts"]?.[0]?.["id"],
    });
  });
  withSample("health/apple-health/export.xml", "sample: an early export, its points inside", async (input) => {
    expect(await summary(input)).to.equal(
      `apple-health | ${samples} | tracks=2 2016-11-14T14:25:44Z…2016-11-14T14:25:44Z`,
    );
  });
  withSample(
    "health/apple-health/apple_health_export/workout-routes/route_2019-06-11_3.00pm.gpx",
    "sample: a route alone is GPX",
    async (input) => {
      expect(await summary(input)).to.equal(`gpx | tracks=3 ${points}`);
    },
  );
});
