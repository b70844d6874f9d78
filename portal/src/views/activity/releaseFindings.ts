import type { AccessLogOfDataset, OmissionCheck, SettledJob } from "@persona-protocol/sdk/access";
import { codeOfReason } from "@persona-protocol/sdk/errors";
import type { Hex } from "viem";
import type { JobRow } from "../../protocol/jobs.ts";

/** What the guardians have logged of one job over a dataset. */
export type ReleaseRow = {
  readonly jobId: Hex;
  readonly guardians: readonly number[];
  readonly refusedBy: readonly { readonly guardian: number; readonly reason: string }[];
};

export type Alarm = { readonly jobId: Hex; readonly text: string };

/** Releases and refusals by job. */
export function releaseRows(logs: readonly AccessLogOfDataset[]): readonly ReleaseRow[] {
  const rows = new Map<Hex, { guardians: Set<number>; refusedBy: { guardian: number; reason: string }[] }>();
  for (const { guardian, entries } of logs) {
    for (const { kind, jobId, reason } of entries) {
      if (kind !== "release" && kind !== "refusal") continue;
      const row = rows.get(jobId) ?? { guardians: new Set<number>(), refusedBy: [] };
      rows.set(jobId, row);
      if (kind === "release") row.guardians.add(guardian);
      else row.refusedBy.push({ guardian, reason: codeOfReason(reason) ?? String(reason) });
    }
  }
  return [...rows].map(([jobId, { guardians, refusedBy }]) => ({ jobId, guardians: [...guardians], refusedBy }));
}

/**
 * What does not fit together: keys that were released for a job that has no receipt and is over, or that the chain does not know; and
 * receipts that count a release which no log shows.
 */
export function alarmsOf(
  rows: readonly ReleaseRow[],
  jobs: readonly Pick<JobRow, "jobId" | "state" | "receipt">[],
  checks: readonly { readonly job: Pick<SettledJob, "jobId">; readonly check: OmissionCheck }[],
): readonly Alarm[] {
  const byId = new Map(jobs.map((job) => [job.jobId, job]));
  const alarms: Alarm[] = [];
  for (const { jobId, guardians } of rows) {
    if (guardians.length === 0) continue;
    const job = byId.get(jobId);
    if (job === undefined) alarms.push({ jobId, text: "Keys were released for a job that the chain does not show." });
    else if (job.receipt === undefined && job.state !== "open" && job.state !== "running")
      alarms.push({
        jobId,
        text: "Keys were released, and the job ended without a receipt: what was done with them is not known.",
      });
  }
  for (const { job, check } of checks) {
    if (check.status === "omitted")
      alarms.push({
        jobId: job.jobId,
        text: `A receipt counts a key that no log shows. Guardians that are silent about it: ${check.suspects.join(", ") || "none"}.`,
      });
  }
  return alarms;
}
