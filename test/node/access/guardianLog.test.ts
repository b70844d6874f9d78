import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import {
  decodeReleaseAnswer,
  encodeLogEntry,
  encodeReleaseAnswer,
  type LogEntry,
  leafHash,
  type ReleaseAnswer,
  rootOf,
  verifyConsistency,
  verifyInclusion,
} from "@persona-protocol/sdk/access";
import { PersonaError } from "@persona-protocol/sdk/errors";
import { expect } from "chai";
import { zeroAddress, zeroHash } from "viem";
import { type GuardianLog, openGuardianLog } from "../../../node/src/access/guardianLog.ts";
import { createAccessLog, type LogLineToStore } from "../../../node/src/enclave/runtime/guardian/accessLog.ts";
import { expectError } from "../../helpers/errors.ts";
import { createRandom, testSeed } from "../../helpers/random.ts";
import { randomHex32, randomStruct } from "../../helpers/structs.ts";

const random = createRandom(testSeed());
const writer = fileURLToPath(new URL("../../helpers/logWriter.ts", import.meta.url));

const entryOf = (change: Partial<LogEntry> = {}): LogEntry => ({
  kind: "release",
  reason: 0,
  jobId: randomHex32(random),
  attempt: 1,
  input: 0,
  datasetId: zeroHash,
  signer: zeroAddress,
  blockNumber: 7n,
  salt: randomHex32(random),
  ...change,
});
const lineOf = (index: number, change: Partial<LogEntry> = {}) => ({
  index,
  entry: encodeLogEntry(entryOf(change)),
  answer: undefined,
  revocation: undefined,
});

describe("openGuardianLog", () => {
  let folder: string;
  let file: string;
  let log: GuardianLog;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "persona-log-"));
    file = join(folder, "access-log.sqlite");
    log = openGuardianLog(file);
  });
  afterEach(async () => {
    log.close();
    await rm(folder, { recursive: true });
  });
  const reopen = () => {
    log.close();
    log = openGuardianLog(file);
  };

  it("default: entries of one dataset, page by page, each proved in the whole log", () => {
    const [ours, theirs] = [randomHex32(random), randomHex32(random)];
    for (let index = 0; index < 40; index++)
      log.append([lineOf(index, { datasetId: index % 3 === 0 ? ours : theirs })]);
    reopen();
    const { size } = log.frontier();
    const root = rootOf(log.frontier());
    const seen: number[] = [];
    for (let from: number | undefined = 0; from !== undefined; ) {
      const page = log.lines({ datasetId: ours, from, limit: 5, size });
      for (const { index, entry, proof, root: rootThen, rootProof } of page.lines) {
        seen.push(index);
        expect(verifyInclusion({ leaf: leafHash(entry), index, size, root, proof })).to.equal(true);
        expect(verifyConsistency({ size: index + 1, root: rootThen }, { size, root }, rootProof)).to.equal(true);
      }
      from = page.next;
    }
    expect(seen).to.deep.equal(Array.from({ length: 14 }, (_, i) => 3 * i));
  });

  it("behavior: answers are given again until their time is over; entries stay", () => {
    log.append([{ ...lineOf(0), answer: { name: "a", bytes: new Uint8Array([1]), until: 50 } }]);
    log.append([{ ...lineOf(1), answer: { name: "b", bytes: new Uint8Array([2]), until: 60 } }]);
    log.append([{ ...lineOf(2), answer: { name: "a", bytes: new Uint8Array([3]), until: 70 } }]);
    expect(log.answer("a"), "the first answer stays the answer").to.deep.equal(new Uint8Array([1]));
    log.forgetAnswers(51);
    reopen();
    expect(log.answer("a")).to.equal(undefined);
    expect(log.answer("b")).to.deep.equal(new Uint8Array([2]));
    expect(log.frontier().size).to.equal(3);
  });

  it("behavior: what was signed stays when an answer is over; the sealed shares go from the file", async () => {
    const sealed = (index: number) => ({ index, enc: random.bytes(1_120), ct: random.bytes(48) });
    const answers = [0, 1].map((): ReleaseAnswer & { status: "released" } => {
      const { index: _, ...bundleKey } = sealed(0);
      const signature = `0x${"22".repeat(65)}` as const;
      const release = randomStruct("Release", random);
      return { status: "released", release, signature, keys: { bundleKey, shares: [sealed(0), sealed(3)] } };
    });
    const datasetId = randomHex32(random);
    for (const [index, answer] of answers.entries()) {
      const kept = { name: `${index}`, bytes: encodeReleaseAnswer(answer), until: 50 + index };
      log.append([{ ...lineOf(index, { datasetId }), answer: kept }]);
    }
    // A second one of a name is never told again.
    const bytes = encodeReleaseAnswer(answers[0] as ReleaseAnswer);
    log.append([{ ...lineOf(2, { datasetId }), answer: { name: "1", bytes, until: 99 } }]);
    expect(log.forgetAnswers(51)).to.equal(1);
    reopen();
    const { lines } = log.lines({ datasetId, from: 0, limit: 9, size: 3 });
    const shown = lines.map(({ answer }) => decodeReleaseAnswer(answer ?? new Uint8Array()));
    expect(shown.map((answer) => answer.status === "released" && answer.keys.shares.length)).to.deep.equal([0, 2, 0]);
    for (const [i, at] of [0, 1, 0].entries())
      expect(shown[i]).to.deep.include({ release: answers[at]?.release, signature: answers[at]?.signature });
    log.close();
    const stored = await readFile(file);
    const has = (share: Uint8Array | undefined) => stored.includes(Buffer.from(share ?? [1]));
    expect(answers.map(({ keys }) => keys.shares.map(({ ct }) => has(ct)))).to.deep.equal([
      [false, false],
      [true, true],
    ]);
    log = openGuardianLog(file);
  });

  it("behavior: revocations come back in their order", () => {
    log.append([{ ...lineOf(0), revocation: new Uint8Array([1]) }, lineOf(1)]);
    log.append([{ ...lineOf(2), revocation: new Uint8Array([2]) }]);
    reopen();
    expect([...log.revocations()]).to.deep.equal([[new Uint8Array([1]), new Uint8Array([2])]]);
  });

  it("error: INTERNAL: lines that do not follow on the last one are not written at all", async () => {
    log.append([lineOf(0)]);
    for (const lines of [[lineOf(0)], [lineOf(2)], [lineOf(1), lineOf(3)]]) {
      await expectError("INTERNAL", () => log.append(lines));
      expect(log.frontier().size).to.equal(1);
    }
    log.append([lineOf(1)]);
    reopen();
    expect(log.frontier().size).to.equal(2);
  });

  it("behavior: lines that come again because their commit was slow are there once", async () => {
    const lines = [lineOf(0), lineOf(1), lineOf(2)];
    log.append(lines.slice(0, 2));
    log.append(lines);
    log.append(lines);
    expect(log.frontier().size).to.equal(3);
    const before = log.frontier();
    // Another line in the place of one that is there is no repeat.
    await expectError("INTERNAL", () => log.append([lines[0] ?? lineOf(0), lineOf(1), lineOf(3)]));
    expect(log.frontier()).to.deep.equal(before);
    reopen();
    expect(log.frontier()).to.deep.equal(before);
  });

  it("error: STORE_FAILED: a disk that does not take it leaves the log as it was", async () => {
    const blocker = new DatabaseSync(file);
    blocker.exec("BEGIN IMMEDIATE");
    await expectError("STORE_FAILED", () => log.append([lineOf(0)]));
    blocker.close();
    log.append([lineOf(0)]);
    expect(log.frontier().size).to.equal(1);
  });

  it("error: CONFIG_INVALID: a file that is no log, or lacks a node of its tree", async () => {
    for (let index = 0; index < 6; index++) log.append([lineOf(index)]);
    const db = new DatabaseSync(file);
    db.exec("DELETE FROM nodes WHERE level = 2");
    db.close();
    await expectError("CONFIG_INVALID", () => openGuardianLog(file));
    const text = join(folder, "text");
    await writeFile(text, "x".repeat(10_000));
    await expectError("CONFIG_INVALID", () => openGuardianLog(text));
  });

  it("behavior: killed at any moment, it has every line that was said to be there", async function () {
    this.timeout(60_000);
    for (let round = 0; round < 6; round++) {
      const child = spawn(process.execPath, ["--no-warnings", writer, file], { stdio: ["ignore", "pipe", "inherit"] });
      let said = -1;
      const lines = createInterface({ input: child.stdout });
      const killAt = random.integer(60);
      let heard = 0;
      lines.on("line", (line) => {
        said = Number(line);
        heard += 1;
        if (heard > killAt) child.kill("SIGKILL");
      });
      await Promise.all([once(child, "exit"), once(lines, "close")]);
      reopen();
      const { size } = log.frontier();
      expect(said).to.be.at.least(0);
      expect(size).to.be.greaterThan(said);
      expect(log.answer(`${said}`)?.[0]).to.equal(said % 256);
      expect(log.lines({ datasetId: zeroHash, from: said, limit: 1, size }).lines[0]?.index).to.equal(said);
    }
  });
});

describe("createAccessLog", () => {
  const kept: LogLineToStore[][] = [];
  let held: PromiseWithResolvers<void>[];
  let hold: boolean;
  const store = async (lines: readonly LogLineToStore[]): Promise<void> => {
    if (hold) {
      const gate = Promise.withResolvers<void>();
      held.push(gate);
      await gate.promise;
    }
    kept.push([...lines]);
  };
  const start = { size: 0, peaks: [] };
  const { salt: _, ...entry } = entryOf();
  const nothing = { answer: undefined, revocation: undefined };
  const fresh = () => ({ ...entry, jobId: randomHex32(random) });
  beforeEach(() => {
    kept.length = 0;
    held = [];
    hold = false;
  });
  const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

  it("default: nothing is answered before its line is stored, and one commit serves all who wait", async () => {
    hold = true;
    const log = createAccessLog(start, store);
    const answered: number[] = [];
    const asked = [0, 1, 2, 3].map((i) => log.append(fresh(), async () => nothing).then(() => answered.push(i)));
    await turn();
    expect(answered).to.deep.equal([]);
    expect(log.durable().size).to.equal(0);
    held[0]?.resolve();
    await turn();
    expect(answered).to.deep.equal([0]);
    held[1]?.resolve();
    await Promise.all(asked);
    expect(kept.map((lines) => lines.map(({ index }) => index))).to.deep.equal([[0], [1, 2, 3]]);
    expect(log.durable().size).to.equal(4);
  });

  it("behavior: a slow answer holds back the lines behind it, a failed one does not", async () => {
    const log = createAccessLog(start, store);
    const gate = Promise.withResolvers<typeof nothing>();
    const slow = log.append(fresh(), () => gate.promise);
    const next = log.append(fresh(), async () => nothing);
    await turn();
    expect(kept).to.deep.equal([]);
    gate.reject(new PersonaError("ENCLAVE_FAILED", "no signature"));
    await expectError("ENCLAVE_FAILED", () => slow);
    await next;
    expect(log.durable().size).to.equal(2);
  });

  it("error: STORE_FAILED reaches who waits; the line is stored with the next one", async () => {
    let full = true;
    const log = createAccessLog(start, async (lines) => {
      if (full) throw new PersonaError("STORE_FAILED", "full");
      await store(lines);
    });
    await expectError("STORE_FAILED", () => log.append(fresh(), async () => nothing));
    await expectError("STORE_FAILED", () => log.appendRefusal({ ...fresh(), kind: "refusal", reason: 17 }));
    expect(log.durable().size).to.equal(0);
    full = false;
    await log.append(fresh(), async () => nothing);
    expect(kept.flat().map(({ index }) => index)).to.deep.equal([0, 1, 2]);
  });

  it("behavior: an answer that was not given is not kept: the next one to the same request is the first that was", async () => {
    const stored: LogLineToStore[] = [];
    let full = true;
    const log = createAccessLog({ size: 0, peaks: [] }, async (lines) => {
      if (full) throw new PersonaError("STORE_FAILED", "No room.");
      stored.push(...lines);
    });
    const answerOf = (byte: number) => ({ name: "a", bytes: Uint8Array.of(byte), until: 9 });
    const ask = (byte: number) =>
      log.append(entryOf(), async () => ({ answer: answerOf(byte), revocation: undefined }));
    await expectError("STORE_FAILED", () => ask(1));
    full = false;
    await ask(2);
    expect(stored.map(({ index, answer }) => [index, answer?.bytes])).to.deep.equal([
      [0, undefined],
      [1, Uint8Array.of(2)],
    ]);
  });

  it("behavior: a commit that came through after it was given up for lost does not stop the log", async () => {
    const folder = await mkdtemp(join(tmpdir(), "persona-log-"));
    const disk = openGuardianLog(join(folder, "access-log.sqlite"));
    try {
      let late = true;
      const log = createAccessLog(disk.frontier(), async (lines) => {
        disk.append(lines);
        if (late) throw new PersonaError("ENCLAVE_FAILED", "The other side did not answer in time.");
      });
      const ask = () => log.append(entryOf(), async () => ({ answer: undefined, revocation: undefined }));
      await expectError("ENCLAVE_FAILED", ask);
      await expectError("ENCLAVE_FAILED", ask);
      late = false;
      await ask();
      expect(log.durable()).to.deep.equal({ size: 3, root: rootOf(disk.frontier()) });
    } finally {
      disk.close();
      await rm(folder, { recursive: true });
    }
  });

  it("behavior: the same refusal again adds nothing, and still names a head that is on the disk", async () => {
    const log = createAccessLog(start, store);
    const refusal = { ...fresh(), kind: "refusal", reason: 17 } as const;
    const first = await log.appendRefusal(refusal);
    await log.append(fresh(), async () => nothing);
    const again = await log.appendRefusal({ ...refusal, blockNumber: 99n });
    expect(log.durable().size).to.equal(2);
    expect(again).to.not.equal(first);
    await log.appendRefusal({ ...refusal, reason: 19 });
    expect(log.durable().size).to.equal(3);
  });

  it("error: STORE_FAILED: a host that never stores does not fill the enclave's memory", async () => {
    hold = true;
    const log = createAccessLog(start, store);
    for (let i = 0; i < 4_096; i++) log.append(fresh(), async () => nothing).catch(() => {});
    await expectError("STORE_FAILED", () => log.append(fresh(), async () => nothing));
  });
});
