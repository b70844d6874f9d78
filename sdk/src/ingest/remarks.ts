import type { ImportRemark } from "./connector.ts";

/** What an import could not take as it stood, counted by segment and reason. */
export type Remarks = {
  add(segment: string | null, kind: ImportRemark["kind"], reason: string, count?: number): void;
  /** In the order of the segments, those of none last. */
  all(): readonly ImportRemark[];
};

export function createRemarks(segments: readonly string[]): Remarks {
  const remarked = new Map<string, ImportRemark>();
  const place = ({ segment }: ImportRemark): number => (segment === null ? segments.length : segments.indexOf(segment));
  return {
    add(segment, kind, reason, count = 1) {
      const name = `${segment} ${kind} ${reason}`;
      remarked.set(name, { segment, kind, reason, count: (remarked.get(name)?.count ?? 0) + count });
    },
    // Stable: those of one segment stay in the order in which they came.
    all: () => [...remarked.values()].sort((a, b) => place(a) - place(b)),
  };
}
