/** The names of all metrics in a text of Prometheus's exposition format; a histogram's series count as its own. */
export function metricNames(text: string): string[] {
  return [...text.matchAll(/^# TYPE (\S+) /gm)].map(([, name = ""]) => name);
}
