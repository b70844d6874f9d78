/**
 * Whole imports: from a file to encrypted Parquet segments in the local store, each in a process of its own, with the memory of its
 * process tree. References in the same run, one thread each: JSON.parse of the same posts, and inflate of them.
 */
import { spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { deflateRawSync, inflateRawSync } from "node:zlib";
import type { BenchContext } from "./bench.ts";
import { treePss } from "./ingest/treePss.ts";
import { type WrittenExport, writeHealth, writeMbox, writeXArchive } from "./ingest/writeExports.ts";

export const options = {
  /** A fraction of the whole sizes, for a quick look: 0.1. */
  scale: { type: "string", default: "1" },
  only: { type: "string" },
  dir: { type: "string", default: tmpdir() },
} as const;

const cases = [
  { name: "xArchive", file: "x-archive.zip", bytes: 1.2e9, write: writeXArchive, segment: "posts" },
  { name: "mbox", file: "mail.mbox", bytes: 2e9, write: writeMbox, segment: "headers" },
  { name: "health", file: "export.xml", bytes: 1e9, write: writeHealth, segment: "samples" },
] as const;

type Outcome = { readonly MBps: number; readonly recordsPerSecond: number; readonly peakMB: number };

export async function run({ log, values }: BenchContext): Promise<object> {
  const scale = Number(values["scale"]);
  if (!(scale > 0 && scale <= 10)) throw new RangeError("--scale must be a number above 0, at most 10");
  const folder = await mkdtemp(join(String(values["dir"]), "persona-bench-"));
  const onSignal = (signal: NodeJS.Signals) => {
    rmSync(folder, { recursive: true, force: true });
    process.exit(signal === "SIGINT" ? 130 : 143);
  };
  process.on("SIGINT", onSignal).on("SIGTERM", onSignal);
  try {
    const outcomes = new Map<string, Outcome>();
    for (const { name, file, bytes, write, segment } of cases) {
      if (values["only"] !== undefined && values["only"] !== name) continue;
      log(`${name}: writing ${Math.round((bytes * scale) / 1e6)} MB`);
      const written = await write(join(folder, file), bytes * scale);
      outcomes.set(name, await measure(written, { name, segment, store: join(folder, `store-${name}`), log }));
      await rm(written.path);
      await rm(join(folder, `store-${name}`), { recursive: true });
    }
    const of = (name: string) => outcomes.get(name);
    return {
      ingest: {
        xArchiveMBps: of("xArchive")?.MBps ?? null,
        postsPerSecond: of("xArchive")?.recordsPerSecond ?? null,
        mboxMBps: of("mbox")?.MBps ?? null,
        healthMBps: of("health")?.MBps ?? null,
        peakRssMB: Math.max(...[...outcomes.values()].map(({ peakMB }) => peakMB)),
        references: references(),
      },
    };
  } finally {
    process.off("SIGINT", onSignal).off("SIGTERM", onSignal);
    await rm(folder, { recursive: true, force: true });
  }
}

async function measure(
  { path, bytes, records }: WrittenExport,
  { name, segment, store, log }: { name: string; segment: string; store: string; log: (line: string) => void },
): Promise<Outcome> {
  const child = spawn(
    process.execPath,
    [fileURLToPath(new URL("./ingest/importProcess.ts", import.meta.url)), path, store],
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  let peak = 0;
  const timer = setInterval(() => {
    peak = Math.max(peak, treePss(child.pid ?? 0));
  }, 100);
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  clearInterval(timer);
  if (code !== 0) throw new Error(`the import of ${name} ended with code ${code}`);
  const result = JSON.parse(said) as {
    segments: { name: string; records: number }[];
    ms: number;
    readMs: number;
    cpuMs: number;
    storedBytes: number;
  };
  const got = result.segments.find((each) => each.name === segment)?.records ?? 0;
  if (got === 0 || (records !== undefined && got !== records))
    throw new Error(`${got} ${segment} came out of ${records}`);
  const outcome = {
    MBps: round1(bytes / 1e3 / result.ms),
    recordsPerSecond: Math.round((got * 1_000) / result.ms),
    peakMB: round1(peak / 1e6),
  };
  const parts = { MB: Math.round(bytes / 1e6), s: round1(result.ms / 1_000), readS: round1(result.readMs / 1_000) };
  log(`${name}: ${JSON.stringify({ ...outcome, ...parts, cpuS: round1(result.cpuMs / 1_000) })}`);
  return outcome;
}

/** What one thread of this machine does, now. */
function references(): object {
  const post = JSON.stringify({
    tweet: { full_text: "tide berth rope ".repeat(40), id_str: "1400000000000000000", entities: { urls: [] } },
  });
  const text = `[${Array.from({ length: 20_000 }, () => post).join(",")}]`;
  const packed = deflateRawSync(text);
  const rate = (work: () => void): number => {
    const from = performance.now();
    work();
    return round1(text.length / 1e3 / (performance.now() - from));
  };
  return { jsonParseMBps: rate(() => JSON.parse(text)), inflateMBps: rate(() => inflateRawSync(packed)) };
}

const round1 = (value: number) => Math.round(value * 10) / 10;
