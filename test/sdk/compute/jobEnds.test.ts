/** How jobs end, by the contracts and the SDK alone: an enclave's key signs here what no enclave has run. */
import {
  cancelJob,
  encodeResult,
  readResult,
  sealResult,
  timeOutJob,
  verifyReceipt,
  waitForJob,
} from "@persona-protocol/sdk/compute";
import {
  type ChainClient,
  callContract,
  type JobParams,
  jobMarketAbi,
  jobOfferHashOf,
  jobOrderHashOf,
  type Receipt,
  typedData,
} from "@persona-protocol/sdk/contracts";
import { generateKemKeyPair } from "@persona-protocol/sdk/crypto";
import { expect } from "chai";
import { bytesToHex, concat, encodeFunctionData, type Hex, pad } from "viem";
import { expectError } from "../../helpers/errors.ts";
import { openJobOnChain } from "../../helpers/openJob.ts";
import { createProgram } from "../../helpers/programs.ts";
import { createRandom, testSeed } from "../../helpers/random.ts";
import { randomHex32 } from "../../helpers/structs.ts";
import { registerTestEnclave, type TestEnclave } from "../../helpers/testEnclave.ts";
import { startTestChain, type TestChain } from "../../helpers/testNetwork.ts";

const random = createRandom(testSeed());
const program = createProgram();
const rows = [{ n: 7 }];

/** Calls the address in its calldata's first word with the rest: what an account contract does with what its owner wants. */
const forwarderInit = "0x601c8060095f395ff36020360360205f375f5f602036035f5f5f355af1601a575f5ffd5b00";

type OpenJob = { readonly jobId: Hex; readonly params: JobParams };

describe("how jobs end", function () {
  this.timeout(90_000);
  let chain: TestChain;
  let requester: ChainClient;
  let owner: ChainClient;
  let first: TestEnclave;
  let second: TestEnclave;
  let forwarder: Hex;

  before(async () => {
    chain = await startTestChain();
    [requester, owner] = [await chain.fundedClient(), await chain.fundedClient()];
    [first, second] = [
      await registerTestEnclave(chain, await chain.fundedClient()),
      await registerTestEnclave(chain, await chain.fundedClient()),
    ];
    const { governor } = chain;
    const hash = await governor.sendTransaction({ data: forwarderInit });
    const { contractAddress } = await governor.waitForTransactionReceipt({ hash });
    if (!contractAddress) throw new Error("no forwarder");
    forwarder = contractAddress;
  });
  after(() => chain?.close());

  const context = () => ({ client: requester, deployment: chain.deployment });
  const market = () => ({ address: chain.deployment.jobMarket, abi: jobMarketAbi }) as const;
  const soon = () => ({ signal: AbortSignal.timeout(30_000), pollMs: 20 });
  const open = (): Promise<OpenJob> => openJobOnChain(chain, { owner, requester });
  const claim = ({ jobId, params: { order, offer } }: OpenJob, { client, identity }: TestEnclave) =>
    callContract(client, {
      ...market(),
      functionName: "claimJob",
      args: [jobId, offer, jobOrderHashOf(order), identity.account.address],
    });
  const passTime = async (seconds: number) => {
    const rpc = chain.governor.request as (call: { method: string; params: unknown[] }) => Promise<unknown>;
    await rpc({ method: "evm_increaseTime", params: [seconds] });
    await rpc({ method: "evm_mine", params: [] });
  };

  /** A result for the job, as its enclave would sign it. */
  async function signedResult({ jobId, params: { order, offer } }: OpenJob, enclave: TestEnclave) {
    const resultKey = await generateKemKeyPair();
    const plaintext = encodeResult(program, rows);
    const sealed = await sealResult({ resultKey: resultKey.publicKey, jobSpecHash: order.specHash, plaintext });
    const { ciphertext, ...digests } = sealed;
    const receipt: Receipt = {
      jobId,
      jobSpecHash: order.specHash,
      attempt: 1,
      code: 0,
      ...digests,
      releasesHash: randomHex32(random),
      outputBytes: ciphertext.length,
    };
    const signature = await enclave.identity.account.signTypedData(typedData.receipt(chain.deployment, receipt));
    const offerHash = jobOfferHashOf(offer);
    return {
      resultKey,
      settlement: { jobId, order, offerHash, receipt, signature, ciphertext: bytesToHex(ciphertext) },
    };
  }

  it("default: the result is read and verified, whoever settled and however: alone, with others, through a contract", async () => {
    const jobs: (OpenJob & Awaited<ReturnType<typeof signedResult>>)[] = [];
    for (let i = 0; i < 4; i++) {
      const job = await open();
      await claim(job, first);
      jobs.push({ ...job, ...(await signedResult(job, first)) });
    }
    const [alone, one, two, wrapped] = jobs.map(({ settlement }) => settlement);
    if (!alone || !one || !two || !wrapped) throw new Error("no jobs");
    await callContract(owner, { ...market(), functionName: "settleJob", args: [alone] });
    await callContract(owner, { ...market(), functionName: "settleMany", args: [[one, alone, two]] });
    const data = encodeFunctionData({ abi: jobMarketAbi, functionName: "settleJob", args: [wrapped] });
    const word = pad(chain.deployment.jobMarket, { size: 32 });
    const hash = await owner.sendTransaction({ to: forwarder, data: concat([word, data]) });
    expect((await owner.waitForTransactionReceipt({ hash })).status).to.equal("success");

    for (const job of jobs) {
      const read = await readResult(context(), { ...job, program }, soon());
      expect(read.rows).to.deep.equal(rows);
      expect(read.receipt).to.deep.equal(job.settlement.receipt);
    }
  });

  it("error: RECEIPT_INVALID: another job's, another spec's, a changed one, another signer's", async () => {
    const job = await open();
    await claim(job, first);
    const { settlement } = await signedResult(job, first);
    await callContract(owner, { ...market(), functionName: "settleJob", args: [settlement] });
    const end = await waitForJob(context(), job.jobId, soon());
    if (end.status !== "settled") throw new Error(end.status);
    const wanted = { jobId: job.jobId, jobSpecHash: job.params.order.specHash };
    await verifyReceipt(context(), wanted, end);
    const changed = (change: Partial<Receipt>) => ({ ...end, receipt: { ...end.receipt, ...change } });
    for (const [expected, shown] of [
      [{ ...wanted, jobId: randomHex32(random) }, end],
      [{ ...wanted, jobSpecHash: randomHex32(random) }, end],
      [wanted, changed({ plaintextCommitment: randomHex32(random) })],
      [wanted, changed({ code: 16 })],
      [wanted, { ...end, signer: second.identity.account.address }],
    ] as const)
      await expectError("RECEIPT_INVALID", () => verifyReceipt(context(), expected, shown));
  });

  it("behavior: a claim that times out is opened again for another node, and a second time ends the job", async () => {
    const job = await open();
    await claim(job, first);
    await expectError("TRANSACTION_REVERTED", () => timeOutJob(context(), job));
    await passTime(501);
    await timeOutJob({ client: owner, deployment: chain.deployment }, job);
    await expectError("JOB_NOT_CLAIMABLE", () => claim(job, first));
    await claim(job, second);
    await passTime(501);
    await timeOutJob(context(), job);
    expect(await waitForJob(context(), job.jobId, soon())).to.deep.equal({ status: "timedOut" });
    await expectError("JOB_NOT_CLAIMED", () => timeOutJob(context(), job));
  });

  it("behavior: cancelled after the claim window, by its requester alone", async () => {
    const job = await open();
    await expectError("TRANSACTION_REVERTED", () => cancelJob(context(), job));
    await passTime(1_001);
    await expectError("TRANSACTION_REVERTED", () => cancelJob({ client: owner, deployment: chain.deployment }, job));
    await cancelJob(context(), job);
    expect(await waitForJob(context(), job.jobId, soon())).to.deep.equal({ status: "cancelled" });
  });

  it("error: JOB_UNKNOWN: no such job", async () => {
    await expectError("JOB_UNKNOWN", () => waitForJob(context(), randomHex32(random), soon()));
  });
});
