import { existsSync } from "node:fs";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { decode } from "@ipld/dag-cbor";
import { decodeReleaseAnswer, fetchAccessLog, revokeAtGuardians } from "@persona-protocol/sdk/access";
import { openKeystore } from "@persona-protocol/sdk/storage";
import { expect } from "chai";
import { bytesToHex } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { createChainClient } from "../../../node/src/chain/connectChain.ts";
import { allGone } from "../../../node/src/dev/processTree.ts";
import { startDaemon } from "../../../node/src/dev/startNetwork.ts";
import {
  claim,
  claimedJob,
  endpointOf,
  grantPosts,
  outcomeOf,
  post,
  postJob,
  publishSegments,
  releaseBody,
  type Scene,
  sharedScene,
} from "../../helpers/guardianScene.ts";
import { registerTestEnclave } from "../../helpers/testEnclave.ts";

describe("startGuardian", function () {
  this.timeout(60_000);
  let scene: Scene;
  before(async () => {
    scene = await sharedScene();
  });
  const folderOf = (name: string) => join(scene.network.runDir, name);

  it("error: GUARDIAN_CONFLICT: the guardian's own operator claims, whatever else is right", async () => {
    const folder = folderOf("guardian-2");
    const keystore = await readFile(join(folder, "keystore.json"), "utf8");
    const { secret } = await openKeystore(keystore, await readFile(join(folder, "passphrase"), "utf8"));
    const { rpcUrl, deployment } = scene.network;
    const operator = createChainClient({
      rpcUrl,
      chainId: deployment.chainId,
      account: privateKeyToAccount(bytesToHex(secret)),
    });
    const enclave = await registerTestEnclave(scene.network, operator);
    const job = await postJob(scene, { grants: [await grantPosts(scene)] });
    await claim(scene, job, enclave);
    const [first, second] = scene.network.guardians.map(({ nodeId }) => nodeId);
    expect(await outcomeOf(scene, job, { enclave, guardian: second ?? 0 })).to.equal("GUARDIAN_CONFLICT");
    expect(await outcomeOf(scene, job, { enclave, guardian: first ?? 0 })).to.equal("RELEASED");
  });

  it("error: SHARE_UNKNOWN: the host has lost, damaged or swapped the deposit", async () => {
    const guardian = scene.network.guardians[1]?.nodeId ?? 0;
    // Nothing was released of it: what was, the enclave keeps for a while.
    const { network, owner, ownerKeys } = scene;
    const own = { ...scene, ...(await publishSegments(network, owner, ownerKeys.publicKey)) };
    const deposits = join(folderOf("guardian-2"), "data/deposits");
    const file = join(deposits, `${own.dataset.head.keyBoxDigest.slice(2)}.cbor`);
    const good = await readFile(file);
    const another = (await readdir(deposits)).find((name) => !file.endsWith(name));
    const swapped = another === undefined ? new Uint8Array() : await readFile(join(deposits, another));
    const flipped = Uint8Array.from(good);
    flipped[600] = (flipped[600] ?? 0) ^ 1; // inside the first share
    try {
      for (const bytes of [new Uint8Array(), good.subarray(1), good.subarray(0, -1), swapped, flipped]) {
        await writeFile(file, bytes);
        expect(await outcomeOf(own, await claimedJob(own), { guardian })).to.equal("SHARE_UNKNOWN");
      }
      await rm(file);
      expect(await outcomeOf(own, await claimedJob(own), { guardian })).to.equal("SHARE_UNKNOWN");
    } finally {
      await writeFile(file, good);
    }
    const outcome = async () => outcomeOf(own, await claimedJob(own), { guardian });
    expect(await outcome()).to.equal("RELEASED");
    await writeFile(file, flipped);
    expect(await outcome(), "it is in the enclave's memory now").to.equal("RELEASED");
    await writeFile(file, good);
  });

  it("behavior: killed without warning, it comes back with its keys, its node and its shares", async () => {
    const [guardian] = scene.network.guardians;
    if (guardian === undefined) throw new Error("no guardian");
    const job = await claimedJob(scene);
    const revoked = await grantPosts(scene);
    const ofRevoked = await claimedJob(scene, { grants: [revoked] });
    const { client, deployment } = { client: scene.owner, deployment: scene.network.deployment };
    expect((await revokeAtGuardians({ client, deployment }, revoked)).map(({ error }) => error)).to.deep.equal([
      undefined,
      undefined,
      undefined,
    ]);
    const body = await releaseBody(scene, job, { guardian: guardian.nodeId });
    const answered = await post(scene, "/release", body, guardian.nodeId);
    process.kill(guardian.pid, "SIGKILL");
    expect(decodeReleaseAnswer(answered.body).status).to.equal("released");
    await allGone([guardian.enclavePid]);

    const again = startDaemon(scene.network.processes, "guardian-1-again", join(folderOf("guardian-1"), "config.json"));
    const ready = JSON.parse(await again.ready) as typeof guardian;
    expect(ready).to.include({ nodeId: guardian.nodeId, signer: guardian.signer });
    const repeated = await post(scene, "/release", body, guardian.nodeId);
    expect(repeated.body, "the same request gets the same answer").to.deep.equal(answered.body);
    expect(await outcomeOf(scene, ofRevoked, { guardian: guardian.nodeId }), "what the owner said").to.equal(
      "GRANT_REVOKED",
    );
    const { datasetId } = scene.dataset;
    const { entries } = await fetchAccessLog({ client, deployment }, { datasetId, guardian: guardian.nodeId });
    expect(entries.filter(({ jobId, kind }) => jobId === job.jobId && kind === "release")).to.have.length(1);
    expect(await outcomeOf(scene, await claimedJob(scene), { guardian: guardian.nodeId })).to.equal("RELEASED");

    expect(existsSync(join(folderOf("guardian-1"), "data/enclave-keys.sealed"))).to.equal(true);
  });

  it("behavior: while its log cannot be written it releases nothing, and goes on when there is room again", async () => {
    const guardian = scene.network.guardians[2]?.nodeId ?? 0;
    const job = await claimedJob(scene);
    const blocker = new DatabaseSync(join(folderOf("guardian-3"), "data/access-log.sqlite"));
    try {
      blocker.exec("BEGIN IMMEDIATE");
      for (const asked of [job, await claimedJob(scene)]) {
        const { status, body } = await post(scene, "/release", await releaseBody(scene, asked, { guardian }), guardian);
        expect(status).to.equal(503);
        expect(decode(body)).to.include({ code: "STORE_FAILED" });
      }
      expect((await fetch(new URL("/healthz", await endpointOf(scene, guardian)))).status).to.equal(200);
    } finally {
      blocker.exec("ROLLBACK");
      blocker.close();
    }
    expect(await outcomeOf(scene, job, { guardian })).to.equal("RELEASED");
    expect(await outcomeOf(scene, await claimedJob(scene), { guardian })).to.equal("RELEASED");
  });
});
