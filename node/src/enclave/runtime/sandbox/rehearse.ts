import { rmSync } from "node:fs";
import { runProgram } from "./runProgram.ts";
import { encodeAnswer, type SandboxJob } from "./sandboxWire.ts";
import { quotedText, startSqlEngine } from "./sqlEngine.ts";

const statement = "SELECT n, count(*)::BIGINT AS many FROM records WHERE text <> '' GROUP BY n ORDER BY n LIMIT 1";

const job: Omit<SandboxJob, "code"> = {
  kind: "sql",
  args: {},
  tables: [],
  reads: [],
  maxRows: 1,
  memoryMb: 64,
  fuel: 0,
  outputBytes: 1_024,
  countGroups: false,
};

/**
 * Runs a query over one record of its own in an engine of its own, while the process waits for its job: what runs for the first time pays for
 * compiling its JavaScript and for every page of the engine's library that it touches, which is more than a small query itself. Nothing of it is
 * left but that; the job's engine has seen none of it.
 * @param path for a file in memory, which is gone afterwards
 */
export async function rehearse(path: string): Promise<void> {
  const engine = await startSqlEngine();
  try {
    await engine.connection.run(`COPY (SELECT 1 AS n, 'a' AS text) TO ${quotedText(path)} (FORMAT parquet)`);
    const tables = [{ table: "records", owner: "00", path }];
    encodeAnswer(await runProgram(engine, { ...job, code: new TextEncoder().encode(statement) }, tables));
  } finally {
    rmSync(path, { force: true });
  }
}
