import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { formatJson } from "../command/formatJson.ts";

/** By contract and call: what `vm.snapshotGasLastCall(group, name)` recorded. */
export type GasFigures = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** The part of what Hardhat's task returns that is read here. */
type SolidityRun = {
  readonly suiteResults: readonly {
    readonly testResults: readonly {
      readonly valueSnapshotGroups?:
        | readonly {
            readonly name: string;
            readonly entries: readonly { readonly name: string; readonly value: string }[];
          }[]
        | undefined;
    }[];
  }[];
};

export function gasFigures(run: SolidityRun): GasFigures {
  const groups = run.suiteResults
    .flatMap(({ testResults }) => testResults.flatMap(({ valueSnapshotGroups = [] }) => valueSnapshotGroups))
    .flatMap(({ name: group, entries }) => entries.map(({ name, value }) => ({ group, name, value: Number(value) })));
  const sorted = groups.sort((a, b) => (`${a.group}\0${a.name}` < `${b.group}\0${b.name}` ? -1 : 1));
  return Object.fromEntries(
    [...Map.groupBy(sorted, ({ group }) => group)].map(([group, list]) => {
      return [group, Object.fromEntries(list.map(({ name, value }) => [name, value]))];
    }),
  );
}

/**
 * One line a figure that is another one than was committed: the calls are the same every time, so the tolerance is zero.
 *
 * @param partial only some tests ran, so a figure that is missing says nothing
 */
export function compareGas(committed: GasFigures, measured: GasFigures, { partial }: { partial: boolean }): string[] {
  const groups = [...new Set([...Object.keys(committed), ...Object.keys(measured)])].sort();
  return groups.flatMap((group) => {
    const names = [...new Set([...Object.keys(committed[group] ?? {}), ...Object.keys(measured[group] ?? {})])].sort();
    return names.flatMap((name) => {
      const [before, now] = [committed[group]?.[name], measured[group]?.[name]];
      if (before === now || (now === undefined && partial)) return [];
      if (before === undefined) return [`${group} ${name}: ${gas(now)}, not committed`];
      if (now === undefined) return [`${group} ${name}: ${gas(before)} committed, not measured any more`];
      const percent = ((now / before - 1) * 100).toFixed(2);
      return [
        `${group} ${name}: ${gas(before)} → ${gas(now)} (${now > before ? "+" : ""}${now - before}, ${percent} %)`,
      ];
    });
  });
}

export function readGas(path: string): GasFigures {
  return existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as GasFigures) : {};
}

export function writeGas(path: string, figures: GasFigures): void {
  writeFileSync(path, formatJson(figures));
}

function gas(figure: number | undefined): string {
  return (figure ?? 0).toLocaleString("en");
}
