import { readFile } from "node:fs/promises";
import { decodeReleaseAnswer, type ReleaseAnswer } from "@persona-protocol/sdk/access";
import type { BuiltJob } from "@persona-protocol/sdk/compute";
import { expect } from "chai";
import { enclaveIn } from "../../../node/src/dev/processTree.ts";
import { createFuzz, refusedOr } from "../../helpers/fuzz.ts";
import {
  claimedJob,
  endpointOf,
  grantPosts,
  outcomeOf,
  publishSegments,
  releaseBody,
  type Scene,
  sharedScene,
} from "../../helpers/guardianScene.ts";
import { type LocalGuardian, startLocalGuardian } from "../../helpers/localGuardian.ts";
import { fuzzReleaseRequests } from "../../helpers/releaseFuzz.ts";

const { seed, runs, fuzz } = createFuzz();
/** Over HTTP, to a guardian's own process, each takes as long as a good request: some of them, for what lies between. */
const sent = Math.ceil(runs / 100);

describe(`mutated release requests (PERSONA_SEED=${seed})`, function () {
  this.timeout(120_000 + runs * 50);
  let scene: Scene;
  let local: LocalGuardian;
  let job: BuiltJob;
  before(async () => {
    scene = await sharedScene();
    local = await startLocalGuardian(scene);
    const guardians = [local.nodeId, ...scene.network.guardians.map(({ nodeId }) => nodeId)];
    const { dataset } = await publishSegments(scene.network, scene.owner, scene.ownerKeys.publicKey, guardians);
    job = await claimedJob(scene, { grants: [await grantPosts(scene, { dataset })] });
  });
  after(() => local?.close());

  it(`behavior: an enclave's code releases for none of ${runs}, and each is refused by name`, async () => {
    const answer = await local.answerer();
    const good = await releaseBody(scene, job, { guardian: local.nodeId });
    const read = async (body: Uint8Array): Promise<ReleaseAnswer> => decodeReleaseAnswer(await answer(body));
    expect((await read(good)).status).to.equal("released");
    const statuses = new Map<string, number>();
    await fuzz(good, async (body) => {
      const status = (await refusedOr(() => read(body)))?.status ?? "unreadable";
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      expect(status, Buffer.from(body).toString("hex")).to.not.equal("released");
    });
    // Mutations that all fail in the same place would say nothing of the others.
    expect([...statuses.keys()]).to.have.members(["refused", "unreadable"]);
    expect((await read(good)).status).to.equal("released");
  });

  const residentMb = async (pid: number): Promise<number> => {
    const status = await readFile(`/proc/${pid}/status`, "utf8");
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? Number.NaN) / 1_024;
  };

  it(`behavior: ${sent} of them over HTTP: none is released, none ends the guardian or fills its memory`, async () => {
    const [guardian] = scene.network.guardians;
    if (guardian === undefined) throw new Error("no guardian");
    expect(await outcomeOf(scene, job)).to.equal("RELEASED");
    const { answers, accepted } = await fuzzReleaseRequests(scene, job, { runs: sent, seed });
    expect(accepted).to.deep.equal([]);
    expect([...answers.keys()], JSON.stringify(Object.fromEntries(answers))).to.not.include.members(["INTERNAL"]);
    expect([...answers.values()].reduce((a, b) => a + b, 0)).to.be.at.least(sent);
    expect(await residentMb(enclaveIn(guardian.enclavePid))).to.be.lessThan(400);
    expect(await residentMb(guardian.pid)).to.be.lessThan(400);
    expect((await fetch(new URL("/healthz", await endpointOf(scene, guardian.nodeId)))).status).to.equal(200);
    expect(await outcomeOf(scene, job)).to.equal("RELEASED");
  });
});
