/** HealthKit's types that an Open mHealth (or IEEE 1752.1) schema describes. Units stay the source's. */
const names: ReadonlyMap<string, string> = new Map([
  ["HKQuantityTypeIdentifierHeartRate", "heart-rate"],
  ["HKQuantityTypeIdentifierRestingHeartRate", "heart-rate"],
  ["HKQuantityTypeIdentifierWalkingHeartRateAverage", "heart-rate"],
  ["HKQuantityTypeIdentifierHeartRateVariabilitySDNN", "heart-rate-variability"],
  ["HKQuantityTypeIdentifierStepCount", "step-count"],
  ["HKQuantityTypeIdentifierBodyMass", "body-weight"],
  ["HKQuantityTypeIdentifierHeight", "body-height"],
  ["HKQuantityTypeIdentifierBodyMassIndex", "body-mass-index"],
  ["HKQuantityTypeIdentifierBodyFatPercentage", "body-fat-percentage"],
  ["HKQuantityTypeIdentifierLeanBodyMass", "lean-body-mass"],
  ["HKQuantityTypeIdentifierBodyTemperature", "body-temperature"],
  ["HKQuantityTypeIdentifierBasalBodyTemperature", "body-temperature"],
  ["HKQuantityTypeIdentifierOxygenSaturation", "oxygen-saturation"],
  ["HKQuantityTypeIdentifierRespiratoryRate", "respiratory-rate"],
  ["HKQuantityTypeIdentifierBloodGlucose", "blood-glucose"],
  ["HKQuantityTypeIdentifierBloodPressureSystolic", "systolic-blood-pressure"],
  ["HKQuantityTypeIdentifierBloodPressureDiastolic", "diastolic-blood-pressure"],
  ["HKQuantityTypeIdentifierActiveEnergyBurned", "calories-burned"],
  ["HKQuantityTypeIdentifierBasalEnergyBurned", "calories-burned"],
  ["HKQuantityTypeIdentifierAppleExerciseTime", "minutes-moderate-activity"],
  ["HKQuantityTypeIdentifierDistanceWalkingRunning", "physical-activity"],
  ["HKQuantityTypeIdentifierDistanceCycling", "physical-activity"],
  ["HKQuantityTypeIdentifierDistanceSwimming", "physical-activity"],
  ["HKQuantityTypeIdentifierVO2Max", "vo2-max"],
  ["HKCategoryTypeIdentifierSleepAnalysis", "sleep-episode"],
]);

/** Name of the Open mHealth schema for a HealthKit type; null where there is none. */
export function openMHealthType(type: string): string | null {
  return names.get(type) ?? null;
}
