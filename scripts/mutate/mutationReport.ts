import type { AcceptedMutant } from "./acceptedMutants.ts";
import { describeMutant, type Mutant, shorten } from "./Mutant.ts";
import type { MutantFindings } from "./mutantCommand.ts";
import type { Judgement } from "./WorkerProcess.ts";

type Judged = ReadonlyMap<Mutant, Judgement>;

/** A mutant that never ends is noticed by whoever runs it, hence killed. */
function isKilled({ status }: Judgement): boolean {
  return status === "killed" || status === "timeout";
}

/**
 * Counts by file, then the survivors with their reasons.
 *
 * @param ids of every mutant there is, judged now or not: an accepted one that is not among them is out of date
 */
export function mutationReport(
  ids: ReadonlySet<string>,
  judged: Judged,
  accepted: readonly AcceptedMutant[],
): MutantFindings {
  const reasons = new Map(accepted.map(({ id, reason }) => [id, reason]));
  const entries = [...judged];
  const survivors = entries.filter(([, { status }]) => status === "survived");
  const problems = [
    ...survivors
      .filter(([{ id }]) => !reasons.has(id))
      .map(([mutant]) => `survived: ${mutant.id} ${mutant.place} ${describeMutant(mutant)}`),
    ...entries
      .filter(([, { status }]) => status === "crashed")
      .map(([mutant, { by }]) => `could not be judged: ${mutant.id} ${describeMutant(mutant)}\n${by.join("\n")}`),
    ...accepted
      .filter(({ id }) => !ids.has(id))
      .map(({ id, mutant }) => `accepted, but no mutant any more: ${id} ${mutant}`),
    ...entries
      .filter(([{ id }, judgement]) => reasons.has(id) && isKilled(judgement))
      .map(([mutant]) => `accepted, but killed: ${mutant.id} ${describeMutant(mutant)}`),
  ];
  return { document: `${countTable(entries)}\n${survivorTable(survivors, reasons)}`, problems };
}

function countTable(entries: readonly (readonly [Mutant, Judgement])[]): string {
  const row = (name: string, inFile: typeof entries) => {
    const count = (wanted: (judgement: Judgement) => boolean) =>
      inFile.filter(([, judgement]) => wanted(judgement)).length;
    const killed = count(isKilled);
    const survived = count(({ status }) => status === "survived");
    const rest = ["equivalent", "invalid"].map((wanted) => count(({ status }) => status === wanted));
    return `| ${name} | ${inFile.length} | ${killed} | ${survived} | ${rest.join(" | ")} |`;
  };
  const byFile = Map.groupBy(entries, ([{ path }]) => path);
  return [
    "| file | mutants | killed | survived | same code | do not compile |",
    "|---|---|---|---|---|---|",
    ...[...byFile].map(([path, inFile]) => row(`\`${path}\``, inFile)),
    row("all", entries),
    "",
  ].join("\n");
}

function survivorTable(
  survivors: readonly (readonly [Mutant, Judgement])[],
  reasons: ReadonlyMap<string, string>,
): string {
  if (survivors.length === 0) return "No mutant survived.\n";
  const cell = (text: string) => shorten(text).replaceAll("|", "\\|");
  return [
    "| survivor | where | change | why that is no gap |",
    "|---|---|---|---|",
    ...survivors.map(([mutant]) => {
      const change = `${mutant.operator}: \`${cell(mutant.original)}\` → \`${cell(mutant.replacement) || " "}\``;
      const reason = reasons.get(mutant.id);
      return `| ${mutant.id} | ${mutant.path}:${mutant.line} ${mutant.place} | ${change} | ${reason === undefined ? "**unexplained**" : cell(reason)} |`;
    }),
    "",
  ].join("\n");
}
