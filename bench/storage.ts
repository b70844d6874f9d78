/**
 * A large segment into the local store and back, encrypted and padded, as owners store it. References in the same run and process:
 * sha256 of the same bytes, and ipfs-unixfs-importer putting them, plain, into blockstore-fs. Both that write begin with the
 * same disk and memory (storage/sameStart.ts). Nothing is removed before the end: ext4 looks again, for each file that it makes, at
 * every inode that was freed nearby within five minutes. Medians of all rounds; docs/envelope.md says what was found.
 */
import { spawnSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { rmSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type BlobStore,
  decryptEnvelope,
  type EnvelopeIds,
  encryptEnvelope,
  readSegmentRange,
  unixfsParameters,
} from "@persona-protocol/sdk/storage";
import { FsBlockstore } from "blockstore-fs";
import { importByteStream } from "ipfs-unixfs-importer";
import { fixedSize } from "ipfs-unixfs-importer/chunker";
import { balanced } from "ipfs-unixfs-importer/layout";
import { createLocalIpfs } from "../node/src/storage/index.ts";
import type { BenchContext } from "./bench.ts";
import { sameStart } from "./storage/sameStart.ts";

const MIB = 2 ** 20;
const RANGE_BYTES = 4_096;
const RANGES = 25;
/** More than any writer has in work, so that a block is written before its memory comes again. */
const RING_BLOCKS = 12;

export const options = {
  size: { type: "string", default: "1GiB" },
  rounds: { type: "string", default: "3" },
  /** Where the stores are made, and removed again: it needs room for two of the size a round, and two more. */
  dir: { type: "string", default: tmpdir() },
} as const;

type Round = { sha256MBps: number; importOnlyMBps: number; putMBps: number; getMBps: number; range4KiBMs: number };

export async function run({ log, values }: BenchContext): Promise<object> {
  const bytes = parseSize(String(values["size"]));
  const rounds = Number(values["rounds"]);
  if (!Number.isSafeInteger(rounds) || rounds < 1) throw new RangeError("--rounds must be a whole number from 1 on");
  const folder = await mkdtemp(join(String(values["dir"]), "persona-bench-"));
  // ext4 puts what is made below it into other parts of the disk than what lies beside it. Other file systems know no such flag.
  spawnSync("chattr", ["+T", folder]);
  const onSignal = (signal: NodeJS.Signals) => {
    rmSync(folder, { recursive: true, force: true });
    process.exit(signal === "SIGINT" ? 130 : 143);
  };
  process.on("SIGINT", onSignal).on("SIGTERM", onSignal);
  try {
    const source = createSource(bytes);
    const measured: Round[] = [];
    for (let round = 1; round <= rounds; round++) {
      const result = await measure(source, bytes, join(folder, `${round}`), log, round % 2 === 1);
      log(`round ${round} of ${rounds}: ${JSON.stringify(result)}`);
      measured.push(result);
    }
    // Before the last pass, which only tells what waiting for the disk costs.
    const peakRssMB = round1((process.resourceUsage().maxRSS * 1_024) / 1e6);
    const durable = await createLocalIpfs({ path: join(folder, "durable") });
    sameStart(folder, bytes);
    const { ms } = await timed(() => put(durable, source, bytes));
    log(`put, each block synced to the disk: ${rate(bytes, ms)} MB/s`);
    const median = (name: keyof Round) => middle(measured.map((round) => round[name]));
    return {
      storage: {
        putMBps: median("putMBps"),
        getMBps: median("getMBps"),
        sha256MBps: median("sha256MBps"),
        importOnlyMBps: median("importOnlyMBps"),
        peakRssMB,
        range4KiBMs: median("range4KiBMs"),
      },
    };
  } finally {
    process.off("SIGINT", onSignal).off("SIGTERM", onSignal);
    await rm(folder, { recursive: true, force: true });
  }
}

type Source = () => Iterable<Uint8Array>;

/** The same bytes each time, in pieces of a mebibyte, no two alike: a store would keep equal blocks once. */
function createSource(bytes: number): Source {
  const ring = randomBytes(RING_BLOCKS * MIB);
  return function* () {
    for (let at = 0; at < bytes; at += MIB) {
      const start = at % ring.length;
      ring.writeUInt32BE(at / MIB, start);
      yield ring.subarray(start, start + Math.min(MIB, bytes - at));
    }
  };
}

const ids: EnvelopeIds = { datasetId: `0x${"d1".repeat(32)}`, segment: 0, keyEpoch: 1 };
const dek = randomBytes(32);

async function measure(
  source: Source,
  bytes: number,
  folder: string,
  log: (line: string) => void,
  importFirst: boolean,
): Promise<Round> {
  await mkdir(folder);
  const sha256 = await timed(() => {
    const hash = createHash("sha256");
    for (const piece of source()) hash.update(piece);
    hash.digest();
  });
  const path = join(folder, "own");
  // As the importer's store: whole after a crash of the process, not of the machine.
  const store = await createLocalIpfs({ path, durable: false });
  const writing = async <value>(work: () => Promise<value>): Promise<Timed<value>> => {
    sameStart(folder, bytes);
    return timed(work);
  };
  const importPlain = () => writing(() => importOnly(source, join(folder, "plain")));
  const putSealed = () => writing(() => put(store, source, bytes));
  // They take turns in being first all the same.
  const first = importFirst ? await importPlain() : undefined;
  const written = await putSealed();
  const imported = first ?? (await importPlain());
  const read = await timed(() => get(store, written.value));
  if (read.value !== bytes) throw new Error(`${read.value} bytes came back of ${bytes}`);
  const range4KiBMs = await readRanges(path, written.value, bytes);
  const cpu = Object.entries({ sha256, importOnly: imported, put: written, get: read });
  log(`processor seconds: ${cpu.map(([name, { user, system }]) => `${name} ${user} + ${system}`).join(", ")}`);
  return {
    sha256MBps: rate(bytes, sha256.ms),
    importOnlyMBps: rate(bytes, imported.ms),
    putMBps: rate(bytes, written.ms),
    getMBps: rate(bytes, read.ms),
    range4KiBMs,
  };
}

async function importOnly(source: Source, path: string): Promise<void> {
  const blocks = new FsBlockstore(path);
  await blocks.open();
  await importByteStream(source(), blocks, {
    cidVersion: 1,
    rawLeaves: true,
    chunker: fixedSize({ chunkSize: unixfsParameters.leafBytes }),
    layout: balanced({ maxChildrenPerNode: unixfsParameters.maxLinks }),
  });
  await blocks.close();
}

async function put(store: BlobStore, source: Source, plaintextLength: number): Promise<string> {
  const envelope = encryptEnvelope(source(), {
    ...{ ...ids, dek, version: 1, plaintextLength },
    padding: "padme",
    transient: true,
  });
  return (await store.put(envelope)).cid;
}

async function get(store: BlobStore, cid: string): Promise<number> {
  let bytes = 0;
  const envelope = store.get(cid, { transient: true });
  for await (const piece of decryptEnvelope(envelope, { ...ids, dek, transient: true })) bytes += piece.length;
  return bytes;
}

/** Each with a store of its own: nothing is remembered from the range before. */
async function readRanges(path: string, cid: string, bytes: number): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < RANGES; i++) {
    const store = await createLocalIpfs({ path });
    // Spread over the object, across a chunk's end now and then.
    const offset = Math.max(0, Math.floor(((bytes - RANGE_BYTES) * i) / RANGES) - (i % 5 === 0 ? RANGE_BYTES / 2 : 0));
    const { ms } = await timed(() => readSegmentRange(store, cid, { ...ids, dek, offset, length: RANGE_BYTES }));
    times.push(ms);
  }
  return middle(times);
}

function parseSize(text: string): number {
  const [, count, unit] = /^(\d+)(KiB|MiB|GiB)$/.exec(text) ?? [];
  const bytes = Number(count) * (unit === "GiB" ? 1_024 * MIB : unit === "MiB" ? MIB : 1_024);
  if (Number.isSafeInteger(bytes) && bytes >= RANGE_BYTES) return bytes;
  throw new RangeError(`--size must be a number with KiB, MiB or GiB, from 4KiB on, not ${JSON.stringify(text)}`);
}

type Timed<value> = { readonly value: value; readonly ms: number; readonly user: number; readonly system: number };

async function timed<value>(work: () => Promise<value> | value): Promise<Timed<value>> {
  const from = performance.now();
  const cpu = process.cpuUsage();
  const value = await work();
  const { user, system } = process.cpuUsage(cpu);
  return { value, ms: performance.now() - from, user: round1(user / 1e6), system: round1(system / 1e6) };
}

const round1 = (value: number) => Math.round(value * 10) / 10;
const rate = (bytes: number, ms: number) => round1(bytes / 1e3 / ms);

function middle(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return round1(sorted[Math.floor(sorted.length / 2)] ?? 0);
}
