import { createHash } from "node:crypto";

/** The part of Slither's JSON that is read here. */
export type SlitherResult = { readonly check: string; readonly impact: string; readonly description: string };

export type Finding = SlitherResult & {
  /** Of the detector and its words without lines: it stays when code moves, and changes when what is found does. */
  readonly id: string;
};

export type Triage = {
  /** Detectors that are off, each with the reason; slither.config.json must name the same. */
  readonly excluded: Readonly<Record<string, string>>;
  readonly accepted: readonly { readonly id: string; readonly finding: string; readonly reason: string }[];
};

export function nameFindings(results: readonly SlitherResult[]): Finding[] {
  const seen = new Map<string, number>();
  return results
    .map((result) => ({ ...result, key: `${result.check}\n${withoutLines(result.description)}` }))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ key, ...result }) => {
      const nth = seen.get(key) ?? 0;
      seen.set(key, nth + 1);
      return { ...result, id: createHash("sha256").update(`${key}${nth}`).digest("hex").slice(0, 12) };
    });
}

/** What fails: findings without a reason, reasons without a finding, detectors switched off without a word. */
export function judgeFindings(findings: readonly Finding[], triage: Triage, excluded: readonly string[]): string[] {
  const found = new Set(findings.map(({ id }) => id));
  const accepted = new Map(triage.accepted.map(({ id, reason }) => [id, reason.trim()]));
  return [
    ...findings
      .filter(({ id }) => !accepted.get(id))
      .map(({ id, check, impact, description }) => {
        return `unexplained (${impact}): ${JSON.stringify({ id, finding: `${check}: ${firstLine(description)}`, reason: "" })}\n${description.trim()}`;
      }),
    ...triage.accepted
      .filter(({ id }) => !found.has(id))
      .map(({ id, finding }) => `explained, but not found any more: ${id} ${finding}`),
    ...excluded.filter((name) => !triage.excluded[name]?.trim()).map((name) => `${name} is excluded without a reason`),
    ...Object.keys(triage.excluded)
      .filter((name) => !excluded.includes(name))
      .map((name) => `${name} has a reason, but is not excluded in slither.config.json`),
  ];
}

function withoutLines(description: string): string {
  return description
    .replaceAll(/#\d+(?:-\d+)?/g, "")
    .replaceAll(/\s+/g, " ")
    .trim();
}

function firstLine(description: string): string {
  return withoutLines(description.split("\n")[0] ?? "");
}
