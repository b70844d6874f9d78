import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import type { Hex } from "viem";
import { openJournal, type SqliteJournal } from "../../../node/src/compute/sqliteJournal.ts";
import { explainFailure } from "../../../node/src/operations/explainFailure.ts";
import { expectError } from "../../helpers/errors.ts";
import { createRandom, testSeed } from "../../helpers/random.ts";
import { randomHex32 } from "../../helpers/structs.ts";

const random = createRandom(testSeed());
const writer = fileURLToPath(new URL("../../helpers/journalWriter.ts", import.meta.url));

describe("openJournal", () => {
  let folder: string;
  let file: string;
  let journal: SqliteJournal;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "persona-journal-"));
    file = join(folder, "journal.sqlite");
    journal = openJournal(file);
  });
  afterEach(async () => {
    await journal.close();
    await rm(folder, { recursive: true });
  });

  const reopen = async () => {
    await journal.close();
    journal = openJournal(file);
  };
  const added = async (): Promise<Hex> => {
    const jobId = randomHex32(random);
    await journal.add(jobId, random.bytes(50));
    return jobId;
  };
  const toRunning = async (jobId: Hex) => {
    await journal.apply(jobId, { type: "claim" });
    await journal.apply(jobId, { type: "claimed", attempt: 1, signer: "0xaa", block: 5 });
  };

  it("default: a job, its state, parameters and receipt are there after reopening", async () => {
    const params = random.bytes(500);
    const receipt = random.bytes(300);
    const jobId = randomHex32(random);
    await journal.add(jobId, params);
    await toRunning(jobId);
    expect(await journal.apply(jobId, { type: "receiptSigned" }, receipt)).to.include({ status: "settling" });
    await reopen();
    expect(await journal.get(jobId)).to.deep.equal({
      jobId,
      state: { status: "settling", attempt: 1, signer: "0xaa", block: 5 },
      params,
      receipt: { bytes: receipt, signer: "0xaa" },
    });
  });

  it("behavior: adding again changes nothing, whatever the state and the parameters", async () => {
    const jobId = await added();
    const { params } = (await journal.get(jobId)) ?? {};
    await toRunning(jobId);
    await journal.add(jobId, random.bytes(9));
    expect(await journal.get(jobId)).to.deep.include({
      params,
      state: { status: "running", attempt: 1, signer: "0xaa", block: 5 },
    });
    expect(await journal.open()).to.have.lengthOf(1);
  });

  it("behavior: a receipt stays for ever, and no later step loses it", async () => {
    const jobId = await added();
    await toRunning(jobId);
    const receipt = random.bytes(100);
    await journal.apply(jobId, { type: "receiptSigned" }, receipt);
    expect(await journal.apply(jobId, { type: "receiptSigned" }, random.bytes(100)), "a second receipt").to.equal(
      undefined,
    );
    await journal.apply(jobId, { type: "settled", outcome: "SETTLED", block: 6 });
    await reopen();
    expect((await journal.get(jobId))?.receipt).to.deep.equal({ bytes: receipt, signer: "0xaa" });
  });

  it("behavior: an event that means nothing writes nothing, nor does one about an unknown job", async () => {
    const jobId = await added();
    const before = await journal.get(jobId);
    for (const event of [{ type: "receiptSigned" }, { type: "reopened", block: 9 }] as const) {
      expect(await journal.apply(jobId, event, random.bytes(10))).to.equal(undefined);
      expect(await journal.apply(randomHex32(random), event)).to.equal(undefined);
    }
    expect(await journal.get(jobId)).to.deep.equal(before);
    expect(await journal.get(randomHex32(random))).to.equal(undefined);
  });

  it("behavior: open jobs are the unfinished ones, oldest first; a reopened one is among them again", async () => {
    const ids = [await added(), await added(), await added(), await added()];
    const [first, second, third, fourth] = ids as [Hex, Hex, Hex, Hex];
    await journal.apply(second, { type: "claim" });
    await journal.apply(second, { type: "claimLost", why: "JOB_CLAIMED_BY_OTHER", block: 5 });
    await toRunning(third);
    await journal.apply(third, { type: "receiptSigned" }, random.bytes(9));
    await journal.apply(third, { type: "settled", outcome: "SETTLED", block: 6 });
    expect((await journal.open()).map(({ jobId }) => jobId)).to.deep.equal([first, fourth]);
    await journal.apply(second, { type: "reopened", block: 7 });
    expect((await journal.open()).map(({ jobId }) => jobId)).to.deep.equal([first, second, fourth]);
  });

  it("behavior: how far the chain was read and who we are, beyond 2^53 too", async () => {
    expect([await journal.point(), await journal.nodeId()]).to.deep.equal([undefined, undefined]);
    const point = { v: 1, nextBlock: String(2n ** 60n + 1n), trail: [] } as const;
    await journal.setPoint(point);
    await journal.setNodeId(7);
    await journal.setNodeId(8);
    await reopen();
    expect([await journal.point(), await journal.nodeId()]).to.deep.equal([point, 8]);
  });

  it("behavior: texts of strangers are data", async () => {
    const jobId = "0x'; DROP TABLE jobs; --" as Hex;
    await journal.add(jobId, random.bytes(9));
    await journal.apply(jobId, { type: "claim" });
    const why = `'); DELETE FROM jobs; -- "\u0000\ud800`;
    await journal.apply(jobId, { type: "claimLost", why, block: 5 });
    await reopen();
    expect((await journal.get(jobId))?.state).to.deep.equal({ status: "left", why, block: 5 });
  });

  it("behavior: a writer killed in the middle loses no step that it had said", async () => {
    await journal.close();
    const child = spawn(process.execPath, ["--no-warnings", writer, file], { stdio: ["ignore", "pipe", "inherit"] });
    let said = -1;
    for await (const line of createInterface({ input: child.stdout })) {
      said = Number(line);
      if (said === 100) child.kill("SIGKILL");
    }
    if (child.signalCode === null) await once(child, "exit");
    expect(child.signalCode).to.equal("SIGKILL");

    journal = openJournal(file);
    const rows = await Promise.all((await journal.open()).map(({ jobId }) => journal.get(jobId)));
    expect(rows.length).to.be.within(said + 1, said + 2);
    for (const [n, row] of rows.slice(0, said + 1).entries()) {
      const { state, params, receipt } = row ?? {};
      expect(state).to.deep.equal({ status: "settling", attempt: 1, signer: "0xaa", block: 5 });
      expect([params, receipt?.bytes]).to.deep.equal([Uint8Array.of(n & 0xff), Uint8Array.of(n & 0xff, 1)]);
    }
    expect(Number((await journal.point())?.nextBlock)).to.be.within(said, said + 1);
  }).timeout(20_000);

  it("behavior: a step that the process did not end counts as a crash; progress starts the count again", async () => {
    const jobId = await added();
    const innocent = await added();
    for (const crashes of [1, 2]) {
      await journal.began(jobId);
      await journal.began(innocent);
      await journal.ended(innocent);
      await reopen();
      expect(journal.suspects).to.deep.equal([{ jobId, crashes, quarantined: false }]);
      expect((await journal.open()).map((job) => job.crashes)).to.deep.equal([crashes, 0]);
    }
    await journal.apply(jobId, { type: "claim" });
    expect((await journal.open()).map(({ crashes }) => crashes)).to.deep.equal([0, 0]);
    for (const crashes of [1, 2, 3]) {
      await journal.began(jobId);
      await reopen();
      expect(journal.suspects).to.deep.equal([{ jobId, crashes, quarantined: crashes === 3 }]);
    }
    expect((await journal.get(jobId))?.state).to.deep.equal({ status: "quarantined", at: "claiming", crashes: 3 });
    expect((await journal.open()).map((job) => job.jobId)).to.deep.equal([innocent]);
    expect(await journal.counts()).to.include({ quarantined: 1, seen: 1, done: 0 });
    await reopen();
    expect(journal.suspects, "reported once").to.deep.equal([]);
  });

  it("behavior: a reorganisation takes back what rests on its blocks, and nothing else", async () => {
    const ids: Hex[] = [];
    for (const block of [10, 11, 12]) {
      const jobId = await added();
      ids.push(jobId);
      await journal.apply(jobId, { type: "claim" });
      await journal.apply(jobId, { type: "claimed", attempt: 1, signer: "0xaa", block });
    }
    const [, second, third] = ids as [Hex, Hex, Hex];
    await journal.apply(third, { type: "receiptSigned" }, random.bytes(9));
    await journal.apply(third, { type: "settled", outcome: "SETTLED", block: 13 });
    expect((await journal.settled(12, 9)).length).to.equal(0);
    expect((await journal.settled(13, 9)).map(({ jobId }) => jobId)).to.deep.equal([third]);
    expect(await journal.reorganised(11)).to.have.members([second, third]);
    const states = await Promise.all(ids.map(async (jobId) => (await journal.get(jobId))?.state.status));
    expect(states).to.deep.equal(["running", "claiming", "settling"]);
  });

  it("behavior: a file of the first version is taken over, with what it owes", async () => {
    const [claiming, running, settling, done, lost] = Array.from({ length: 5 }, () => randomHex32(random));
    await journal.close();
    await rm(file);
    const old = new DatabaseSync(file);
    old.exec(`PRAGMA journal_mode = WAL;
      CREATE TABLE jobs (job_id TEXT PRIMARY KEY, status TEXT NOT NULL, state TEXT NOT NULL, params BLOB NOT NULL, receipt BLOB) STRICT;
      CREATE INDEX jobs_by_status ON jobs (status);
      CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
      INSERT INTO meta VALUES ('nextBlock', '77'), ('nodeId', '5');`);
    const insert = old.prepare("INSERT INTO jobs VALUES (?, ?, ?, ?, ?)");
    const receipt = random.bytes(30);
    const put = (jobId: string | undefined, state: { status: string }, bytes: Uint8Array | null = null) =>
      insert.run(jobId ?? "", state.status, JSON.stringify(state), Uint8Array.of(1), bytes);
    const claimed = { attempt: 2, signer: "0xaa" };
    put(claiming, { status: "claiming" });
    put(running, { status: "running", ...claimed } as never);
    put(settling, { status: "settling", ...claimed } as never, receipt);
    put(done, { status: "done", outcome: "SETTLED" } as never, receipt);
    put(lost, { status: "left", why: "JOB_NOT_CLAIMABLE" } as never);
    old.close();

    journal = openJournal(file);
    const stateOf = async (jobId: string | undefined) => (await journal.get(jobId as Hex))?.state;
    expect(await stateOf(claiming)).to.deep.equal({ status: "claiming" });
    expect(await stateOf(running)).to.deep.equal({ status: "running", ...claimed, block: 0 });
    expect(await stateOf(settling)).to.deep.equal({ status: "settling", ...claimed, block: 0 });
    expect((await journal.get(settling as Hex))?.receipt).to.deep.equal({ bytes: receipt, signer: "0xaa" });
    expect(await stateOf(done)).to.deep.equal({ status: "done", outcome: "SETTLED" });
    expect(await stateOf(lost)).to.deep.equal({ status: "left", why: "JOB_NOT_CLAIMABLE", block: 0 });
    expect([await journal.point(), await journal.nodeId()]).to.deep.equal([{ v: 1, nextBlock: "77", trail: [] }, 5]);
    await reopen();
    expect(await stateOf(settling), "once").to.deep.equal({ status: "settling", ...claimed, block: 0 });
  });

  it("error: JOURNAL_UNUSABLE: a newer build's file, and one that is no journal; neither is touched", async () => {
    await added();
    await journal.close();
    const newer = new DatabaseSync(file);
    newer.exec("PRAGMA user_version = 99; PRAGMA wal_checkpoint(TRUNCATE);");
    newer.close();
    const before = await readFile(file);
    await expectError("JOURNAL_UNUSABLE", async () => openJournal(file));
    expect((await readFile(file)).equals(before)).to.equal(true);
    const noise = join(folder, "noise.sqlite");
    await writeFile(noise, random.bytes(9_000));
    await expectError("JOURNAL_UNUSABLE", async () => openJournal(noise));
    journal = openJournal(":memory:");
  });

  it("behavior: a disk that cannot be written, a full one for one, is a matter of time and not of the journal", async () => {
    await added();
    await journal.close();
    // What would be written first cannot be: SQLite says so where it only reads, as it does on a full disk.
    await mkdir(`${file}-wal`);
    await expectError("DATA_DIR_UNWRITABLE", async () => {
      try {
        openJournal(file);
      } catch (error) {
        throw await explainFailure(error);
      }
    });
    journal = openJournal(":memory:");
  });

  it("behavior: jobs that are over are forgotten some day, the oldest first; what is open never is", async () => {
    const first = await added();
    await journal.close();
    const db = new DatabaseSync(file);
    const insert = db.prepare("INSERT INTO jobs (job_id, status, state, params) VALUES (?, 'left', ?, x'00')");
    db.exec("BEGIN");
    for (let n = 0; n < 20_010; n++) insert.run(`0x${n}`, JSON.stringify({ status: "left", why: "x", block: 1 }));
    db.exec("COMMIT");
    db.close();
    journal = openJournal(file);
    expect(await journal.counts()).to.include({ seen: 1, left: 20_000 });
    expect(await journal.get("0x9" as Hex)).to.equal(undefined);
    expect(await journal.get("0x10" as Hex)).to.not.equal(undefined);
    expect(await journal.get(first)).to.not.equal(undefined);
  });
});
