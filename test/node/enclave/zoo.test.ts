import { readdirSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type FailureName, failureCodes, type ProgramManifest } from "@persona-protocol/sdk/compute";
import { isPersonaError } from "@persona-protocol/sdk/errors";
import { expect } from "chai";
import { allGone, descendantsOf } from "../../../node/src/dev/processTree.ts";
import { enclaveBundle } from "../../../node/src/enclave/bundle/enclaveBundle.ts";
import { detectIsolation } from "../../../node/src/enclave/runtime/isolation.ts";
import { sandboxCodeOf } from "../../../node/src/enclave/runtime/measuredBundle.ts";
import { failureCodeOf } from "../../../node/src/enclave/runtime/worker/jobFailure.ts";
import { runUnderPolicy } from "../../../node/src/enclave/runtime/worker/runUnderPolicy.ts";
import { createSandboxPool, type SandboxPool } from "../../../node/src/enclave/runtime/worker/sandboxPool.ts";
import { createManifest, rowsOf } from "../../helpers/builtPrograms.ts";
import { duckParquet } from "../../helpers/duckParquet.ts";
import { resultAt, wasmModule } from "../../helpers/wasmModule.ts";

const canary = "canary of a post 91c4";
const timeMs = 1_500;
/** For what ends by another limit: on a machine that does other things, too. */
const patientMs = 30_000;
const graceMs = 200;
const text: ProgramManifest["result"] = { type: "string", maxLength: 4_000 };
const json: ProgramManifest["result"] = { type: "array", maxItems: 4, items: { type: "integer" } };

type Animal = {
  readonly name: string;
  readonly kind: ProgramManifest["kind"];
  readonly code: string | Uint8Array;
  readonly ends: readonly FailureName[];
  readonly choice?: Partial<ProgramManifest>;
};
const sql = (
  name: string,
  code: string,
  ends: readonly FailureName[],
  choice: Partial<ProgramManifest> = {},
): Animal => ({
  name,
  kind: "sql",
  code,
  ends,
  choice,
});
const js = (
  name: string,
  end: string,
  ends: readonly FailureName[],
  choice: Partial<ProgramManifest> = {},
): Animal => ({
  name,
  kind: "js",
  code: `({ end() { ${end} } })`,
  ends,
  choice,
});
const wasm = (
  name: string,
  parts: Parameters<typeof wasmModule>[0],
  ends: readonly FailureName[],
  choice: Partial<ProgramManifest> = {},
): Animal => ({ name, kind: "wasm", code: wasmModule(parts), ends, choice });

const limit: readonly FailureName[] = ["LIMIT_EXCEEDED"];
const time: readonly FailureName[] = ["TIME_LIMIT_EXCEEDED"];
const either: readonly FailureName[] = ["LIMIT_EXCEEDED", "TIME_LIMIT_EXCEEDED"];
const failed: readonly FailureName[] = ["PROGRAM_FAILED"];
const stopped: readonly FailureName[] = ["OUTPUT_POLICY_VIOLATED"];
const tooLarge: readonly FailureName[] = ["OUTPUT_TOO_LARGE"];
const largeRows = { result: { ...rowsOf({ t: text }), maxItems: 100_000 } };

const zoo: readonly Animal[] = [
  sql(
    "endless loop",
    "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT 1 FROM t) SELECT count(*)::BIGINT AS n FROM t",
    time,
  ),
  sql(
    "endless recursion",
    "WITH RECURSIVE t(n) AS (SELECT 1::HUGEINT UNION ALL SELECT n + 1 FROM t) SELECT max(n)::BIGINT AS n FROM t",
    either,
  ),
  sql("allocation without end", "SELECT length(string_agg(repeat('x', 1000000), '')) AS n FROM range(20000)", either),
  sql(
    "10 GB of output",
    "SELECT repeat('x', 1000000) AS t FROM range(10000)",
    [...limit, ...tooLarge, ...time],
    largeRows,
  ),
  sql("rows without end", "SELECT range AS n FROM range(1000000000000)", stopped),
  sql(
    "a join that explodes",
    "SELECT count(*)::BIGINT AS n FROM range(100000000) a, range(100000000) b WHERE a.range + b.range = 3",
    either,
  ),
  sql("reading files", "SELECT content AS t FROM read_text('/etc/passwd')", failed, { result: rowsOf({ t: text }) }),
  sql("opening sockets", "SELECT count(*) AS n FROM read_csv('https://127.0.0.1/x.csv')", failed),
  sql("loading native code", "LOAD '/tmp/evil.duckdb_extension'", failed),
  sql("nested lists", `SELECT ${"[".repeat(8)}1${"]".repeat(8)} AS n`, stopped),
  sql("deeply nested lists", `SELECT ${"[".repeat(400)}1${"]".repeat(400)} AS n`, [...stopped, ...either, ...failed]),
  sql("not a number", "SELECT 'nan'::DOUBLE AS n", stopped, { result: rowsOf({ n: { type: "number" } }) }),
  sql("infinity", "SELECT 'inf'::DOUBLE AS n", stopped, { result: rowsOf({ n: { type: "number" } }) }),
  sql("an error that quotes data", "SELECT content::BIGINT AS n FROM posts", failed),

  js("endless loop", "for (;;);", limit),
  js("endless recursion", "return (function f() { return f() + 1 })()", limit),
  js("recursion through natives", "const f = () => [1].map(f); return f()", limit),
  js("allocation without end", "const all = []; for (;;) all.push(new Uint8Array(1e6))", either),
  js("10 GB of output", "let x = 'x'; for (;;) x += x", [...either, ...failed]),
  js("a large result", "return 'x'.repeat(5000)", tooLarge, { result: text }),
  js("a regular expression that explodes", "return /(a+)+$/.test('a'.repeat(60) + 'b')", limit, {
    limits: { timeMs, memoryMb: 64, outputBytes: 4_096, fuel: 20 },
  }),
  js(
    "a sort that never agrees",
    "const x = Array.from({ length: 20000 }, (_, i) => i); for (;;) x.sort(() => 1)",
    either,
  ),
  js("deeply nested result", "let x = 1; for (let i = 0; i < 1000; i++) x = [x]; return x", stopped, { result: json }),
  js("a cycle", "const x = []; x.push(x); return x", failed),
  js("NaN", "return 0 / 0", stopped),
  js("infinity by text", "return { toJSON() { return 1e999 } }", stopped),
  js("half of a surrogate pair", "return '\\ud800'", stopped, { result: text }),
  js("no value", "return undefined", stopped),
  js("a getter that never ends", "return { get x() { for (;;); } }", limit),
  js("files and sockets", "return require('fs').readFileSync('/etc/passwd')", failed),
  js("threads", "new Worker('x')", failed),
  js("the host's functions", "return this.constructor.constructor('return process')().pid", failed),
  js("a promise", "return (async () => { for (;;) await 0 })()", stopped),
  js(
    "throwing what looks like the engine's error",
    "throw Object.assign(new Error('x'), { name: 'InternalError', message: 'out of memory' })",
    ["LIMIT_EXCEEDED", "PROGRAM_FAILED"],
  ),
  { name: "a script that throws while it loads", kind: "js", code: "throw 1", ends: failed },
  { name: "no script", kind: "js", code: "((((", ends: failed },

  wasm("endless loop", { end: { results: [0x7e], body: [0x03, 0x40, 0x0c, 0, 0x0b, ...resultAt(16, 1)] } }, limit),
  wasm("endless recursion", { end: { results: [0x7e], body: [0x10, 3] } }, limit),
  wasm("a start function that never ends", { more: [{ body: [0x03, 0x40, 0x0c, 0, 0x0b] }], start: 4 }, limit),
  wasm(
    "allocation without end",
    { end: { results: [0x7e], body: [0x03, 0x40, 0x41, 1, 0x40, 0, 0x1a, 0x0c, 0, 0x0b, ...resultAt(16, 1)] } },
    limit,
  ),
  wasm("10 GB of output", { end: { results: [0x7e], body: resultAt(0, 4_000_000_000) } }, tooLarge),
  wasm("a result outside of its memory", { end: { results: [0x7e], body: resultAt(65_530, 100) } }, failed),
  wasm("room outside of its memory", { alloc: { params: [0x7f], results: [0x7f], body: [0x41, 0x7f] } }, failed),
  wasm("a memory larger than its limit", { pages: [2_000] }, failed),
  wasm("sockets through imports", { imports: [["wasi_snapshot_preview1", "sock_open"]] }, failed),
  wasm("a trap", { begin: { params: [0x7f, 0x7f], body: [0x00] } }, failed),
  wasm("no JSON", { data: "{" }, stopped),
  wasm("two results", { data: "1 2" }, stopped),
  wasm("a name twice", { data: '{"a":1,"a":2}' }, stopped, {
    result: { type: "object", properties: { a: { type: "integer" } }, additionalProperties: false },
  }),
  wasm("a name of every object", { data: '{"__proto__":1}' }, stopped),
  wasm("NaN", { data: "NaN" }, stopped),
  wasm("a number too large", { data: "1e999" }, stopped, { result: { type: "number" } }),
  wasm("half of a surrogate pair", { data: '"\\udfff"' }, stopped, { result: text }),
  wasm(
    "no UTF-8",
    { data: '"x"', end: { results: [0x7e], body: [0x41, 17, 0x41, 0xff, 1, 0x3a, 0, 0, ...resultAt(16, 3)] } },
    stopped,
    { result: text },
  ),
  wasm("deeply nested result", { data: "[".repeat(60) + "]".repeat(60) }, stopped),
  { name: "no module", kind: "wasm", code: "no module", ends: failed },
];

describe("hostile programs", function () {
  this.timeout(60_000);
  let pool: SandboxPool;
  let parquet: Uint8Array;

  before(async () => {
    parquet = await duckParquet(`SELECT '${canary}' AS content, n FROM range(100) r(n)`);
    pool = createSandboxPool(detectIsolation(), sandboxCodeOf(enclaveBundle().folder));
  });
  after(async () => {
    const pids = descendantsOf(process.pid);
    pool?.close();
    await allGone(pids);
  });

  const run = ({ program, code }: ReturnType<typeof createManifest>) =>
    runUnderPolicy(
      pool,
      { program, code, args: {}, tables: [{ table: "posts", owner: "aa", parquet: parquet.slice() }] },
      { minOwners: 1, maxBytes: 3_000 },
    );
  const tame = createManifest("sql", "SELECT count(*)::BIGINT AS n FROM posts");

  for (const { name, kind, code, ends, choice } of zoo) {
    it(`error: ${kind}: ${name} ends as ${ends.join(" or ")}, and leaves nothing`, async () => {
      const hostile = createManifest(kind, code, choice);
      const withinMs = ends.includes("TIME_LIMIT_EXCEEDED") ? timeMs : patientMs;
      const limits = { ...hostile.program.limits, timeMs: withinMs };
      await pool.warm();
      const pids = descendantsOf(process.pid);
      const from = performance.now();
      const error: unknown = await run({ ...hostile, program: { ...hostile.program, limits } }).then(
        ({ value }) => {
          throw new Error(`it gave ${JSON.stringify(value).slice(0, 200)}`);
        },
        (reason: unknown) => reason,
      );
      const ms = performance.now() - from;
      if (!isPersonaError(error)) throw error;
      const receipt = failureCodeOf(error, true);
      expect(
        ends.map((end) => failureCodes[end]),
        `${error.code} ${error.message}`,
      ).to.include(receipt);
      expect(ms).to.be.lessThan(withinMs + graceMs);
      expect(JSON.stringify([error.message, error.data, String(error.cause ?? "")])).to.not.include("canary");
      // Not the warm one that follows.
      await allGone(pids);
      expect(readdirSync("/dev/shm").filter((file) => file.startsWith("persona-"))).to.deep.equal([]);
      expect((await run(tame)).value, "the next job").to.deep.equal([{ n: 100 }]);
    });
  }

  it("error: a native crash of the engine ends the job, and nothing else", async () => {
    const folder = await mkdtemp(join(tmpdir(), "persona-crash-"));
    const main = join(folder, "crash.mjs");
    // In the place of a sandbox's code: what a broken engine does, at the moment at which it has its job.
    await writeFile(
      main,
      'import { writeSync } from "node:fs";\nwriteSync(1, Uint8Array.of(0x52));\nprocess.stdin.once("data", () => process.abort());\n',
    );
    const crashing = createSandboxPool(detectIsolation(), { main, readable: [main] });
    try {
      await crashing.warm();
      const pids = descendantsOf(process.pid);
      const { program, code } = tame;
      const from = performance.now();
      const error = await runUnderPolicy(
        crashing,
        { program, code, args: {}, tables: [{ table: "posts", owner: "aa", parquet }] },
        { minOwners: 1, maxBytes: 3_000 },
      ).catch((reason: unknown) => reason);
      expect(isPersonaError(error, "ENCLAVE_FAILED"), String(error)).to.equal(true);
      expect(failureCodeOf(error, true)).to.equal(failureCodes.ENCLAVE_FAILED);
      expect(performance.now() - from).to.be.lessThan(timeMs);
      expect(pids.length).to.be.greaterThan(0);
    } finally {
      crashing.close();
      await rm(folder, { recursive: true });
    }
    expect((await run(tame)).value).to.deep.equal([{ n: 100 }]);
  });
});
