import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { openGuardianFiles } from "../../../node/src/access/guardianFiles.ts";
import { createRandom, testSeed } from "../../helpers/random.ts";
import { randomHex32 } from "../../helpers/structs.ts";

const random = createRandom(testSeed());

describe("openGuardianFiles", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "persona-guardian-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it("default: what was kept is there again, and what was not is undefined", async () => {
    const digest = randomHex32(random);
    const files = await openGuardianFiles(folder);
    expect(await files.sealedKeys()).to.equal(undefined);
    expect(await files.nodeId()).to.equal(undefined);
    expect(await files.deposit(digest)).to.equal(undefined);
    const [keys, deposit] = [random.bytes(90), random.bytes(900)];
    await files.saveSealedKeys(keys);
    await files.saveNodeId(7);
    await files.saveDeposit(digest, deposit);
    const again = await openGuardianFiles(folder);
    expect(await again.sealedKeys()).to.deep.equal(keys);
    expect(await again.nodeId()).to.equal(7);
    expect(await again.deposit(digest)).to.deep.equal(deposit);
    expect((await readdir(folder)).filter((name) => name.endsWith(".tmp"))).to.deep.equal([]);
  });

  it("error: a name that is no digest, such as a path, reads and writes nothing", async () => {
    const files = await openGuardianFiles(folder);
    for (const name of ["0x12", "0x../../etc/passwd", `0x${"/".repeat(64)}`] as const) {
      const works: (() => unknown)[] = [() => files.deposit(name), () => files.saveDeposit(name, random.bytes(3))];
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
