import {
  decodeLogPage,
  encodeLogEntry,
  encodeLogQuery,
  encodeRevocation,
  encodeSignedLogHead,
  fetchAccessLog,
  findOmitted,
  inputReleasesHash,
  type LogEntry,
  logHeadHash,
  logTypedData,
  releasesHashOf,
  revokeAtGuardians,
  rootOf,
} from "@persona-protocol/sdk/access";
import { typedData } from "@persona-protocol/sdk/contracts";
import { expect } from "chai";
import { type Hex, zeroAddress } from "viem";
import { openGuardianLog } from "../../../node/src/access/guardianLog.ts";
import { readLog } from "../../../node/src/access/readLog.ts";
import { announceEndpoint } from "../../../node/src/enclave/registerEnclave.ts";
import { expectError } from "../../helpers/errors.ts";
import {
  askRelease,
  claimedJob,
  grantPosts,
  outcomeOf,
  post,
  publishSegments,
  type Scene,
  sharedScene,
} from "../../helpers/guardianScene.ts";
import { createRandom, testSeed } from "../../helpers/random.ts";
import { startStandIns } from "../../helpers/standInGuardians.ts";
import { randomHex32 } from "../../helpers/structs.ts";
import { registerTestEnclave } from "../../helpers/testEnclave.ts";

const random = createRandom(testSeed());

describe("the access log", function () {
  this.timeout(60_000);
  let scene: Scene;
  let context: { client: Scene["owner"]; deployment: Scene["network"]["deployment"] };
  let dataset: Scene["dataset"];
  let guardians: number[];
  before(async () => {
    scene = await sharedScene();
    context = { client: scene.owner, deployment: scene.network.deployment };
    // A dataset of its own: other tests log, too.
    ({ dataset } = await publishSegments(scene.network, scene.owner, scene.ownerKeys.publicKey));
    // As receipts count them; they may have registered in another order.
    guardians = scene.network.guardians.map(({ nodeId }) => nodeId).sort((a, b) => a - b);
  });
  const logsOf = () =>
    Promise.all(guardians.map((guardian) => fetchAccessLog(context, { datasetId: dataset.datasetId, guardian })));
  const released = async (job: Awaited<ReturnType<typeof claimedJob>>, guardian: number): Promise<Hex> => {
    const answer = await askRelease(scene, job, { guardian });
    if (answer.status !== "released") throw new Error(`refused: ${answer.refusal.reason}`);
    return answer.signature;
  };

  it("default: the owner sees each release and refusal of its dataset, proved, with the head each answer names", async () => {
    const [guardian = 0] = guardians;
    const grant = await grantPosts(scene, { dataset });
    const job = await claimedJob(scene, { grants: [grant] });
    const other = await claimedJob(scene);
    const answer = await askRelease(scene, job, { guardian });
    await askRelease(scene, other, { guardian });
    const wide = await claimedJob(scene, { grants: [grant], segments: [2n] });
    const refusal = await askRelease(scene, wide, { guardian });
    if (answer.status !== "released" || refusal.status !== "refused") throw new Error("another answer than wanted");

    const { entries, head } = await fetchAccessLog(context, { datasetId: dataset.datasetId, guardian, pageEntries: 1 });
    expect(entries.map(({ kind, jobId, logHead }) => [kind, jobId, logHead])).to.deep.equal([
      ["release", job.jobId, answer.release.logHead],
      ["refusal", wide.jobId, refusal.refusal.logHead],
    ]);
    expect(entries[0]).to.include({
      releaseSignature: answer.signature,
      signer: scene.worker.identity.account.address,
    });
    expect(head.size).to.be.greaterThan(2);

    await askRelease(scene, await claimedJob(scene, { grants: [grant] }), { guardian });
    const later = await fetchAccessLog(context, { datasetId: dataset.datasetId, guardian, known: head });
    expect(later.entries).to.have.length(3);
  });

  it("error: OWNER_MISMATCH: nobody else sees it", async () => {
    const [guardian = 0] = guardians;
    const stranger = { ...context, client: scene.dapp };
    await expectError("OWNER_MISMATCH", () => fetchAccessLog(stranger, { datasetId: dataset.datasetId, guardian }));
    await expectError("OWNER_MISMATCH", () => fetchAccessLog(context, { datasetId: randomHex32(random), guardian }));
  });

  it("behavior: a receipt's releases are found in the logs, and one that a guardian hides is missed", async () => {
    const job = await claimedJob(scene, { grants: [await grantPosts(scene, { dataset })] });
    const signatures: Hex[] = [];
    for (const guardian of guardians) signatures.push(await released(job, guardian));
    const [first, second, third] = signatures as [Hex, Hex, Hex];
    const logs = await logsOf();
    const hashOf = (...counted: Hex[]): Hex => releasesHashOf([inputReleasesHash(counted)]);
    const receipt = (releasesHash: Hex) => ({ jobId: job.jobId, releasesHash, inputs: 1, own: [0] });
    const counted = receipt(hashOf(first, third));
    expect(findOmitted(counted, logs)).to.deep.equal({ status: "complete", guardians: [guardians[0], guardians[2]] });
    expect(findOmitted(receipt(hashOf(first, second, third)), logs).status).to.equal("complete");
    const hiding = logs.map((log) =>
      log.guardian === guardians[2] ? { ...log, entries: log.entries.filter(({ jobId }) => jobId !== job.jobId) } : log,
    );
    expect(findOmitted(counted, hiding)).to.deep.equal({ status: "omitted", suspects: [guardians[2]] });
  });

  it("behavior: a revocation handed to the guardians counts at once, while the chain still knows the grant", async () => {
    const grant = await grantPosts(scene, { dataset });
    const job = await claimedJob(scene, { grants: [grant] });
    await released(job, guardians[0] ?? 0);
    const done = await revokeAtGuardians(context, grant);
    expect(done.every(({ error }) => error === undefined)).to.equal(true);
    for (const guardian of guardians) expect(await outcomeOf(scene, job, { guardian })).to.equal("GRANT_REVOKED");
    const again = await revokeAtGuardians(context, grant);
    expect(again.every(({ error }) => error === undefined)).to.equal(true);
    const [log] = await logsOf();
    expect(log?.entries.filter(({ kind }) => kind === "revocation")).to.have.length(1);
  });

  it("error: OWNER_MISMATCH: a revocation by somebody else, or for a dataset of somebody else", async () => {
    const grant = await grantPosts(scene, { dataset });
    const stranger = { ...context, client: scene.dapp };
    for (const { error } of await revokeAtGuardians(stranger, grant))
      expect(error).to.include({ code: "OWNER_MISMATCH" });
    const grantHash = randomHex32(random);
    const signature = await scene.owner.signTypedData(typedData.revoke(context.deployment, grantHash));
    const owner = scene.dapp.account.address;
    const forged = encodeRevocation({ datasetId: dataset.datasetId, owner, what: { grantHash }, signature });
    expect((await post(scene, "/revoke", forged)).status).to.equal(400);
    const job = await claimedJob(scene, { grants: [grant] });
    expect(await outcomeOf(scene, job)).to.equal("RELEASED");
  });

  it("behavior: revokeAll handed over ends all grants of the epoch", async () => {
    const owner = await scene.network.fundedClient();
    const own = await publishSegments(scene.network, owner, scene.ownerKeys.publicKey);
    const theirs = { ...scene, owner };
    const job = await claimedJob(theirs, { grants: [await grantPosts(theirs, { dataset: own.dataset })] });
    expect(await outcomeOf(scene, job)).to.equal("RELEASED");
    const what = { ownerEpoch: 0 };
    const message = { owner: owner.account.address, ...what };
    const signature = await owner.signTypedData(typedData.revokeAll(context.deployment, message));
    const { datasetId } = own.dataset;
    const body = encodeRevocation({ datasetId, owner: owner.account.address, what, signature });
    expect((await post(scene, "/revoke", body)).status).to.equal(200);
    expect(await outcomeOf(scene, job)).to.equal("GRANT_REVOKED");
  });

  describe("of a guardian that lies", () => {
    /** A guardian with a registered key whose host shows whatever `log` holds at the moment. */
    async function lyingGuardian() {
      const { network } = scene;
      const enclave = await registerTestEnclave(network, await network.fundedClient(), "guardian");
      let log = openGuardianLog(":memory:");
      const answers = { page: new Uint8Array() };
      const standIns = await startStandIns([enclave.nodeId], () => ({ status: 200, body: answers.page }));
      const endpoint = standIns.endpoint(enclave.nodeId);
      await announceEndpoint(
        { ...network, client: enclave.client, operator: enclave.client.account.address },
        enclave.nodeId,
        endpoint,
      );
      const signHead = async () => {
        const { number: blockNumber, hash: blockHash } = await scene.owner.getBlock();
        const tree = { size: log.frontier().size, root: rootOf(log.frontier()) };
        const head = { guardian: enclave.nodeId, ...tree, blockNumber, blockHash };
        const signature = await enclave.identity.account.signTypedData(logTypedData.head(context.deployment, head));
        return encodeSignedLogHead({ ...head, signature });
      };
      const append = (...entries: readonly LogEntry[]) => {
        for (const entry of entries) {
          const { size } = log.frontier();
          log.append([{ index: size, entry: encodeLogEntry(entry), answer: undefined, revocation: undefined }]);
        }
      };
      const fetchLog = async (known?: Parameters<typeof fetchAccessLog>[1]["known"]) => {
        // Answers as a real host does to the very query the client will send: both sign deterministically.
        const { timestamp } = await scene.owner.getBlock();
        const since = known?.size ?? 0;
        const asked = { datasetId: dataset.datasetId, guardian: enclave.nodeId, from: 0, limit: 256, since };
        const signed = { ...asked, issuedAt: Number(timestamp) };
        const signature = await scene.owner.signTypedData(logTypedData.query(context.deployment, signed));
        const query = encodeLogQuery({ ...signed, signature });
        answers.page = Uint8Array.from(await readLog({ log, signHead }, query));
        return fetchAccessLog(context, {
          datasetId: dataset.datasetId,
          guardian: enclave.nodeId,
          ...(known === undefined ? {} : { known }),
        });
      };
      return {
        append,
        fetchLog,
        rewrite: () => {
          log = openGuardianLog(":memory:");
        },
        answers,
        close: () => standIns.close(),
      };
    }
    const entryOf = (): LogEntry => ({
      kind: "refusal",
      reason: 17,
      jobId: randomHex32(random),
      attempt: 1,
      input: 0,
      datasetId: dataset.datasetId,
      signer: zeroAddress,
      blockNumber: 5n,
      salt: randomHex32(random),
    });

    it("error: GUARDIAN_LOG_INVALID: an entry changed or left out after it was shown", async () => {
      const guardian = await lyingGuardian();
      try {
        const entries = Array.from({ length: 9 }, entryOf);
        guardian.append(...entries);
        const { head, entries: seen } = await guardian.fetchLog();
        expect(seen).to.have.length(9);
        expect(seen[8]?.logHead).to.equal(logHeadHash(head));
        guardian.append(entryOf());
        expect((await guardian.fetchLog(head)).entries).to.have.length(10);
        for (const others of [entries.with(3, entryOf()), entries.toSpliced(4, 1, entryOf(), entryOf())]) {
          guardian.rewrite();
          guardian.append(...others, entryOf());
          const { data } = await expectError("GUARDIAN_LOG_INVALID", () => guardian.fetchLog(head));
          expect(data).to.include({ knownRoot: head.root });
        }
        guardian.rewrite();
        guardian.append(...entries.slice(0, 5));
        await expectError("GUARDIAN_LOG_INVALID", () => guardian.fetchLog(head));
      } finally {
        guardian.close();
      }
    });

    it("error: GUARDIAN_LOG_INVALID: any byte of a page changed on its way", async () => {
      const guardian = await lyingGuardian();
      try {
        guardian.append(...Array.from({ length: 5 }, entryOf));
        await guardian.fetchLog();
        const good = guardian.answers.page;
        for (let round = 0; round < 60; round++) {
          const changed = Uint8Array.from(good);
          const at = random.integer(good.length);
          changed[at] = (changed[at] ?? 0) ^ (1 << random.integer(8));
          guardian.answers.page = changed;
          const asked = { datasetId: dataset.datasetId, guardian: decodeLogPage(good).head.guardian };
          const failed = await fetchAccessLog(context, asked).then(
            () => `accepted a change at ${at}`,
            (error: { code?: string }) => error.code,
          );
          expect(failed).to.be.oneOf(["GUARDIAN_LOG_INVALID", "REQUEST_INVALID"]);
        }
      } finally {
        guardian.close();
      }
    });
  });

  it("behavior: what was released before is in the log of a guardian that has answered once only", async () => {
    const job = await claimedJob(scene, { grants: [await grantPosts(scene, { dataset })] });
    const [guardian = 0] = guardians;
    const bodies = await Promise.all([askRelease(scene, job, { guardian }), askRelease(scene, job, { guardian })]);
    expect(bodies[0]).to.deep.equal(bodies[1]);
    const { entries } = await fetchAccessLog(context, { datasetId: dataset.datasetId, guardian });
    expect(entries.filter(({ jobId }) => jobId === job.jobId)).to.have.length(1);
  });
});
