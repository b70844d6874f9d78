import type { AcceptedMutant } from "../mutate/acceptedMutants.ts";
import { type Mutant, shorten } from "../mutate/Mutant.ts";
import type { MutantFindings } from "../mutate/mutantCommand.ts";
import type { Judgement } from "../mutate/WorkerProcess.ts";
import { TO_FALSE } from "./forceOperators.ts";

type Side = { readonly mutant: Mutant; readonly judgement: Judgement };
type Branch = { readonly mutant: Mutant; whenTrue?: Side; whenFalse?: Side };

/** One row a condition: the test that takes it when it is true, and the one that takes it when it is false. */
export function branchTable(
  judged: ReadonlyMap<Mutant, Judgement>,
  accepted: readonly AcceptedMutant[],
): MutantFindings {
  const branches = new Map<string, Branch>();
  for (const [mutant, judgement] of judged) {
    const key = `${mutant.path} ${mutant.start} ${mutant.end}`;
    const branch = branches.get(key) ?? { mutant };
    branches.set(key, branch);
    // A test that notices "always false" is one where it is true.
    if (mutant.operator === TO_FALSE) branch.whenTrue = { mutant, judgement };
    else branch.whenFalse = { mutant, judgement };
  }
  const reasons = new Map(accepted.map(({ id, reason }) => [id, reason]));
  const unproved: string[] = [];
  const cell = (side: Side | undefined, name: string): string => {
    if (side === undefined) return "(not judged)";
    const { mutant, judgement } = side;
    if (judgement.status === "killed") return `\`${judgement.by[0] ?? "?"}\``;
    if (judgement.status === "timeout") return "noticed: it would never end";
    const reason = reasons.get(mutant.id);
    if (reason !== undefined) return cellText(reason);
    if (judgement.status === "equivalent") return "cannot happen: the compiler makes the same code";
    const where = `${mutant.id} ${mutant.path}:${mutant.line} ${mutant.place}: ${shorten(mutant.original)}`;
    unproved.push(`${where} is ${name}: ${judgement.status === "survived" ? "no test notices" : judgement.status}`);
    return `**unproved** (${mutant.id})`;
  };
  const sections = [...Map.groupBy(branches.values(), ({ mutant }) => mutant.path)].map(([path, list]) => {
    const rows = list.map(({ mutant, whenTrue, whenFalse }) => {
      const where = `${mutant.line} ${mutant.place.split(".").slice(1).join(".") || mutant.place}`;
      const passes = mutant.operator === "drop modifier" ? "(every call that passes)" : cell(whenTrue, "true");
      return `| ${where} | \`${cellText(mutant.original)}\` | ${passes} | ${cell(whenFalse, "false")} |`;
    });
    return [`## ${path}`, "| line, function | condition | true in | false in |", "|---|---|---|---|", ...rows, ""].join(
      "\n",
    );
  });
  const sides = judged.size;
  const summary = `${branches.size} conditions, ${sides} sides, ${unproved.length} unproved.\n`;
  return { document: `${summary}\n${sections.join("\n")}`, problems: unproved };
}

function cellText(text: string): string {
  return shorten(text).replaceAll("|", "\\|");
}
