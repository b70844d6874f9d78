import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { Pool } from "pg";
import type { Hex } from "viem";
import { keptJobs, pruneEvery } from "../../../node/src/compute/journal.ts";
import { openSharedJournal, type SharedJournal } from "../../../node/src/compute/shared/sharedJournal.ts";
import { findPostgres, type Postgres, startPostgres } from "../../../scripts/postgres/startPostgres.ts";
import { expectError } from "../../helpers/errors.ts";
import { createRandom, testSeed } from "../../helpers/random.ts";
import { randomHex32 } from "../../helpers/structs.ts";

const random = createRandom(testSeed());
const programs = findPostgres();
const title = "reason" in programs ? ` (skipped: ${programs.reason})` : "";
const script = fileURLToPath(new URL("../../helpers/sharedWorker.ts", import.meta.url));

(("reason" in programs ? describe.skip : describe) as Mocha.SuiteFunction)(`openSharedJournal${title}`, function () {
  this.timeout(120_000);
  let postgres: Postgres;
  let pool: Pool;
  const open = (worker: string, limit = 3, atOnce = 4): Promise<SharedJournal> =>
    openSharedJournal({ url: postgres.url, worker, atOnce, limit, log: { warn: () => {} } });
  before(async () => {
    if ("reason" in programs) return;
    postgres = await startPostgres(programs);
    pool = new Pool({ connectionString: postgres.url, max: 2 });
    pool.on("error", () => {});
  });
  // What a test leaves undone would be handed to the next one's workers.
  afterEach(() => pool.query("DELETE FROM persona.jobs"));
  after(async () => {
    await pool?.end();
    await postgres?.close();
  });
  async function until(check: () => Promise<boolean>): Promise<void> {
    const deadline = AbortSignal.timeout(60_000);
    while (!(await check())) {
      if (deadline.aborted) throw new Error("it did not come");
      await sleep(50);
    }
  }

  it("default: of two workers one has the job, and it goes through its states like any other", async () => {
    const [first, second] = [await open("a"), await open("b")];
    try {
      const jobId = randomHex32(random);
      const params = random.bytes(40);
      expect([await first.add(jobId, params), await second.add(jobId, random.bytes(9))]).to.deep.equal([true, false]);
      await until(async () => (await first.open()).length + (await second.open()).length === 1);
      const [owner, other] = (await first.open()).length === 1 ? [first, second] : [second, first];
      expect(await other.apply(jobId, { type: "claim" }), "not its job").to.equal(undefined);
      expect(await owner.apply(jobId, { type: "claim" })).to.deep.equal({ status: "claiming" });
      await owner.apply(jobId, { type: "claimed", attempt: 1, signer: "0xaa", block: 7 });
      const receipt = random.bytes(30);
      await owner.apply(jobId, { type: "receiptSigned" }, receipt);
      await owner.apply(jobId, { type: "settled", outcome: "SETTLED", block: 9 });
      expect(await other.get(jobId)).to.deep.equal({
        jobId,
        state: { status: "settled", outcome: "SETTLED", attempt: 1, signer: "0xaa", block: 9 },
        params,
        receipt: { bytes: receipt, signer: "0xaa" },
      });
      expect([await first.open(), await second.open()]).to.deep.equal([[], []]);
      expect(await other.reorganised(9)).to.deep.equal([jobId]);
      await until(async () => (await first.open()).length + (await second.open()).length === 1);
    } finally {
      await first.close();
      await second.close();
    }
  });

  it("behavior: what a reorganisation opens again is handed out, however soon it comes after the end", async () => {
    const one = await open("f", 3, 1);
    try {
      const jobId = randomHex32(random);
      await one.add(jobId, random.bytes(9));
      for (let round = 1; round <= 5; round++) {
        await until(async () => (await one.open()).some((job) => job.jobId === jobId));
        await one.apply(jobId, { type: "claim" });
        await one.apply(jobId, { type: "claimed", attempt: 1, signer: "0xaa", block: round });
        await one.apply(jobId, { type: "receiptSigned" }, random.bytes(3));
        await one.apply(jobId, { type: "settled", outcome: "SETTLED", block: round });
        // At once: the queue has not been told yet that its hand-out has ended.
        await one.reorganised(round);
        await until(async () => (await one.open()).some((job) => job.jobId === jobId));
        await one.apply(jobId, { type: "claimUndone" });
        await one.apply(jobId, { type: "claimLost", why: "CANCELLED", block: round });
        await one.apply(jobId, { type: "reopened", block: round });
      }
    } finally {
      await one.close();
    }
  });

  it("behavior: a job that another worker's news has ended no longer takes a place", async () => {
    const [first, second] = [await open("g", 3, 1), await open("h", 3, 1)];
    try {
      const jobs = Array.from({ length: 6 }, () => randomHex32(random));
      for (const jobId of jobs) await first.add(jobId, random.bytes(9));
      const left = new Set(jobs);
      while (left.size > 0) {
        await until(async () => (await first.open()).length + (await second.open()).length > 0);
        const [mine] = await first.open();
        const [other] = await second.open();
        // Each hears of the end of what the other holds.
        if (mine !== undefined) await second.apply(mine.jobId, { type: "declined", why: "CANCELLED", block: 1 });
        if (other !== undefined) await first.apply(other.jobId, { type: "declined", why: "CANCELLED", block: 1 });
        for (const job of [mine, other]) if (job !== undefined) left.delete(job.jobId);
      }
    } finally {
      await first.close();
      await second.close();
    }
  });

  it("behavior: of jobs that are over the newest are kept, of others all", async () => {
    const one = await open("k");
    try {
      await pool.query(
        `INSERT INTO persona.jobs (job_id, status, state, params)
           SELECT 'old ' || n, CASE n % 100 WHEN 0 THEN 'settled' ELSE 'done' END, '{}', '' FROM generate_series(1, $1::int) n`,
        [keptJobs + 1_000],
      );
      for (let i = 0; i < pruneEvery; i++) await one.add(randomHex32(random), random.bytes(9));
      const { done, settled } = await one.counts();
      expect(done).to.equal(keptJobs);
      expect(settled).to.equal((keptJobs + 1_000) / 100);
    } finally {
      await one.close();
    }
  });

  it("error: JOURNAL_UNREACHABLE, to be tried again, where no database answers", async () => {
    const error = await expectError("JOURNAL_UNREACHABLE", () =>
      openSharedJournal({
        url: "postgres://persona:not-to-be-told@127.0.0.1:1/none",
        worker: "x",
        atOnce: 1,
        limit: 3,
        log: { warn: () => {} },
      }),
    );
    expect(error.exitCode).to.equal(75);
    expect(JSON.stringify(error.toJSON()) + error.message).not.to.contain("not-to-be-told");
  });

  it("behavior: a worker's own marks are its own; a newer build's tables are not touched", async () => {
    const [first, second] = [await open("c"), await open("d")];
    const point = { v: 1, nextBlock: "12", trail: [] } as const;
    await first.setPoint(point);
    await first.setNodeId(7);
    await first.setRegisteringSince(2n ** 60n);
    expect([await first.point(), await first.nodeId(), await first.registeringSince()]).to.deep.equal([
      point,
      7,
      2n ** 60n,
    ]);
    expect([await second.point(), await second.nodeId()]).to.deep.equal([undefined, undefined]);
    await first.close();
    await second.close();
    await pool.query("UPDATE persona.version SET version = 99");
    await expectError("JOURNAL_UNUSABLE", () => open("e"));
    await pool.query("UPDATE persona.version SET version = 1");
  });

  // A minute long: npm test -- --only steps
  const itLong = process.env["PERSONA_SUITE"] === "steps" ? it : () => {};
  itLong("behavior: workers are killed again and again, and each job is done once", async () => {
    await pool.query(
      "CREATE TABLE effects (job_id text PRIMARY KEY, claims int, signer text, settled int NOT NULL DEFAULT 0)",
    );
    await pool.query("CREATE TABLE settlements (job_id text PRIMARY KEY, worker text)");
    const ids: Hex[] = Array.from({ length: 60 }, () => randomHex32(random));
    const children = new Map<string, ChildProcess>();
    const start = async (name: string): Promise<void> => {
      const child = spawn(process.execPath, ["--no-warnings", script, postgres.url, name], {
        stdio: ["pipe", "pipe", "inherit"],
      });
      children.set(name, child);
      if (child.stdout !== null) await once(child.stdout, "data");
    };
    const watcher = await open("watcher");
    await watcher.close();
    await Promise.all(["w1", "w2", "w3"].map(start));
    // Posted by a process that takes none of them: it is gone before they come.
    const poster = await openSharedJournal({
      url: postgres.url,
      worker: "p",
      atOnce: 1,
      limit: 3,
      log: { warn: () => {} },
    });
    for (const jobId of ids) await poster.add(jobId, random.bytes(20));
    await poster.close();
    const settled = async () => Number((await pool.query("SELECT count(*) AS n FROM settlements")).rows[0]?.n);
    for (const name of ["w1", "w2", "w3", "w1"]) {
      const from = await settled();
      await until(async () => (await settled()) >= Math.min(ids.length, from + 4));
      const child = children.get(name);
      child?.kill("SIGKILL");
      if (child !== undefined && child.exitCode === null && child.signalCode === null) await once(child, "exit");
      await start(name);
    }
    await until(async () => (await settled()) === ids.length);
    const { rows } = await pool.query<{ settled: number }>("SELECT settled FROM effects");
    expect(rows.map((row) => row.settled)).to.deep.equal(ids.map(() => 1));
    const { rows: states } = await pool.query("SELECT DISTINCT status FROM persona.jobs WHERE job_id = ANY($1)", [ids]);
    await until(async () => {
      const { rows: open_ } = await pool.query(
        "SELECT 1 FROM persona.jobs WHERE job_id = ANY($1) AND status <> 'settled'",
        [ids],
      );
      return open_.length === 0;
    });
    expect(states.length).to.be.greaterThan(0);
    for (const child of children.values()) {
      child.stdin?.end();
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    }
  });
});
