import {
  decodeArgs,
  encodeArgs,
  failureCodes,
  type ProgramArgs,
  type ProgramManifest,
  RESULT_SEAL_BYTES,
  sealedResultBytes,
} from "@persona-protocol/sdk/compute";
import { sha256Hex } from "@persona-protocol/sdk/crypto";
import { type ErrorCode, isPersonaError, PersonaError } from "@persona-protocol/sdk/errors";
import { enclaveBundle } from "../../enclave/bundle/enclaveBundle.ts";
import { detectIsolation } from "../../enclave/runtime/isolation.ts";
import { sandboxCodeOf } from "../../enclave/runtime/measuredBundle.ts";
import { applyOutputPolicy, type OutputPolicy } from "../../enclave/runtime/worker/outputPolicy.ts";
import { sandboxWork } from "../../enclave/runtime/worker/runUnderPolicy.ts";
import { createSandboxPool } from "../../enclave/runtime/worker/sandboxPool.ts";
import { jsonLine } from "../jsonLine.ts";
import { printable } from "../runCommand.ts";
import { tableOf } from "./programBuild.ts";
import { readProgram } from "./programFile.ts";
import { readSample } from "./sampleData.ts";

export type ProgramTestFlags = {
  readonly data: readonly string[];
  readonly args: string;
  readonly minOwners: string;
  readonly maxOutputBytes: string;
  readonly json: boolean;
};

/**
 * `persona program test PROGRAM --data SAMPLE`: the sandbox and the policy are those of an enclave. What the policy stops is shown
 * here, for it is the developer's own data, and the exit code is 2.
 */
export async function programTest(file: string, flags: ProgramTestFlags): Promise<void> {
  const { manifest, programId, code } = await readProgram(file);
  const args = parseArgs(manifest, flags.args);
  const policy = {
    minOwners: wholeNumber("--min-owners", flags.minOwners, 1),
    maxBytes: wholeNumber("--max-output-bytes", flags.maxOutputBytes, RESULT_SEAL_BYTES + 1) - RESULT_SEAL_BYTES,
  };
  const tables = await readSample(manifest, flags.data);
  const isolation = detectIsolation();
  const sandboxes = createSandboxPool(isolation, sandboxCodeOf(enclaveBundle().folder));
  try {
    await sandboxes.warm();
    const from = performance.now();
    const ran = await sandboxes
      .run(sandboxWork({ program: manifest, code, args, tables }, policy), manifest.limits.timeMs)
      .catch(failureOf);
    const ms = Math.round((performance.now() - from) * 10) / 10;
    const about = { programId, isolation, ms };
    if ("failure" in ran) return report({ ...about, ...ran }, flags.json);
    const memory = { memoryMb: Math.round(ran.peakKiB / 102.4) / 10, fuelUsed: ran.fuelUsed };
    if (ran.verdict !== "DONE") return report({ ...about, ...memory, ...failed(ran.verdict) }, flags.json);
    report({ ...about, ...memory, ...judged(manifest, policy, ran) }, flags.json);
  } finally {
    sandboxes.close();
  }
}

type Failure = { readonly failure: string; readonly failureCode: number | undefined; readonly why?: string };

const failed = (code: ErrorCode, why?: string): Failure => ({
  failure: code === "PROGRAM_INVALID" ? "PROGRAM_FAILED" : code,
  failureCode: (failureCodes as Partial<Record<string, number>>)[code === "PROGRAM_INVALID" ? "PROGRAM_FAILED" : code],
  ...(why === undefined ? {} : { why }),
});

function failureOf(error: unknown): Failure {
  if (!isPersonaError(error)) throw error;
  return failed(error.code, error.shortMessage);
}

/** The policy's word, and the result whatever it says. */
function judged(
  manifest: ProgramManifest,
  policy: OutputPolicy,
  answer: Parameters<typeof applyOutputPolicy>[2],
): Failure | object {
  try {
    const { value, plaintext } = applyOutputPolicy(manifest, policy, answer);
    const outputBytes = sealedResultBytes(plaintext.length, policy.maxBytes + RESULT_SEAL_BYTES);
    return { policy: "allowed", outputBytes, resultDigest: sha256Hex(plaintext), result: value };
  } catch (error) {
    if (!isPersonaError(error)) throw error;
    return { policy: "stopped", ...failed(error.code, error.shortMessage), groups: answer.groups };
  }
}

function report(said: Readonly<Record<string, unknown>>, json: boolean): void {
  const ok = !("failure" in said);
  // Integers beyond 2^53 as text: JSON has no such number for every reader.
  const text = (value: unknown) => jsonLine(value).trimEnd();
  if (json) process.stdout.write(jsonLine({ ok, ...said }));
  else {
    const shown = Object.entries(said).map(([name, value]) => [name, typeof value === "object" ? text(value) : value]);
    process.stdout.write(`${printable(tableOf(Object.fromEntries(shown)))}\n`);
  }
  if (!ok) process.exitCode = 2;
}

function parseArgs(manifest: ProgramManifest, text: string): ProgramArgs {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new PersonaError("USAGE", "--args takes JSON.", { cause });
  }
  return decodeArgs(manifest, encodeArgs(manifest, value as ProgramArgs));
}

function wholeNumber(flag: string, text: string, least: number): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < least)
    throw new PersonaError("USAGE", `${flag} takes a whole number from ${least}.`, { data: { given: text } });
  return value;
}
