/**
 * What a program costs: a million rows through envelope, sandbox and DuckDB; what a sandbox adds to a job, warm and cold; how fast modules
 * and scripts read records; one storage proof. References in the same run: sha256 of the same bytes, a plain Node process, the
 * same query without a sandbox.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import type { InlineProgram, ProgramManifest } from "@persona-protocol/sdk/compute";
import { decryptEnvelopeBytes, encryptEnvelopeBytes } from "@persona-protocol/sdk/storage";
import { readProgram } from "../node/src/cli/program/programFile.ts";
import { enclaveBundle } from "../node/src/enclave/bundle/enclaveBundle.ts";
import { detectIsolation } from "../node/src/enclave/runtime/isolation.ts";
import { sandboxCodeOf } from "../node/src/enclave/runtime/measuredBundle.ts";
import { runSql } from "../node/src/enclave/runtime/sandbox/runSql.ts";
import { startSqlEngine } from "../node/src/enclave/runtime/sandbox/sqlEngine.ts";
import { type ProgramTable, runUnderPolicy } from "../node/src/enclave/runtime/worker/runUnderPolicy.ts";
import { createSandboxPool } from "../node/src/enclave/runtime/worker/sandboxPool.ts";
import { filterPosts, postsParquet } from "./posts.ts";
import { proofVerifyMs } from "./programs/proof.ts";

const rounds = 7;

const smallest: InlineProgram = {
  ...filterPosts,
  statement: "SELECT 1::BIGINT AS n, 2::BIGINT AS likes FROM posts LIMIT 1",
};
const policy = { minOwners: 1, maxBytes: 64 * 1024 };

export async function run({ log }: { readonly log: (line: string) => void }): Promise<object> {
  const isolation = detectIsolation();
  const code = sandboxCodeOf(enclaveBundle().folder);
  const folder = await mkdtemp(join(tmpdir(), "persona-bench-"));
  const pool = createSandboxPool(isolation, code);
  /** Another engine that is being loaded meanwhile would be measured, too. */
  const quiet = async () => {
    await pool.warm();
    await new Promise((resolve) => setTimeout(resolve, 400));
  };
  const job = async (work: Parameters<typeof runUnderPolicy>[1]) => {
    await quiet();
    return timed(() => runUnderPolicy(pool, work, policy));
  };
  try {
    log("a million rows");
    const million = await postsParquet(join(folder, "million.parquet"), 1_000_000);
    const ids = { datasetId: `0x${"11".repeat(32)}` as const, segment: 0, keyEpoch: 1, version: 1 };
    const dek = new Uint8Array(32).fill(7);
    const envelope = await encryptEnvelopeBytes(million, { ...ids, dek });
    const sql = await best(async () => {
      await quiet();
      return timed(async () => {
        const parquet = await decryptEnvelopeBytes(envelope, { ...ids, dek });
        return runUnderPolicy(
          pool,
          { program: filterPosts, code: undefined, args: {}, tables: [table(parquet)] },
          policy,
        );
      });
    });
    const plain = await best(async () => {
      const engine = await startSqlEngine();
      const tables = [{ table: "posts", owner: "aa", path: join(folder, "million.parquet") }];
      const { memoryMb } = filterPosts.limits;
      return timed(() =>
        runSql(engine, { ...filterPosts, memoryMb, args: {}, tables, maxRows: 1, countGroups: false }),
      );
    });
    const sha256 = await best(() => timed(async () => createHash("sha256").update(million).digest()));

    log("sandboxes");
    const small = await postsParquet(join(folder, "small.parquet"), 10);
    const tiny = { program: smallest, code: undefined, args: {}, tables: [table(small)] };
    const warm = await best(() => job(tiny));
    const inside = await best(async () => {
      await quiet();
      const engine = await startSqlEngine();
      const tables = [{ table: "posts", owner: "aa", path: join(folder, "small.parquet") }];
      return timed(() =>
        runSql(engine, { ...smallest, memoryMb: 512, args: {}, tables, maxRows: 1, countGroups: false }),
      );
    });
    const cold = await best(async () => {
      const own = createSandboxPool(isolation, code);
      try {
        return await timed(() => own.warm());
      } finally {
        own.close();
      }
    });
    const node = await best(() => timed(async () => spawnSync(process.execPath, ["-e", "0"])));

    log("modules and scripts");
    const records = 50_000;
    const posts = await postsParquet(join(folder, "posts.parquet"), records);
    const manyRecords = 4 * records;
    const many = await postsParquet(join(folder, "many.parquet"), manyRecords);
    const module = await readProgram("examples/programs/wordCount");
    const script = await readProgram("examples/programs/hashtags");
    const tables = [table(posts)];
    const wasm = await best(() =>
      job({ program: patient(module.manifest), code: module.code, args: {}, tables: [table(many)] }),
    );
    const args = { hashtags: ["#train", "#tea"] };
    const js = await best(() => job({ program: patient(script.manifest), code: script.code, args, tables }));
    // Owner, content and likes as the module gets them: tags, lengths, bytes.
    const rowBytes = await averageRowBytes(join(folder, "many.parquet"));
    return {
      programs: {
        sqlMillionRowsMs: round(sql),
        sandboxWarmMs: round(Math.max(0, warm - inside)),
        sandboxColdMs: round(cold),
        wasmMBps: round((manyRecords * rowBytes) / 1_000 / wasm),
        jsRecordsPerSecond: Math.round((records * 1_000) / js),
        proofVerifyMs: round(await proofVerifyMs()),
        isolation,
        references: {
          parquetBytes: million.length,
          sqlWithoutSandboxMs: round(plain),
          sha256Ms: round(sha256),
          warmJobMs: round(warm),
          smallQueryMs: round(inside),
          nodeStartMs: round(node),
        },
      },
    };
  } finally {
    pool.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** On a machine that does other things, too. */
const patient = (manifest: ProgramManifest): ProgramManifest => ({
  ...manifest,
  limits: { ...manifest.limits, timeMs: 300_000 },
});

const table = (parquet: Uint8Array): ProgramTable => ({ table: "posts", owner: "aa01", parquet });

async function averageRowBytes(path: string): Promise<number> {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  const reader = await connection.runAndReadAll(`SELECT avg(strlen(content)) AS n FROM '${path}'`);
  const [row] = reader.getRowObjectsJS();
  connection.closeSync();
  instance.closeSync();
  return 5 + 4 + 5 + Number(row?.["n"]) + 9;
}

type Timed = { readonly ms: number };

async function timed(work: () => Promise<unknown>): Promise<Timed> {
  const from = performance.now();
  await work();
  return { ms: performance.now() - from };
}

/** The middle of several: what a machine that does other things, too, does least to. */
async function best(work: () => Promise<Timed>): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < rounds; i++) times.push((await work()).ms);
  return times.sort((a, b) => a - b)[Math.floor(rounds / 2)] ?? 0;
}

const round = (value: number) => Math.round(value * 10) / 10;
