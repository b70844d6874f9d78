/** The names of all metrics in a text of Prometheus's exposition format. */
export function metricNames(text: string): string[] {
  return [...text.matchAll(/^# TYPE (\S+) /gm)].map(([, name = ""]) => name);
}

export type AlertRule = Readonly<Record<"alert" | "expr" | "duration" | "severity" | "summary" | "runbook", string>>;

/** The rules of a file in the form in which ours are written; promtool reads the whole of YAML. */
export function readAlertRules(text: string): AlertRule[] {
  const blocks = text.split(/^ {6}- alert: /m).slice(1);
  return blocks.map((block) => {
    const field = (pattern: RegExp) => {
      const found = pattern.exec(block)?.[1];
      if (found === undefined) throw new Error(`no ${pattern.source} in ${block}`);
      return found;
    };
    return {
      alert: field(/^(\w+)$/m),
      expr: field(/^ {8}expr: (.+)$/m),
      duration: field(/^ {8}for: (\w+)$/m),
      severity: field(/severity: (\w+) /),
      summary: field(/^ {10}summary: "(.+)"$/m),
      runbook: field(/^ {10}runbook: (\S+)$/m),
    };
  });
}
