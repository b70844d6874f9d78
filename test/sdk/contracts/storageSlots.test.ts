import {
  backupSlot,
  callContract,
  custodySlots,
  datasetRegistryAbi,
  datasetSlots,
  decodeCustodySlot,
  decodeDatasetSlot,
  decodeEnclaveKeySlot,
  decodeGrantSlot,
  decodeJobSlot,
  decodeRecoverySlot,
  enclaveKeySlots,
  grantHashOf,
  grantRegistryAbi,
  grantSlot,
  type JobParams,
  jobMarketAbi,
  jobOrderHashOf,
  jobParamsHashOf,
  jobSlots,
  nodeRegistryAbi,
  ownerEpochSlot,
  ownerKeysAbi,
  type Receipt,
  receiptDigestOf,
  recoverySlots,
  type Terms,
  typedData,
} from "@persona-protocol/sdk/contracts";
import { expect } from "chai";
import { type Address, type Hex, pad, toHex } from "viem";
import { accountRlp, slotValue, verifyProof } from "../../helpers/merkleProof.ts";
import { openJobOnChain } from "../../helpers/openJob.ts";
import { createRandom, testSeed } from "../../helpers/random.ts";
import { randomHex32, randomStruct } from "../../helpers/structs.ts";
import { registerTestEnclave, type TestEnclave } from "../../helpers/testEnclave.ts";
import { startTestChain, type TestChain } from "../../helpers/testNetwork.ts";

const random = createRandom(testSeed());

describe("storage slots", function () {
  this.timeout(60_000);
  let chain: TestChain;
  let worker: TestEnclave;
  let terms: Terms;
  let params: JobParams;
  let jobId: Hex;

  before(async () => {
    chain = await startTestChain();
    worker = await registerTestEnclave(chain, await chain.fundedClient());
    const [owner, requester] = [await chain.fundedClient(), await chain.fundedClient()];
    ({ terms, jobId, params } = await openJobOnChain(chain, { owner, requester }));
    const claim = { address: chain.deployment.jobMarket, abi: jobMarketAbi, functionName: "claimJob" } as const;
    const args = [jobId, params.offer, jobOrderHashOf(params.order), worker.identity.account.address] as const;
    await callContract(worker.client, { ...claim, args });
  });
  after(() => chain?.close());

  /** The word at `slot`, which eth_getStorageAt, eth_getProof's value and the Merkle proof itself must agree on. */
  async function word(address: Address, slot: Hex): Promise<Hex> {
    const block = await chain.governor.getBlock();
    const at = { address, blockNumber: block.number };
    const stored = await chain.governor.getStorageAt({ ...at, slot });
    const proof = await chain.governor.getProof({ ...at, storageKeys: [slot] });
    const [entry] = proof.storageProof;
    if (stored === undefined || entry === undefined) throw new Error("the chain proves nothing");
    expect(verifyProof(block.stateRoot, address, proof.accountProof), "account").to.equal(accountRlp(proof));
    expect(slotValue(verifyProof(proof.storageHash, slot, entry.proof)), "slot").to.equal(entry.value);
    expect(pad(stored, { size: 32 })).to.equal(toHex(entry.value, { size: 32 }));
    return pad(stored, { size: 32 });
  }

  it("default: a grant", async () => {
    const { grantRegistry } = chain.deployment;
    const grantHash = grantHashOf(chain.deployment, terms);
    const got = decodeGrantSlot(await word(grantRegistry, grantSlot(terms.owner, grantHash)));
    const registry = { address: grantRegistry, abi: grantRegistryAbi } as const;
    const view = await chain.governor.readContract({
      ...registry,
      functionName: "grantOf",
      args: [terms.owner, grantHash],
    });
    expect(view.status).to.equal(1);
    expect(got).to.deep.equal({ ...view, status: "active" });
    expect(got).to.include({ uses: 1, outputBytes: BigInt(params.order.maxOutputBytes), followUpgrades: true });
  });

  it("default: a dataset", async () => {
    const { datasetRegistry } = chain.deployment;
    const slots = datasetSlots(terms.datasetId);
    const registry = { address: datasetRegistry, abi: datasetRegistryAbi } as const;
    const view = await chain.governor.readContract({ ...registry, functionName: "datasetOf", args: [terms.datasetId] });
    const { headHash, ...rest } = view;
    expect(await word(datasetRegistry, slots.headHash)).to.equal(headHash);
    const got = decodeDatasetSlot(await word(datasetRegistry, slots.dataset));
    expect(got).to.deep.equal({ ...rest, version: BigInt(rest.version), status: "active" });
  });

  it("default: a custody, a recovery and a backup", async () => {
    const { ownerKeys } = chain.deployment;
    const [owner, second] = [await chain.fundedClient(), await chain.fundedClient()];
    const registry = { address: ownerKeys, abi: ownerKeysAbi } as const;
    const ids = [randomHex32(random), randomHex32(random), randomHex32(random)] as const;
    const [rootKeyId, planHash, deviceKeyId] = ids;
    const args = [rootKeyId, planHash, second.account.address, 200_000, 1] as const;
    await callContract(owner, { ...registry, functionName: "setCustody", args });
    await callContract(owner, { ...registry, functionName: "setBackup", args: [planHash] });
    const asked = [owner.account.address, { people: [], digest: rootKeyId }, deviceKeyId] as const;
    await callContract(second, { ...registry, functionName: "requestRecovery", args: asked });

    const slots = custodySlots(owner.account.address);
    expect(await word(ownerKeys, slots.rootKeyId)).to.equal(rootKeyId);
    expect(await word(ownerKeys, slots.planHash)).to.equal(planHash);
    expect(decodeCustodySlot(await word(ownerKeys, slots.custody))).to.deep.equal({
      secondWallet: second.account.address,
      delay: 200_000,
      version: 1,
    });
    expect(await word(ownerKeys, backupSlot(owner.account.address))).to.equal(planHash);
    const places = recoverySlots(owner.account.address, second.account.address);
    expect(await word(ownerKeys, places.deviceKeyId)).to.equal(deviceKeyId);
    const { deviceKeyId: _, ...view } = await chain.governor.readContract({
      ...registry,
      functionName: "recoveryOf",
      args: [owner.account.address, second.account.address],
    });
    const request = decodeRecoverySlot(await word(ownerKeys, places.request));
    expect(request).to.deep.equal({ ...view, status: "open" });
    expect(request.ripeAt - request.requestedAt).to.equal(200_000);
  });

  it("default: an enclave key", async () => {
    const { nodeRegistry } = chain.deployment;
    const signer = worker.identity.account.address;
    const slots = enclaveKeySlots(signer);
    const registry = { address: nodeRegistry, abi: nodeRegistryAbi } as const;
    const view = await chain.governor.readContract({ ...registry, functionName: "enclaveKeyOf", args: [signer] });
    // Platform and verifier lie in a slot behind these, which no enclave reads.
    const { measurement, kemKeyHash, platform, verifierIndex, ...rest } = view;
    expect(platform).to.match(/^0x/);
    expect(verifierIndex).to.be.greaterThan(0);
    expect(await word(nodeRegistry, slots.measurement)).to.equal(measurement);
    expect(await word(nodeRegistry, slots.kemKeyHash)).to.equal(kemKeyHash);
    expect(kemKeyHash).to.equal(worker.identity.kemKeyHash);
    const got = decodeEnclaveKeySlot(await word(nodeRegistry, slots.key));
    expect(got).to.deep.equal({ ...rest, state: "active" });
    expect(got).to.include({ nodeId: worker.nodeId, keyClass: 1 });
  });

  it("default: a job, claimed and after a failure beyond release", async () => {
    const { jobMarket } = chain.deployment;
    const slots = jobSlots(jobId);
    const view = () =>
      chain.governor.readContract({ address: jobMarket, abi: jobMarketAbi, functionName: "jobOf", args: [jobId] });
    const fields = async () => {
      const { commitment, ...rest } = await view();
      expect(await word(jobMarket, slots.commitment)).to.equal(commitment);
      const got = decodeJobSlot(await word(jobMarket, slots.job));
      expect({ ...got, status: "" }).to.deep.equal({ ...rest, status: "" });
      return { ...got, commitment };
    };
    const signer = worker.identity.account.address;
    const market = { address: jobMarket, abi: jobMarketAbi, fromBlock: 0n, strict: true } as const;
    const [posted] = await chain.governor.getContractEvents({ ...market, eventName: "JobSubmitted" });
    const [claim] = await chain.governor.getContractEvents({ ...market, eventName: "JobClaimed" });
    const { timestamp } = await chain.governor.getBlock({ blockHash: claim?.blockHash ?? "0x" });
    const dueBy = Number(timestamp) + params.offer.runSeconds;
    expect(claim?.args.dueBy).to.equal(dueBy);
    const raceBlock = Number(posted?.blockNumber);
    const claimed = { signer, status: "claimed", attempt: 1, tainted: false, raceBlock, dueBy, claimDelay: 255 };
    expect(await fields()).to.include({ ...claimed, commitment: jobParamsHashOf(params) });

    const receipt: Receipt = {
      ...randomStruct("Receipt", random),
      jobId,
      jobSpecHash: params.order.specHash,
      attempt: 1,
      code: 16,
      outputBytes: 0,
    };
    const signature = await worker.identity.account.signTypedData(typedData.receipt(chain.deployment, receipt));
    const fail = { address: jobMarket, abi: jobMarketAbi, functionName: "failJob" } as const;
    await callContract(worker.client, { ...fail, args: [jobId, params, receipt, signature] });
    const commitment = receiptDigestOf(chain.deployment, receipt);
    expect(await fields()).to.include({ ...claimed, status: "failed", tainted: true, commitment });
  });

  it("behavior: what is not there is proved not to be there", async () => {
    const nothing = randomHex32(random);
    const { datasetRegistry, grantRegistry, jobMarket, nodeRegistry } = chain.deployment;
    expect(decodeGrantSlot(await word(grantRegistry, grantSlot(terms.owner, nothing)))).to.include({
      status: "none",
      uses: 0,
    });
    expect(decodeDatasetSlot(await word(datasetRegistry, datasetSlots(nothing).dataset)).status).to.equal("none");
    expect(decodeJobSlot(await word(jobMarket, jobSlots(nothing).job)).status).to.equal("none");
    expect(decodeEnclaveKeySlot(await word(nodeRegistry, enclaveKeySlots(terms.owner).key)).state).to.equal("none");
  });

  it("behavior: an owner's epoch after revokeAll", async () => {
    const owner = await chain.fundedClient();
    const { grantRegistry } = chain.deployment;
    await callContract(owner, { address: grantRegistry, abi: grantRegistryAbi, functionName: "revokeAll", args: [] });
    expect(BigInt(await word(grantRegistry, ownerEpochSlot(owner.account.address)))).to.equal(1n);
  });

  it("error: a proof with a changed byte shows nothing", async () => {
    const { jobMarket } = chain.deployment;
    const slot = jobSlots(jobId).job;
    const { storageHash, storageProof } = await chain.governor.getProof({ address: jobMarket, storageKeys: [slot] });
    const proof = storageProof[0]?.proof ?? [];
    const last = proof.at(-1) ?? "0x";
    const forged = `${last.slice(0, -1)}${last.endsWith("0") ? "1" : "0"}` as Hex;
    expect(() => verifyProof(storageHash, slot, [...proof.slice(0, -1), forged])).to.throw();
    expect(() => verifyProof(storageHash, slot, proof.slice(0, -1))).to.throw();
  });
});
