import { readFile } from "node:fs/promises";
import { expect } from "chai";
import { claimedJob, endpointOf, outcomeOf, type Scene, sharedScene } from "../../helpers/guardianScene.ts";
import { testSeed } from "../../helpers/random.ts";
import { fuzzReleaseRequests } from "../../helpers/releaseFuzz.ts";

const seed = testSeed();
const runs = Number(process.env["PERSONA_FUZZ_RUNS"] ?? 2_000);

describe("mutated release requests", function () {
  // About a hundredth of a second each on a busy machine, and the guardian's own limit of requests above that.
  this.timeout(120_000 + runs * 100);
  let scene: Scene;
  before(async () => {
    scene = await sharedScene();
  });
  const residentMb = async (pid: number): Promise<number> => {
    const status = await readFile(`/proc/${pid}/status`, "utf8");
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? Number.NaN) / 1_024;
  };

  it(`behavior: ${runs} of them: none is released, none ends the guardian or fills its memory (seed ${seed})`, async () => {
    const [guardian] = scene.network.guardians;
    if (guardian === undefined) throw new Error("no guardian");
    const job = await claimedJob(scene);
    expect(await outcomeOf(scene, job)).to.equal("RELEASED");
    const { answers, accepted } = await fuzzReleaseRequests(scene, job, { runs, seed });
    expect(accepted).to.deep.equal([]);
    expect([...answers.keys()], JSON.stringify(Object.fromEntries(answers))).to.not.include.members(["INTERNAL"]);
    expect([...answers.values()].reduce((a, b) => a + b, 0)).to.be.at.least(runs);
    expect(await residentMb(guardian.enclavePid)).to.be.lessThan(400);
    expect(await residentMb(guardian.pid)).to.be.lessThan(400);
    expect((await fetch(new URL("/healthz", await endpointOf(scene, guardian.nodeId)))).status).to.equal(200);
    expect(await outcomeOf(scene, job)).to.equal("RELEASED");
  });
});
