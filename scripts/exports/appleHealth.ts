/** Options of {@link appleHealthExport}. */
export type AppleHealthSize = {
  /** Records; a year of a watch has about a million. */
  readonly records: number;
  readonly workouts?: number;
  /** Document type as the app writes it; the real one is 10 kB. */
  readonly hasDoctype?: boolean;
};

const pad = (value: number): string => String(value).padStart(2, "0");

/** An instant as the app writes it, in a zone two hours ahead. */
function appleDate(time: number): string {
  const local = new Date(time + 7_200_000);
  const day = `${local.getUTCFullYear()}-${pad(local.getUTCMonth() + 1)}-${pad(local.getUTCDate())}`;
  return `${day} ${pad(local.getUTCHours())}:${pad(local.getUTCMinutes())}:${pad(local.getUTCSeconds())} +0200`;
}

const device = (name: string): string =>
  `&lt;&lt;HKDevice: 0x282a45810&gt;, name:${name}, manufacturer:Apple Inc., model:${name}, software:8.3&gt;`;

/** An `export.xml` of any size, in pieces: heart rates with metadata and step counts, about 430 bytes each. */
export function* appleHealthExport({ records, workouts = 0, hasDoctype = true }: AppleHealthSize): Generator<string> {
  yield `<?xml version="1.0" encoding="UTF-8"?>\n`;
  if (hasDoctype) {
    yield `<!DOCTYPE HealthData [\n<!-- HealthKit Export Version: 11 -->\n`;
    yield `<!ELEMENT HealthData (ExportDate,Me,(Record|Correlation|Workout|ActivitySummary|ClinicalRecord)*)>\n`;
    yield `<!ATTLIST HealthData\n  locale CDATA #REQUIRED\n>\n<!-- Note: it's a "copy" of [some] records. -->\n`;
    for (let i = 0; i < 100; i++) yield `<!ATTLIST Record${i}\n  type CDATA #REQUIRED\n  unit CDATA #IMPLIED\n>\n`;
    yield `]>\n`;
  }
  yield `<HealthData locale="nb_NO">\n <ExportDate value="2026-03-01 10:00:00 +0100"/>\n`;
  for (let i = 0; i < records; i++) {
    const at = appleDate(1_500_000_000_000 + i * 30_000);
    const dates = `creationDate="${at}" startDate="${at}" endDate="${at}"`;
    yield i % 3 === 0
      ? ` <Record type="HKQuantityTypeIdentifierStepCount" sourceName="Kari’s iPhone" sourceVersion="15.1" device="${device("iPhone")}" unit="count" ${dates} value="${i % 500}"/>\n`
      : ` <Record type="HKQuantityTypeIdentifierHeartRate" sourceName="Kari’s Apple Watch" sourceVersion="8.3" device="${device("Apple Watch")}" unit="count/min" ${dates} value="${60 + (i % 70)}">\n  <MetadataEntry key="HKMetadataKeyHeartRateMotionContext" value="0"/>\n </Record>\n`;
  }
  for (let i = 0; i < workouts; i++) {
    const start = 1_500_000_000_000 + i * 86_400_000;
    const dates = `creationDate="${appleDate(start + 1_900_000)}" startDate="${appleDate(start)}" endDate="${appleDate(start + 1_800_000)}"`;
    yield ` <Workout workoutActivityType="HKWorkoutActivityTypeRunning" duration="30" durationUnit="min" sourceName="Kari’s Apple Watch" ${dates}>\n  <WorkoutStatistics type="HKQuantityTypeIdentifierDistanceWalkingRunning" sum="5.5" unit="km"/>\n </Workout>\n`;
  }
  yield `</HealthData>\n`;
}
