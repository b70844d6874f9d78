import { writeFile } from "node:fs/promises";
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import type { ProgramManifest } from "@persona-protocol/sdk/compute";
import { type ErrorCode, isPersonaError } from "@persona-protocol/sdk/errors";
import { expect } from "chai";
import { checkStatement } from "../../../node/src/enclave/runtime/sandbox/checkStatement.ts";
import { withGroupCounts } from "../../../node/src/enclave/runtime/sandbox/countGroups.ts";
import { runProgram } from "../../../node/src/enclave/runtime/sandbox/runProgram.ts";
import { startSqlEngine } from "../../../node/src/enclave/runtime/sandbox/sqlEngine.ts";
import { applyOutputPolicy } from "../../../node/src/enclave/runtime/worker/outputPolicy.ts";
import { sandboxWork } from "../../../node/src/enclave/runtime/worker/runUnderPolicy.ts";
import { createManifest, rowsOf } from "../../helpers/builtPrograms.ts";
import { duckParquet } from "../../helpers/duckParquet.ts";
import { expectError } from "../../helpers/errors.ts";
import { temporaryFolder } from "../ingest/temporaryFolder.ts";

/** Volatile for DuckDB, and the same everywhere: it only ends a statement. */
const harmless = new Set(["error"]);

describe("checkStatement", () => {
  let connection: DuckDBConnection;
  before(async () => {
    connection = await (await DuckDBInstance.create(":memory:", { threads: "1" })).connect();
  });
  after(() => connection.closeSync());
  const check = (statement: string) => checkStatement(connection, statement, ["posts"]);

  it("error: every function that DuckDB calls volatile, and every macro that holds one", async () => {
    const rows = await connection.runAndReadAll(
      "SELECT DISTINCT function_name AS name FROM duckdb_functions() WHERE stability <> 'CONSISTENT' AND regexp_matches(function_name, '^[a-z]')",
    );
    const names = rows.getRowObjectsJS().map(({ name }) => String(name));
    expect(names).to.include.members(["now", "random", "uuid"]);
    const macros = await connection.runAndReadAll(
      `SELECT DISTINCT function_name AS name FROM duckdb_functions() WHERE function_type = 'macro'
       AND regexp_matches(macro_definition, '\\b(${names.filter((name) => !harmless.has(name)).join("|")}|current_timestamp)\\b|duckdb_|pragma_')`,
    );
    const held = macros.getRowObjectsJS().map(({ name }) => String(name));
    expect(held).to.include("ago");
    for (const name of [...names, ...held].filter((each) => !harmless.has(each)))
      await expectError("PROGRAM_INVALID", () => check(`SELECT ${name}(1) AS n FROM posts`));
  });

  it("error: clocks and sessions by names without brackets, by another case, in every corner", async () => {
    for (const part of [
      "current_timestamp",
      "CURRENT_DATE",
      "localtime",
      "LocalTimestamp",
      "current_user",
      "session_user",
      "Random()",
      "main.now()",
      "age(published)",
    ]) {
      await expectError("PROGRAM_INVALID", () => check(`SELECT ${part} FROM posts`));
      await expectError("PROGRAM_INVALID", () => check(`SELECT 1 FROM posts WHERE x > ${part}`));
      await expectError("PROGRAM_INVALID", () => check(`SELECT 1 FROM posts ORDER BY ${part}`));
      await expectError("PROGRAM_INVALID", () => check(`WITH t AS (SELECT ${part} AS x FROM posts) SELECT x FROM t`));
      await expectError("PROGRAM_INVALID", () => check(`SELECT (SELECT max(${part})) FROM posts`));
      await expectError("PROGRAM_INVALID", () => check(`SELECT list_transform([1], lambda x : ${part}) FROM posts`));
    }
  });

  it("error: other tables, samples, and whatever is not one SELECT", async () => {
    for (const statement of [
      "SELECT * FROM duckdb_settings()",
      "SELECT * FROM duckdb_tables",
      "SELECT * FROM information_schema.tables",
      "SELECT * FROM sqlite_master",
      "SELECT * FROM main.posts",
      "SELECT * FROM 'posts.parquet'",
      "SELECT * FROM posts TABLESAMPLE 10%",
      "SELECT * FROM posts USING SAMPLE 3",
      "SELECT * FROM (DESCRIBE posts)",
      "SHOW TABLES",
      "PRAGMA version",
      "SELECT 1; SELECT 2",
      "SELECT * FROM query('SELECT 1')",
      "SELECT * FROM query_table('posts')",
      "SELECT",
    ])
      await expectError("PROGRAM_INVALID", () => check(statement));
  });

  it("default: what is the same everywhere passes, ordered or not", async () => {
    expect((await check("SELECT x FROM posts")).isOrdered).to.equal(false);
    expect((await check("SELECT x FROM posts ORDER BY x")).isOrdered).to.equal(true);
    for (const statement of [
      "WITH t AS (SELECT x FROM posts) SELECT count(*) FROM t JOIN posts p ON p.x = t.x",
      "SELECT unnest([1, 2]), range FROM range(3)",
      "SELECT x, row_number() OVER (ORDER BY x) FROM posts QUALIFY 1 = 1",
      "SELECT age(a, b) FROM posts",
      "FROM posts SELECT x UNION ALL SELECT 1",
    ])
      expect((await check(statement)).root).to.be.an("object");
  });

  it("error: PROGRAM_INVALID: what would let a row speak of fewer records than are counted", async () => {
    for (const statement of [
      "SELECT sum(n) FILTER (WHERE id = 1) AS x FROM posts",
      "SELECT sum(CASE WHEN id = 1 THEN n END) AS x FROM posts",
      "SELECT sum(n * (id = 1)::BIGINT) AS x FROM posts",
      "SELECT max(content) AS x FROM posts",
      "SELECT any_value(content) AS x FROM posts",
      "SELECT string_agg(content, ',') AS x FROM posts",
      "SELECT arg_max(content, n) AS x FROM posts",
      "SELECT list(content) AS x FROM posts",
      "SELECT json_group_array(content) AS x FROM posts",
      "SELECT histogram(content) AS x FROM posts",
      "SELECT quantile(n, 0) AS x FROM posts",
      "SELECT 100 AS owner, count(*) AS x FROM (SELECT 'a' AS owner FROM posts)",
      "SELECT count(*) AS x FROM posts, range(1000)",
      "SELECT count(*) AS x FROM posts a JOIN posts b ON a.id = b.id",
      "SELECT count(*) AS x FROM (SELECT * FROM posts UNION ALL SELECT * FROM posts)",
      "WITH posts AS (SELECT 1) SELECT count(*) AS x FROM posts",
      "SELECT count(*) AS x FROM posts GROUP BY id HAVING sum(n) > 3",
      "SELECT count(*) AS x, (SELECT max(content) FROM posts) AS y FROM posts",
      "SELECT count(*) OVER () AS x FROM posts",
      "SELECT count(*) AS x FROM posts GROUP BY GROUPING SETS ((id), ())",
      "SELECT unnest(['a']) AS y, count(*) AS x FROM posts",
      "SELECT count(*) AS x FROM posts UNION ALL SELECT 1",
      "SELECT count(*) AS x FROM posts AS p(owner, id)",
      "SELECT * FROM posts",
      "SELECT min(n) AS x FROM posts QUALIFY 1 = 1",
    ]) {
      const checked = await check(statement).catch((error: unknown) => error);
      if (isPersonaError(checked, "PROGRAM_INVALID")) continue;
      await expectError("PROGRAM_INVALID", () => withGroupCounts(connection, checked as never, ["posts"]));
    }
  });
});

describe("groups", function () {
  this.timeout(120_000);
  const folder = temporaryFolder();
  const result = { ...rowsOf({ k: { type: "integer" }, n: { type: "integer" } }), maxItems: 1_000 };

  /** Three owners: the first has keys 0 to 9, the second 0 to 4, the third 0. */
  async function run(
    statement: string,
    groups: ProgramManifest["groups"],
    minOwners = 1,
  ): Promise<unknown | ErrorCode> {
    const built = createManifest("sql", statement, groups === undefined ? { result } : { result, groups });
    const keys = [10, 5, 1];
    const tables = await Promise.all(
      keys.map(async (count, i) => ({
        table: "posts",
        owner: `0${i}`,
        parquet: await duckParquet(`SELECT n % ${count} AS k, n AS id FROM range(100) r(n)`),
      })),
    );
    const policy = { minOwners, maxBytes: 100_000 };
    const { job } = sandboxWork({ program: built.program, code: built.code, args: {}, tables }, policy);
    const paths = tables.map(({ owner }) => folder.path(`${owner}-${Math.random()}.parquet`));
    for (const [i, { parquet }] of tables.entries()) await writeFile(paths[i] ?? "", parquet);
    const onDisk = tables.map(({ table, owner }, i) => ({ table, owner, path: paths[i] ?? "" }));
    const answer = await runProgram(await startSqlEngine(), job, onDisk);
    if (answer.verdict !== "DONE") return answer.verdict;
    try {
      return applyOutputPolicy(built.program, policy, answer).value;
    } catch (error) {
      if (isPersonaError(error)) return error.code;
      throw error;
    }
  }

  it("default: rows of enough records and owners leave, without the counters", async () => {
    const rows = await run("SELECT k, count(*)::BIGINT AS n FROM posts WHERE k = 0 GROUP BY k", {
      minRows: 130,
      minOwners: 3,
    });
    expect(rows).to.deep.equal([{ k: 0, n: 130 }]);
    const many = await run("SELECT k, count(*)::BIGINT AS n FROM posts WHERE k < 5 GROUP BY k ORDER BY k DESC", {
      minRows: 30,
      minOwners: 2,
    });
    expect(many).to.have.lengthOf(5);
  });

  it("error: OUTPUT_POLICY_VIOLATED: one row of too few records or owners stops the whole result", async () => {
    const all = "SELECT k, count(*)::BIGINT AS n FROM posts GROUP BY k";
    expect(await run(all, { minRows: 11, minOwners: 1 })).to.equal("OUTPUT_POLICY_VIOLATED");
    expect(await run(all, { minRows: 1, minOwners: 2 })).to.equal("OUTPUT_POLICY_VIOLATED");
    expect(await run(all, undefined, 2), "the grant asks for two owners").to.equal("OUTPUT_POLICY_VIOLATED");
    expect(await run(all, undefined, 1)).to.have.lengthOf(10);
    expect(
      await run("SELECT k, count(*)::BIGINT AS n FROM posts WHERE id = 7 AND owner = '00' GROUP BY k", {
        minRows: 2,
        minOwners: 1,
      }),
    ).to.equal("OUTPUT_POLICY_VIOLATED");
    expect(
      await run("SELECT 0 AS k, count(*)::BIGINT AS n FROM posts WHERE id > 1000", { minRows: 1, minOwners: 1 }),
      "nothing is too few",
    ).to.equal("OUTPUT_POLICY_VIOLATED");
  });

  it("error: PROGRAM_INVALID: a statement whose groups cannot be counted, where the grant asks for owners", async () => {
    expect(await run("SELECT k, id AS n FROM posts LIMIT 3", undefined, 2)).to.not.be.an("array");
    expect(await run("SELECT 0 AS k, max(id)::BIGINT AS n FROM posts", undefined, 2)).to.equal("PROGRAM_INVALID");
  });

  it("error: PROGRAM_INVALID: columns that take the runtime's names, in any spelling, or the same name twice", async () => {
    const groups = { minRows: 100, minOwners: 2 };
    const one = (columns: string) =>
      run(`SELECT ${columns} FROM posts WHERE id = 7 AND owner = '00' GROUP BY k`, groups);
    expect(await one("k, count(*)::BIGINT AS n"), "honestly counted").to.equal("OUTPUT_POLICY_VIOLATED");
    for (const forged of [
      `k, count(*) AS n, 1000000 AS "persona:rows", 64 AS "persona:owners"`,
      `k, count(*) AS n, 1000000 AS "Persona:Rows", 64 AS "PERSONA:OWNERS"`,
      `k, count(*) AS n, 1000000 AS "persona:rows:1"`,
      "k, 1000000 AS n, count(*) AS n",
      "k, 1000000 AS N, count(*) AS n",
    ])
      expect(await one(forged), forged).to.equal("PROGRAM_INVALID");
  });

  it("error: PROGRAM_INVALID: a condition on records that hides in an aggregate", async () => {
    const groups = { minRows: 2, minOwners: 1 };
    const over = (aggregate: string) => run(`SELECT 0 AS k, (${aggregate})::BIGINT AS n FROM posts`, groups);
    for (const plain of [
      "sum(id)",
      "sum(coalesce(id, 0))",
      "avg(CAST(id AS DOUBLE))",
      "sum(round(id))",
      "covar_pop(k, id)",
    ])
      expect(await over(plain), plain).to.be.an("array");
    for (const hidden of [
      "count(TRY_CAST(id AS TINYINT))",
      "count(TRY_CAST(CAST(id AS VARCHAR) AS ENUM('7')))",
      "sum(CAST(TRY_CAST(TRY_CAST(CAST(id AS VARCHAR) AS ENUM('7')) AS VARCHAR) AS INTEGER))",
      "count(CAST(CAST(id AS VARCHAR) AS ENUM('7')))",
      "covar_pop(k, coalesce(id, 0))",
      "covar_pop(k, round(id, -2))",
      "corr(k, CAST(id AS BOOLEAN))",
      "sum(round(id, -2))",
      "sum(id) FILTER (id = 7)",
      "sum(CASE id WHEN 7 THEN 1 ELSE 0 END)",
      "sum(nullif(id, 7))",
      "sum(least(id, 7))",
      "sum(id // 7)",
      '"LIST"(id)[7]',
      '"FIRST"(id)',
      "arg_max(id, k)",
    ])
      expect(await over(hidden), hidden).to.equal("PROGRAM_INVALID");
  });
});
