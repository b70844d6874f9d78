/**
 * The whole road on one machine: import, publish, and jobs from submission to verified result, over 20,000 posts. References
 * in the same run: parsing the same JSON, sha256 of the same bytes, and the same statement on the plain Parquet file.
 */
import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { publishDataset } from "@persona-protocol/sdk/access";
import { PersonaError } from "@persona-protocol/sdk/errors";
import { readArchive } from "@persona-protocol/sdk/ingest";
import { generateOwnerRootKey, ownerKemKeyPair } from "@persona-protocol/sdk/storage";
import { startNetwork } from "../node/src/dev/startNetwork.ts";
import { runSql } from "../node/src/enclave/runtime/sandbox/runSql.ts";
import { startSqlEngine } from "../node/src/enclave/runtime/sandbox/sqlEngine.ts";
import { openZipArchive } from "../node/src/ingest/index.ts";
import { engagementProgram, threshold } from "../scripts/demo/engagementProgram.ts";
import { readPlainArchive } from "../scripts/demo/plainArchive.ts";
import { writeSampleArchive } from "../scripts/demo/sampleArchive.ts";
import { grantPosts, runJob } from "../scripts/demo/story.ts";

const jobs = 20;

export async function run({ log }: { readonly log: (line: string) => void }): Promise<object> {
  const runDir = await mkdtemp(join(tmpdir(), "persona-bench-"));
  const abort = new AbortController();
  try {
    const path = join(runDir, "archive.zip");
    await writeSampleArchive(path);
    const plain = await timed(() => readPlainArchive(path));
    const imported = await timed(() => importArchive(path));
    log("starting the network");
    const network = await timed(() =>
      startNetwork({ runDir, chain: "hardhat", port: 0, guardians: 3, workers: 2, signal: abort.signal }),
    );
    try {
      const { deployment, store, guardians } = network.value;
      const [owner, dapp] = [await network.value.fundedClient(), await network.value.fundedClient()];
      const { publicKey } = await ownerKemKeyPair(generateOwnerRootKey());
      const segments = imported.value;
      const bytes = segments.reduce((sum, segment) => sum + segment.bytes.length, 0);
      const published = await timed(() =>
        publishDataset(
          { client: owner, deployment, store },
          { segments, guardians: guardians.map(({ nodeId }) => nodeId), threshold: 2, ownerPublicKey: publicKey },
        ),
      );
      const sha256 = await timed(async () =>
        segments.map((segment) => createHash("sha256").update(segment.bytes).digest()),
      );
      const context = { network: network.value, owner, dapp, dataset: published.value.dataset, signal: abort.signal };
      const grant = await grantPosts(context, { uses: jobs + 1 });
      await runJob(context, grant); // The first one opens connections and warms the sandbox.
      const times: number[] = [];
      for (let i = 0; i < jobs; i++) {
        times.push((await timed(() => runJob(context, grant))).ms);
        log(`job ${i + 1} of ${jobs}: ${times.at(-1)?.toFixed(0)} ms`);
      }
      const query = await queryPlain(runDir, segments.find(({ name }) => name === "posts")?.bytes);
      return {
        road: {
          records: segments.reduce((sum, { records }) => sum + records, 0),
          parquetBytes: bytes,
          ingestMs: round(imported.ms),
          jsonParseMs: round(plain.ms),
          bootMs: round(network.ms),
          publishMs: round(published.ms),
          sha256Ms: round(sha256.ms),
          jobToReceiptP50Ms: round(percentile(times, 0.5)),
          jobToReceiptP99Ms: round(percentile(times, 0.99)),
          plainQueryMs: round(query),
        },
      };
    } finally {
      await network.value.close();
    }
  } finally {
    await rm(runDir, { recursive: true, force: true });
  }
}

async function importArchive(path: string) {
  const archive = await openZipArchive(path);
  try {
    return (await readArchive(archive)).segments;
  } finally {
    await archive.close();
  }
}

/** The same statement where nothing is encrypted, attested or paid: what the rest of the road costs on top. */
async function queryPlain(runDir: string, parquet: Uint8Array | undefined): Promise<number> {
  if (parquet === undefined) throw new PersonaError("INTERNAL", "The archive has no posts.");
  const path = join(runDir, "posts.parquet");
  await writeFile(path, parquet);
  const { statement, result, limits } = engagementProgram;
  const job = {
    statement,
    args: { threshold },
    tables: [{ table: "posts", owner: "", path }],
    maxRows: result.maxRows,
    countGroups: false,
  };
  await runSql(await startSqlEngine(), { ...job, memoryMb: limits.memoryMb });
  const engine = await startSqlEngine();
  const { ms } = await timed(() => runSql(engine, { ...job, memoryMb: limits.memoryMb }));
  return ms;
}

async function timed<value>(work: () => Promise<value>): Promise<{ value: value; ms: number }> {
  const from = performance.now();
  const value = await work();
  return { value, ms: performance.now() - from };
}

const round = (ms: number) => Math.round(ms * 10) / 10;

function percentile(times: readonly number[], share: number): number {
  const sorted = times.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}
