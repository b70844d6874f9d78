import { z } from "zod";
import type { Timing } from "./dueTimes.ts";

const timing: z.ZodType<Timing> = z.union([
  z.strictObject({ cron: z.string().min(1).max(128), timeZone: z.string().min(1).max(64) }),
  z.strictObject({ everySeconds: z.int(), fromMs: z.int().min(0) }),
]);

/** What a source is: where it reads, where that goes, and when. No secrets: they are in files that it names, or in the enclave. */
export const sourceSpecSchema = z.strictObject({
  /** Who runs it: `folder`, or a live source's id. */
  kind: z.string().regex(/^[a-z0-9-]{1,64}$/),
  /** For whoever runs it. */
  settings: z.record(z.string(), z.string().max(4_096)).default({}),
  /** Where its records go. */
  datasetId: z.string().regex(/^0x[0-9a-f]{64}$/),
  timing,
  jitterMs: z.int().min(0).max(86_400_000).default(0),
  /** Hosts that it asks, with the port where it is not 443; each has a limit of its own. */
  hosts: z.array(z.string().min(1).max(255)).max(16).default([]),
  /** Several sources of one account share its tokens. */
  account: z.string().min(1).max(128).optional(),
});
export type SourceSpec = z.infer<typeof sourceSpecSchema>;

type SourceStatus = "active" | "paused";

export type ScheduledSource = SourceSpec & {
  readonly id: string;
  readonly status: SourceStatus;
  /** Why it is paused. */
  readonly reason: string | undefined;
  /** Where the last published run ended; the source's own text. */
  readonly cursor: string | undefined;
  /** Runs in a row that failed. */
  readonly failures: number;
};

/**
 * - `running`: under way, or its process ended meanwhile · `publishing`: what it brought is written down, and a transaction may be on its way
 * - `waiting`: failed for now, tried again · `published`, `unchanged`: it happened
 * - `failed`, `missed`: it did not happen, and says so. A `missed` row stands for `count` slots up to `through`, which one later run caught up.
 */
export type RunStatus = "running" | "publishing" | "waiting" | "published" | "unchanged" | "failed" | "missed";

export type Run = {
  readonly source: string;
  /** The slot that it is for, Unix milliseconds. */
  readonly slot: number;
  readonly through: number;
  readonly count: number;
  readonly status: RunStatus;
  readonly attempt: number;
  readonly startedAt: number | undefined;
  readonly endedAt: number | undefined;
  /** Code of what went wrong. */
  readonly error: string | undefined;
  readonly version: number | undefined;
};

/** What a run is about to publish, as it is written down before. */
export type Intent = { readonly version: number; readonly manifestDigest: string; readonly cursor: string | undefined };
