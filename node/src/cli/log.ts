import { access, rename } from "node:fs/promises";
import { resolve } from "node:path";
import {
  type AccessLogOfDataset,
  decodeSignedLogHead,
  encodeSignedLogHead,
  fetchAccessLog,
  findOmitted,
  type LogEntryKind,
  type OmissionCheck,
  type SignedLogHead,
  settledJobs,
} from "@persona-protocol/sdk/access";
import { codeOfReason, isPersonaError, PersonaError } from "@persona-protocol/sdk/errors";
import { bytesToHex, hexToBytes, isHex } from "viem";
import { z } from "zod";
import { readSmallFile, writeNewFile } from "./files.ts";
import { jsonLine } from "./jsonLine.ts";
import { openRecord, type RecordFlags } from "./openRecord.ts";
import { printable } from "./runCommand.ts";

const headsFile = z.record(
  z.string().regex(/^\d+$/),
  z.string().refine((text) => isHex(text), "not hex"),
);
type Failure = { readonly guardian: number; readonly error: PersonaError };

/**
 * `persona log RECORD`: what each guardian of a dataset has logged about it, proved, held against the heads of the last time
 * and against the receipts on chain. The heads are kept beside the record.
 */
export async function log(
  file: string,
  flags: RecordFlags & { readonly account: string; readonly json: boolean },
): Promise<void> {
  const { dataset, client, deployment } = await openRecord(file, flags);
  const { datasetId, guardians } = dataset;
  const context = { client, deployment };
  const keptIn = `${resolve(file)}.heads.json`;
  const known = await readHeads(keptIn);
  const logs: AccessLogOfDataset[] = [];
  const failures: Failure[] = [];
  for (const guardian of guardians) {
    const head = known.get(guardian);
    try {
      logs.push(await fetchAccessLog(context, { datasetId, guardian, ...(head === undefined ? {} : { known: head }) }));
    } catch (error) {
      // One that does not answer, or lies, is a finding: the others are still shown.
      if (!isPersonaError(error)) throw error;
      failures.push({ guardian, error });
    }
  }
  const jobs = await settledJobs(context, datasetId);
  const checks = jobs.map((job) => ({ job, check: findOmitted(job, logs) }));
  await writeHeads(keptIn, new Map([...known, ...logs.map(({ guardian, head }) => [guardian, head] as const)]));

  if (flags.json) printJson(datasetId, logs, failures, checks);
  else printText(logs, failures, checks);
  const lied = failures.find(({ error }) => error.code === "GUARDIAN_LOG_INVALID");
  if (lied !== undefined) throw lied.error;
  const omitted = checks.find(({ check }) => check.status === "omitted");
  // A guardian that could not be asked has not omitted anything yet.
  if (omitted !== undefined && failures.length === 0)
    throw new PersonaError("GUARDIAN_LOG_INVALID", "A release that a receipt counts is in no guardian's log.", {
      data: { jobId: omitted.job.jobId },
    });
}

type Check = { readonly job: { readonly jobId: string }; readonly check: OmissionCheck };

function printJson(
  datasetId: string,
  logs: readonly AccessLogOfDataset[],
  failures: readonly Failure[],
  checks: readonly Check[],
) {
  const line = {
    datasetId,
    guardians: logs.map(({ guardian, head, entries }) => ({
      guardian,
      size: head.size,
      root: head.root,
      entries: entries.map(({ index, kind, reason, jobId, signer, blockNumber }) => ({
        index,
        kind,
        reason: codeOfReason(reason) ?? null,
        jobId,
        signer,
        blockNumber: Number(blockNumber),
      })),
    })),
    failures: failures.map(({ guardian, error }) => ({ guardian, code: error.code, message: error.shortMessage })),
    receipts: checks.map(({ job, check }) => ({ jobId: job.jobId, ...check })),
  };
  process.stdout.write(jsonLine(line));
}

/** What stands in the place of the job's id. */
const subjects: Record<LogEntryKind, string> = {
  release: "job",
  refusal: "job",
  revocation: "grant",
  destruction: "KeyBox",
};

function printText(logs: readonly AccessLogOfDataset[], failures: readonly Failure[], checks: readonly Check[]): void {
  const lines = logs.flatMap(({ guardian, head, entries }) => [
    `guardian ${guardian}: ${entries.length} entries about this dataset, proved in a log of ${head.size}`,
    ...entries.map(
      ({ index, kind, reason, jobId, signer, blockNumber }) =>
        `  ${index}  block ${blockNumber}  ${kind}${reason === 0 ? "" : ` ${codeOfReason(reason) ?? reason}`}  ${subjects[kind]} ${jobId}  ${kind === "release" || kind === "refusal" ? "to" : "of"} ${signer}`,
    ),
  ]);
  for (const { guardian, error } of failures) lines.push(`guardian ${guardian}: ${error.code}: ${error.shortMessage}`);
  for (const { job, check } of checks) lines.push(`receipt of job ${job.jobId}: ${describeCheck(check)}`);
  process.stdout.write(`${printable(lines.join("\n"))}\n`);
}

function describeCheck(check: OmissionCheck): string {
  switch (check.status) {
    case "complete":
      return `its releases, by guardians ${check.guardians.join(", ")}, are logged`;
    case "omitted":
      return `a release is missing; guardians that show none: ${check.suspects.join(", ") || "none"}`;
    case "undecided":
      return "it counts releases of other owners' datasets, and its node has not published each input's hash";
  }
}

async function readHeads(file: string): Promise<Map<number, SignedLogHead>> {
  const there = await access(file).then(
    () => true,
    () => false,
  );
  if (!there) return new Map();
  try {
    const heads = headsFile.parse(JSON.parse(await readSmallFile(file, 256 * 1_024, "CONFIG_INVALID")));
    return new Map(
      Object.entries(heads).map(([guardian, head]) => [Number(guardian), decodeSignedLogHead(hexToBytes(head))]),
    );
  } catch (cause) {
    throw new PersonaError("CONFIG_INVALID", `${file} does not hold heads of access logs: move it away.`, { cause });
  }
}

/** All of the new or all of the old: without the old heads nobody can show that a log was rewritten. */
async function writeHeads(file: string, heads: ReadonlyMap<number, SignedLogHead>): Promise<void> {
  const plain = Object.fromEntries(
    [...heads].map(([guardian, head]) => [guardian, bytesToHex(encodeSignedLogHead(head))]),
  );
  const next = `${file}.${process.pid}`;
  await writeNewFile(next, `${JSON.stringify(plain, null, 2)}\n`);
  await rename(next, file);
}
