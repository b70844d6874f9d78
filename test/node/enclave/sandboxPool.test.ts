import { existsSync, readdirSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { DuckDBInstance } from "@duckdb/node-api";
import type { InlineProgram, ProgramArgs, ResultRow } from "@persona-protocol/sdk/compute";
import { type ErrorCode, isPersonaError } from "@persona-protocol/sdk/errors";
import { expect } from "chai";
import { allGone, commandOf, descendantsOf, LOOK_MS, openFilesOf } from "../../../node/src/dev/processTree.ts";
import { enclaveBundle } from "../../../node/src/enclave/bundle/enclaveBundle.ts";
import { detectIsolation } from "../../../node/src/enclave/runtime/isolation.ts";
import { sandboxCodeOf } from "../../../node/src/enclave/runtime/measuredBundle.ts";
import { type ProgramTable, runUnderPolicy } from "../../../node/src/enclave/runtime/worker/runUnderPolicy.ts";
import { createSandboxPool, type SandboxPool } from "../../../node/src/enclave/runtime/worker/sandboxPool.ts";
import { expectError } from "../../helpers/errors.ts";
import { createProgram } from "../../helpers/programs.ts";

const canary = "canary of a post 5e1f";
/** Far off where time is not what is tested, so that a busy machine changes nothing. */
const limits = { timeMs: 30_000, memoryMb: 128 };
const short = { timeMs: 1_500, memoryMb: 128 };
const slackMs = 5_000;
/** Ends too, but not before the test has found the sandbox at work, on a busy machine either. */
const seen = { timeMs: 4_000, memoryMb: 128 };
const shmFiles = () => readdirSync("/dev/shm").filter((name) => name.startsWith("persona-"));
const sandboxes = () =>
  descendantsOf(process.pid).filter((pid) => commandOf(pid).some((part) => part.endsWith("sandbox.cjs")));

/** In its own file system, or where it has none a file without a name. */
const holdsPlaintext = (pid: number) =>
  openFilesOf(pid).some((path) => /^\/data\/[0-9a-f-]+\.parquet$|^\/dev\/shm\/persona-.* \(deleted\)$/.test(path));

describe("createSandboxPool", function () {
  this.timeout(120_000);
  let folder: string;
  let parquet: Uint8Array;
  let pool: SandboxPool;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "persona-sandbox-"));
    const file = join(folder, "posts.parquet");
    const instance = await DuckDBInstance.create(":memory:");
    const connection = await instance.connect();
    await connection.run(`COPY (SELECT '${canary}' AS content, n FROM range(100) r(n)) TO '${file}' (FORMAT parquet)`);
    connection.closeSync();
    instance.closeSync();
    parquet = new Uint8Array(await readFile(file));
    await writeFile(join(folder, "host.txt"), "a file of the host");
    pool = createSandboxPool(detectIsolation(), sandboxCodeOf(enclaveBundle().folder));
  });
  after(async () => {
    const pids = sandboxes();
    pool?.close();
    await allGone(pids);
    await rm(folder, { recursive: true });
    expect(shmFiles()).to.deep.equal([]);
  });

  function run(
    statement: string,
    choice: Partial<InlineProgram> = {},
    args: ProgramArgs = {},
  ): Promise<readonly ResultRow[]> {
    const program = createProgram({ statement, limits, ...choice });
    return runIn(pool, program, [{ table: "posts", owner: "aa01", parquet: parquet.slice() }], args);
  }
  async function runIn(
    own: SandboxPool,
    program: InlineProgram,
    tables: readonly ProgramTable[],
    args: ProgramArgs = {},
  ): Promise<readonly ResultRow[]> {
    const policy = { minOwners: 1, maxBytes: 64 * 1024 };
    return (await runUnderPolicy(own, { program, code: undefined, args, tables }, policy)).value as ResultRow[];
  }
  async function codeOf(statement: string, choice: Partial<InlineProgram> = {}): Promise<ErrorCode> {
    try {
      const rows = await run(statement, choice);
      throw new Error(`${statement} gave ${JSON.stringify(rows, (_, value) => String(value)).slice(0, 200)}`);
    } catch (error) {
      if (!isPersonaError(error)) throw error;
      const everything = JSON.stringify([error.message, error.data, String(error.cause ?? "")]);
      expect(everything, statement).not.to.contain("canary");
      return error.code;
    }
  }
  /** Each statement ends with one of these codes. Four at a time: each is a process of its own. */
  async function each(
    codes: readonly ErrorCode[],
    statements: readonly string[],
    choice: Partial<InlineProgram> = {},
  ): Promise<void> {
    const queue = [...statements];
    const worker = async () => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        expect(await codeOf(next, choice), next).to.be.oneOf([...codes]);
      }
    };
    await Promise.all([worker(), worker(), worker(), worker()]);
  }

  it("default: a SELECT over the owner's rows, with arguments", async () => {
    const statement = "SELECT owner, count(*)::BIGINT AS n FROM posts WHERE n >= $least GROUP BY owner";
    const columns = [
      { name: "owner", type: "varchar", nullable: false },
      { name: "n", type: "bigint", nullable: false },
    ] as const;
    const args = [{ name: "least", type: "bigint" }] as const;
    const rows = await run(
      statement,
      { result: { columns: [...columns], maxRows: 1 }, args: [...args] },
      { least: 90 },
    );
    expect(rows.map((row) => ({ ...row, n: Number(row["n"]) }))).to.deep.equal([{ owner: "aa01", n: 10 }]);
    const both = createProgram({ statement: "SELECT DISTINCT owner FROM posts ORDER BY owner" });
    const two = await runIn(pool, { ...both, result: { columns: [columns[0]], maxRows: 2 } }, [
      { table: "posts", owner: "aa01", parquet: parquet.slice() },
      { table: "posts", owner: "bb'--02", parquet: parquet.slice() },
    ]);
    expect(two.map(({ owner }) => owner)).to.deep.equal(["aa01", "bb'--02"]);
  });

  it("error: files of the host, by every door DuckDB has", async () => {
    const file = join(folder, "host.txt");
    await each(
      ["PROGRAM_FAILED", "PROGRAM_INVALID"],
      [
        "SELECT content FROM read_text('/etc/passwd')",
        "SELECT content FROM read_blob('/proc/self/environ')",
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM read_csv('/etc/passwd')",
        `SELECT content FROM read_text('${file}')`,
        "SELECT * FROM glob('/*')",
        `SELECT * FROM glob('${folder}/*')`,
        "SELECT content FROM read_text('/dev/shm/persona-1-0')",
        "SELECT content FROM read_text('/proc/self/fd/0')",
        "SELECT * FROM read_text('/proc/self/fd/../environ')",
        "SELECT * FROM read_text('https://example.org/')",
        "SELECT * FROM read_parquet('s3://bucket/x')",
        "SELECT * FROM sniff_csv('/etc/passwd')",
        "SELECT getenv('PATH')",
        "SELECT * FROM query('COPY posts TO ''/tmp/x''')",
      ],
    );
  });

  it("error: whatever is not one SELECT", async () => {
    const out = join(folder, "out");
    await each(
      ["PROGRAM_INVALID", "PROGRAM_FAILED"],
      [
        `COPY posts TO '${out}'`,
        `COPY (SELECT 1) TO '${out}.parquet'`,
        `EXPORT DATABASE '${out}'`,
        `ATTACH '${out}.db'`,
        "INSTALL httpfs",
        "LOAD httpfs",
        "PRAGMA enable_profiling",
        "PRAGMA threads = 8",
        "SET enable_external_access = true",
        "SET memory_limit = '100GB'",
        "RESET ALL",
        "CREATE TABLE t AS SELECT 1",
        "DELETE FROM posts",
        "CALL pragma_version()",
        "EXPLAIN ANALYZE SELECT 1",
        "SELECT 1; SELECT 2",
        `SELECT 1; COPY posts TO '${out}'`,
        "",
        ";",
        "SELECT",
        "SELECT 1 /*",
        "VACUUM",
        "CHECKPOINT",
      ],
    );
    expect(existsSync(out) || existsSync(`${out}.parquet`) || existsSync(`${out}.db`)).to.equal(false);
  });

  it("error: OUTPUT_POLICY_VIOLATED: more rows than declared, and columns that are no scalars", async () => {
    await each(
      ["OUTPUT_POLICY_VIOLATED"],
      ["SELECT n FROM posts", "SELECT 1 FROM range(1000000000)", "SELECT content FROM posts LIMIT 2"],
      { result: { columns: [{ name: "n", type: "bigint", nullable: true }], maxRows: 1 } },
    );
    await each(
      ["OUTPUT_POLICY_VIOLATED"],
      [
        "SELECT [content] AS x FROM posts LIMIT 1",
        "SELECT {a: content} AS x FROM posts LIMIT 1",
        "SELECT map([content], [1]) AS x FROM posts LIMIT 1",
        "SELECT 'x'::BLOB AS x",
        "SELECT DATE '2020-01-01' AS x",
        "SELECT INTERVAL 1 DAY AS x",
      ],
    );
  });

  it("error: PROGRAM_FAILED: an error that quotes data says nothing of it", async () => {
    await each(
      ["PROGRAM_FAILED", "PROGRAM_INVALID"],
      [
        "SELECT content::INTEGER FROM posts",
        "SELECT error(content) FROM posts",
        "SELECT strptime(content, '%Y') FROM posts",
        "SELECT content::JSON FROM posts",
        "SELECT * FROM no_such_table",
        "SELECT regexp_matches(content, content || '(') FROM posts",
        "SELECT enum_code(content::ENUM('a')) FROM posts",
      ],
    );
  });

  it("error: TIME_LIMIT_EXCEEDED or LIMIT_EXCEEDED: endless recursion and huge memory, within the limit and little more", async () => {
    const statements = [
      "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT 1 FROM t) SELECT count(*) AS n FROM t",
      "SELECT count(*) AS n FROM range(100000000) a, range(100000000) b WHERE a.range + b.range = 3",
      "SELECT count(DISTINCT hash(a.range * 31 + 7)) AS n FROM range(400000000) a",
      "SELECT length(string_agg(repeat('x', 1000000), '')) AS n FROM range(2000)",
      "SELECT max(len(l)) AS n FROM (SELECT list(range) AS l FROM range(100000000))",
    ];
    for (const statement of statements) {
      const from = performance.now();
      expect(await codeOf(statement, { limits: short }), statement).to.be.oneOf([
        "TIME_LIMIT_EXCEEDED",
        "LIMIT_EXCEEDED",
      ]);
      expect(performance.now() - from, statement).to.be.lessThan(short.timeMs + slackMs);
    }
  });

  it("behavior: plaintext lies in a file that nobody else can name, and process and file are gone after the run", async () => {
    const endless = "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT 1 FROM t) SELECT count(*) AS n FROM t";
    let done = false;
    const running = run(endless, { limits: seen })
      .catch((error: unknown) => error)
      .finally(() => {
        done = true;
      });
    let unnamed: number[] = [];
    while (!done && unnamed.length === 0) {
      unnamed = sandboxes().filter(holdsPlaintext);
      await sleep(LOOK_MS);
    }
    expect(unnamed.length, "a sandbox that holds a file").to.be.greaterThan(0);
    expect(shmFiles()).to.deep.equal([]);
    const failed = await running;
    expect(isPersonaError(failed, "TIME_LIMIT_EXCEEDED"), String(failed)).to.equal(true);
    await allGone(unnamed);
    expect(shmFiles()).to.deep.equal([]);
  });

  it("error: a host that stops or kills the program proves nothing against it", async () => {
    const endless = "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT 1 FROM t) SELECT count(*) AS n FROM t";
    for (const [signal, code] of [
      ["SIGKILL", "ENCLAVE_FAILED"],
      ["SIGSTOP", "TIME_LIMIT_EXCEEDED"],
    ] as const) {
      const running = codeOf(endless, { limits: signal === "SIGSTOP" ? seen : limits });
      let pids: number[] = [];
      while (pids.length === 0) {
        pids = sandboxes().filter(holdsPlaintext);
        await sleep(LOOK_MS);
      }
      for (const pid of pids) process.kill(pid, signal);
      expect(await running).to.equal(code);
      await allGone(pids);
    }
  });

  it("behavior: closing the pool ends a program that would run for ever", async () => {
    const own = createSandboxPool(detectIsolation(), sandboxCodeOf(enclaveBundle().folder));
    const before = new Set(sandboxes());
    const program = createProgram({
      statement: "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT 1 FROM t) SELECT count(*) AS n FROM t",
      limits: { timeMs: 60_000, memoryMb: 256 },
    });
    const running = runIn(own, program, [{ table: "posts", owner: "aa01", parquet: parquet.slice() }]).catch(
      (error: unknown) => error,
    );
    let started: number[] = [];
    while (started.length === 0) {
      started = sandboxes().filter(holdsPlaintext);
      await sleep(LOOK_MS);
    }
    own.close();
    expect(isPersonaError(await running, "ENCLAVE_FAILED")).to.equal(true);
    await allGone(started);
    await allGone(sandboxes().filter((pid) => !before.has(pid)));
  });

  it("behavior: a stale or planted file of a likely name keeps no job from running", async () => {
    const planted = ["1-0", "2-0", "3-0", `${process.pid}-0`].map((name) => `/dev/shm/persona-${name}`);
    try {
      for (const path of planted) await writeFile(path, "planted");
      const [row] = await run("SELECT count(*)::BIGINT AS n FROM posts");
      expect(Number(row?.["n"])).to.equal(100);
    } finally {
      for (const path of planted) await rm(path, { force: true });
    }
  });

  it("behavior: each job has a process of its own: nothing of one is seen by the next", async () => {
    await run("SELECT count(*)::BIGINT AS n FROM posts");
    const program = createProgram({ statement: "SELECT count(*)::BIGINT AS n FROM posts", limits });
    await expectError("PROGRAM_INVALID", () => runIn(pool, program, []));
  });
});
