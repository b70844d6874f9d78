import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { openGuardianFiles } from "../../../node/src/access/guardianFiles.ts";
import { createRandom, testSeed } from "../../helpers/random.ts";

const random = createRandom(testSeed());

describe("openGuardianFiles", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "persona-guardian-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it("default: what was kept is there again, and what was not is undefined", async () => {
    const files = await openGuardianFiles(folder);
    expect(await files.sealedKeys()).to.equal(undefined);
    expect(await files.nodeId()).to.equal(undefined);
    const keys = random.bytes(90);
    await files.saveSealedKeys(keys);
    await files.saveNodeId(7);
    const again = await openGuardianFiles(folder);
    expect(await again.sealedKeys()).to.deep.equal(keys);
    expect(await again.nodeId()).to.equal(7);
    expect((await readdir(folder)).filter((name) => name.endsWith(".tmp"))).to.deep.equal([]);
  });
});
