/** What is committed of a built enclave. */
export type Measured = {
  /** Where it was built: only there the native files, and with them the measurement, are the same. */
  readonly platform: string;
  readonly measurement: string;
  /** SHA-256 by name. */
  readonly files: Readonly<Record<string, string>>;
  /** Versions by name. */
  readonly packages: Readonly<Record<string, string>>;
};

/** Enclaves run here; other machines develop, and compare what does not depend on the platform. */
export const measuredPlatform = "linux-x64";

/** @returns a line for each difference; empty when there is none that this platform can see */
export function compareMeasurements(committed: Measured | undefined, now: Measured): string {
  if (committed === undefined) return "Nothing is committed.";
  const native = now.platform === committed.platform;
  const code = (files: Measured["files"]) =>
    native ? files : Object.fromEntries(Object.entries(files).filter(([name]) => name.endsWith(".mjs")));
  return [
    ...(native ? differences({ measurement: committed.measurement }, { measurement: now.measurement }) : []),
    ...differences(code(committed.files), code(now.files)),
    ...differences(committed.packages, now.packages),
  ].join("\n");
}

function differences(before: Readonly<Record<string, string>>, after: Readonly<Record<string, string>>): string[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return names
    .filter((name) => before[name] !== after[name])
    .flatMap((name) => [
      ...(before[name] === undefined ? [] : [`- ${name} ${before[name]}`]),
      ...(after[name] === undefined ? [] : [`+ ${name} ${after[name]}`]),
    ]);
}
