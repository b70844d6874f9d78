import { mkdtemp, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeDeposit } from "@persona-protocol/sdk/access";
import { encodeKeyBoxBody } from "@persona-protocol/sdk/storage";
import { expect } from "chai";
import { type Hex, zeroAddress } from "viem";
import { type GuardianDeposits, openGuardianDeposits } from "../../../node/src/access/guardianDeposits.ts";
import { expectError } from "../../helpers/errors.ts";
import { createKeyBox } from "../../helpers/keyBox.ts";
import { createRandom, testSeed } from "../../helpers/random.ts";
import { randomHex32 } from "../../helpers/structs.ts";

const random = createRandom(testSeed());

describe("openGuardianDeposits", () => {
  let folder: string;
  let deposits: GuardianDeposits;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "persona-guardian-"));
    deposits = await openGuardianDeposits(folder, { minFreeBytes: 0 });
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function deposited(datasetId: Hex): Promise<{ digest: Hex; bytes: Uint8Array }> {
    const { keyBox } = await createKeyBox({ datasetId });
    const bytes = encodeDeposit({
      owner: zeroAddress,
      salt: randomHex32(random),
      head: keyBox.headBytes,
      body: encodeKeyBoxBody(keyBox.body),
      signature: `0x${"11".repeat(65)}`,
    });
    await deposits.save(keyBox.keyBoxDigest, bytes);
    return { digest: keyBox.keyBoxDigest, bytes };
  }

  it("default: what was kept is there again, by dataset, also after a restart", async () => {
    const [one, two] = [randomHex32(random), randomHex32(random)];
    const [a, b, c] = [await deposited(one), await deposited(one), await deposited(two)];
    for (const kept of [deposits, await openGuardianDeposits(folder, { minFreeBytes: 0 })]) {
      for (const { digest, bytes } of [a, b, c]) expect(await kept.read(digest)).to.deep.equal(bytes);
      expect(kept.datasets().sort()).to.deep.equal([one, two].sort());
      expect([...kept.keyBoxesOf(one)].sort()).to.deep.equal([a.digest, b.digest].sort());
      expect(kept.keyBoxesOf(randomHex32(random))).to.deep.equal([]);
    }
    expect(await deposits.read(randomHex32(random))).to.equal(undefined);
  });

  it("behavior: what is destroyed is gone from the disk, the rest stays, and again is no error", async () => {
    const [one, two] = [randomHex32(random), randomHex32(random)];
    const [a, b] = [await deposited(one), await deposited(two)];
    for (let times = 0; times < 2; times++) {
      await deposits.destroy([a.digest]);
      expect(await readdir(join(folder, "deposits"))).to.deep.equal([`${b.digest.slice(2)}.cbor`]);
      expect(await deposits.read(a.digest)).to.equal(undefined);
      expect(deposits.datasets()).to.deep.equal([two]);
    }
  });

  it("behavior: how long a dataset has waited counts from its last deposit, also after a restart", async () => {
    const [one, two] = [randomHex32(random), randomHex32(random)];
    const [a, b, c] = [await deposited(one), await deposited(two), await deposited(two)];
    const age = (digest: Hex, seconds: number) =>
      utimes(join(folder, "deposits", `${digest.slice(2)}.cbor`), seconds, seconds);
    for (const { digest } of [a, b]) await age(digest, 1_000);
    await age(c.digest, 2_000);
    const kept = await openGuardianDeposits(folder, { minFreeBytes: 0 });
    expect(kept.keptSince(1_500_000, [one, two])).to.deep.equal([one]);
    expect(kept.keptSince(2_500_000, [two, one])).to.deep.equal([two, one]);
    expect(kept.keptSince(2_500_000, [randomHex32(random)])).to.deep.equal([]);
    await kept.save(a.digest, a.bytes);
    expect(kept.keptSince(2_500_000, [one])).to.deep.equal([]);
    expect(await kept.expire(2_500_000, one), "deposited again meanwhile").to.deep.equal([]);
    expect((await kept.expire(2_500_000, two)).toSorted()).to.deep.equal([b.digest, c.digest].toSorted());
    expect(await kept.expire(2_500_000, two)).to.deep.equal([]);
    expect(kept.datasets()).to.deep.equal([one]);
  });

  it("error: STORE_FAILED: what a guardian needs to go on is not given to deposits", async () => {
    const { digest, bytes } = await deposited(randomHex32(random));
    const full = await openGuardianDeposits(folder, { minFreeBytes: Number.MAX_SAFE_INTEGER });
    const error = await expectError("STORE_FAILED", () => full.save(randomHex32(random), bytes));
    expect(error.exitCode).to.equal(75);
    expect(await full.read(digest)).to.deep.equal(bytes);
    expect(await readdir(join(folder, "deposits"))).to.have.length(1);
  });

  it("behavior: a file that was never finished is removed, a damaged one is of no dataset and stays", async () => {
    const damaged = `${randomHex32(random).slice(2)}.cbor`;
    for (const name of [damaged, `${damaged}.1.tmp`]) await writeFile(join(folder, "deposits", name), random.bytes(40));
    expect((await openGuardianDeposits(folder, { minFreeBytes: 0 })).datasets()).to.deep.equal([]);
    expect(await readdir(join(folder, "deposits"))).to.deep.equal([damaged]);
  });

  it("error: a name that is no digest, such as a path, reads, writes and removes nothing", async () => {
    for (const name of ["0x12", "0x../../etc/passwd", `0x${"/".repeat(64)}`] as const) {
      const works: (() => unknown)[] = [
        () => deposits.read(name),
        () => deposits.save(name, random.bytes(3)),
        () => deposits.destroy([name]),
      ];
      for (const work of works) {
        const failed = await (async () => work())().then(
          () => false,
          () => true,
        );
        expect(failed, name).to.equal(true);
      }
    }
    expect(await readdir(join(folder, "deposits"))).to.deep.equal([]);
  });
});
