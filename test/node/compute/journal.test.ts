import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import type { Hex } from "viem";
import { type Journal, openJournal } from "../../../node/src/compute/journal.ts";
import { createRandom, testSeed } from "../../helpers/random.ts";
import { randomHex32 } from "../../helpers/structs.ts";

const random = createRandom(testSeed());
const writer = fileURLToPath(new URL("../../helpers/journalWriter.ts", import.meta.url));

describe("openJournal", () => {
  let folder: string;
  let file: string;
  let journal: Journal;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "persona-journal-"));
    file = join(folder, "journal.sqlite");
    journal = openJournal(file);
  });
  afterEach(async () => {
    journal.close();
    await rm(folder, { recursive: true });
  });

  const reopen = () => {
    journal.close();
    journal = openJournal(file);
  };
  const added = (): Hex => {
    const jobId = randomHex32(random);
    journal.add(jobId, random.bytes(50));
    return jobId;
  };
  const toRunning = (jobId: Hex) => {
    journal.apply(jobId, { type: "claim" });
    journal.apply(jobId, { type: "claimed", attempt: 1, signer: "0xaa" });
  };

  it("default: a job, its state, parameters and receipt are there after reopening", () => {
    const params = random.bytes(500);
    const receipt = random.bytes(300);
    const jobId = randomHex32(random);
    journal.add(jobId, params);
    toRunning(jobId);
    expect(journal.apply(jobId, { type: "receiptSigned" }, receipt)).to.include({ status: "settling" });
    reopen();
    expect(journal.get(jobId)).to.deep.equal({
      jobId,
      state: { status: "settling", attempt: 1, signer: "0xaa" },
      params,
      receipt,
    });
  });

  it("behavior: adding again changes nothing, whatever the state and the parameters", () => {
    const jobId = added();
    const { params } = journal.get(jobId) ?? {};
    toRunning(jobId);
    journal.add(jobId, random.bytes(9));
    expect(journal.get(jobId)).to.deep.include({ params, state: { status: "running", attempt: 1, signer: "0xaa" } });
    expect(journal.open()).to.have.lengthOf(1);
  });

  it("behavior: a receipt stays for ever, and no later step loses it", () => {
    const jobId = added();
    toRunning(jobId);
    const receipt = random.bytes(100);
    journal.apply(jobId, { type: "receiptSigned" }, receipt);
    expect(journal.apply(jobId, { type: "receiptSigned" }, random.bytes(100)), "a second receipt").to.equal(undefined);
    journal.apply(jobId, { type: "settled", outcome: "SETTLED" });
    reopen();
    expect(journal.get(jobId)?.receipt).to.deep.equal(receipt);
  });

  it("behavior: an event that means nothing writes nothing, nor does one about an unknown job", () => {
    const jobId = added();
    const before = journal.get(jobId);
    for (const type of ["receiptSigned", "reopened"] as const) {
      expect(journal.apply(jobId, { type }, random.bytes(10))).to.equal(undefined);
      expect(journal.apply(randomHex32(random), { type })).to.equal(undefined);
    }
    expect(journal.get(jobId)).to.deep.equal(before);
    expect(journal.get(randomHex32(random))).to.equal(undefined);
  });

  it("behavior: open jobs are the unfinished ones, oldest first; a reopened one is among them again", () => {
    const ids = Array.from({ length: 4 }, added);
    const [first, second, third, fourth] = ids as [Hex, Hex, Hex, Hex];
    journal.apply(second, { type: "claim" });
    journal.apply(second, { type: "claimLost", why: "JOB_CLAIMED_BY_OTHER" });
    toRunning(third);
    journal.apply(third, { type: "receiptSigned" }, random.bytes(9));
    journal.apply(third, { type: "settled", outcome: "SETTLED" });
    expect(journal.open().map(({ jobId }) => jobId)).to.deep.equal([first, fourth]);
    journal.apply(second, { type: "reopened" });
    expect(journal.open().map(({ jobId }) => jobId)).to.deep.equal([first, second, fourth]);
  });

  it("behavior: how far the chain was read and who we are, beyond 2^53 too", () => {
    expect([journal.nextBlock(), journal.nodeId()]).to.deep.equal([undefined, undefined]);
    journal.setNextBlock(2n ** 60n + 1n);
    journal.setNodeId(7);
    journal.setNodeId(8);
    reopen();
    expect([journal.nextBlock(), journal.nodeId()]).to.deep.equal([2n ** 60n + 1n, 8]);
  });

  it("behavior: texts of strangers are data", () => {
    const jobId = "0x'; DROP TABLE jobs; --" as Hex;
    journal.add(jobId, random.bytes(9));
    journal.apply(jobId, { type: "claim" });
    const why = `'); DELETE FROM jobs; -- "\u0000\ud800`;
    journal.apply(jobId, { type: "claimLost", why });
    reopen();
    expect(journal.get(jobId)?.state).to.deep.equal({ status: "left", why });
  });

  it("behavior: a writer killed in the middle loses no step that it had said", async () => {
    journal.close();
    const child = spawn(process.execPath, ["--no-warnings", writer, file], { stdio: ["ignore", "pipe", "inherit"] });
    let said = -1;
    for await (const line of createInterface({ input: child.stdout })) {
      said = Number(line);
      if (said === 100) child.kill("SIGKILL");
    }
    if (child.signalCode === null) await once(child, "exit");
    expect(child.signalCode).to.equal("SIGKILL");

    journal = openJournal(file);
    const rows = journal.open();
    expect(rows.length).to.be.within(said + 1, said + 2);
    for (const [n, { state, params, receipt }] of rows.slice(0, said + 1).entries()) {
      expect(state).to.deep.equal({ status: "settling", attempt: 1, signer: "0xaa" });
      expect([params, receipt]).to.deep.equal([Uint8Array.of(n & 0xff), Uint8Array.of(n & 0xff, 1)]);
    }
    expect(Number(journal.nextBlock())).to.be.within(said, said + 1);
  }).timeout(20_000);
});
