import { encode } from "@ipld/dag-cbor";
import {
  type ChainClient,
  callContract,
  encodeStruct,
  type JobOffer,
  type JobOrder,
  type JobParams,
  jobMarketAbi,
  jobOfferHashOf,
  jobOrderHashOf,
  nodeRegistryAbi,
} from "@persona-protocol/sdk/contracts";
import { isPersonaError, PersonaError } from "@persona-protocol/sdk/errors";
import { expect } from "chai";
import {
  BaseError,
  ContractFunctionExecutionError,
  ContractFunctionRevertedError,
  encodeAbiParameters,
  encodeErrorResult,
  encodeEventTopics,
  type Hex,
  zeroAddress,
} from "viem";
import { bringReceipt, type Ending } from "../../../node/src/compute/bringReceipts.ts";
import { advanceJob, type WorkerContext } from "../../../node/src/compute/jobSteps.ts";
import type { Journal } from "../../../node/src/compute/journal.ts";
import { openJournal } from "../../../node/src/compute/sqliteJournal.ts";
import { createRandom, testSeed } from "../../helpers/random.ts";
import { randomDeployment, randomHex32, randomStruct } from "../../helpers/structs.ts";

const random = createRandom(testSeed());
const deployment = randomDeployment(random);
const ours = deployment.jobMarket;
const other = deployment.nodeRegistry;
const now = 1_000_000;
const open = 1;
const claimed = 2;

type Job = { status: number; signer: Hex; attempt: number; dueBy: number; raceBlock: number };
/** What a transaction does: fails, or changes the job. */
type Sending = (functionName: string, args: readonly unknown[]) => void;

describe("advanceJob", () => {
  let journal: Journal;
  let jobId: Hex;
  let params: JobParams;
  let job: Job;
  let time: number;
  let head: bigint;
  let sending: Sending;
  let recorded: Hex;
  let running: () => unknown;
  let raceUnit: bigint;
  let race: () => readonly [bigint, bigint];
  /** Of the events of block 95. */
  let reopened: readonly { args: { code: number } }[];
  let waited: number | undefined;
  beforeEach(async () => {
    journal = openJournal(":memory:");
    jobId = randomHex32(random);
    params = paramsWith();
    job = openJob();
    raceUnit = 0n;
    race = () => [0n, 0n];
    reopened = [];
    time = now;
    head = 100n;
    sending = () => {};
    recorded = "0x00";
    running = () => ({
      receipt: receipt(),
      signature: new Uint8Array(65),
      ciphertext: new Uint8Array(9),
      failure: null,
    });
    await journal.add(jobId, encodeStruct("JobParams", params));
  });
  afterEach(() => journal.close());

  const paramsWith = (order: Partial<JobOrder> = {}, offer: Partial<JobOffer> = {}): JobParams => {
    const any = randomStruct("JobParams", random);
    return {
      order: { ...any.order, fee: 10n, ...order },
      offer: { ...any.offer, claimBy: now + 600, runSeconds: 1_800, namedNode: 0, ...offer },
    };
  };
  const openJob = (): Job => ({ status: open, signer: zeroAddress, attempt: 1, dueBy: 0, raceBlock: 90 });
  const claimedBy = (signer: Hex): Job => ({ ...openJob(), status: claimed, signer, dueBy: now + 1_800 });
  const receipt = (code = 0) => encodeStruct("Receipt", { ...randomStruct("Receipt", random), code, attempt: 1 });
  const errorArgs = {
    JobNotClaimed: () => [jobId, 4],
    JobNotOpen: () => [jobId, 4],
    ClaimNodeNotNamed: () => [jobId, 1, 2],
    ClaimTooEarly: () => [jobId, 120n, 100n],
    ClaimBondMissing: () => [jobId, 1, 5n, 10n],
    ClaimsArePaused: () => [now + 99],
    ClaimKeyNotActive: () => [jobId, ours, 0],
    ClaimKeyNotWorker: () => [jobId, ours],
  } as const;
  const reverted = (errorName: keyof typeof errorArgs) => {
    const args = errorArgs[errorName]();
    const abi = [...jobMarketAbi, ...nodeRegistryAbi];
    const data = encodeErrorResult({ abi, errorName, args } as Parameters<typeof encodeErrorResult>[0]);
    const cause = new ContractFunctionRevertedError({ abi: jobMarketAbi, data, functionName: "x" });
    return new ContractFunctionExecutionError(cause, { abi: jobMarketAbi, args: [], functionName: "x" });
  };

  const context = (): WorkerContext => {
    const client = {
      chain: undefined,
      account: undefined,
      async readContract({ functionName }: { functionName: string }) {
        if (functionName === "jobOf") return job;
        if (functionName === "raceOf") return race();
        return functionName === "receiptOf" ? recorded : "0xaa";
      },
      getBlock: async () => ({ timestamp: BigInt(time), number: head }),
      getBlockNumber: async () => head,
      getContractEvents: async ({ fromBlock }: { fromBlock: bigint }) => (fromBlock === 95n ? reopened : []),
      async writeContract({ functionName, args }: { functionName: string; args: readonly unknown[] }) {
        sending(functionName, args);
        return "0x01";
      },
      async waitForTransactionReceipt() {
        const topics = encodeEventTopics({
          abi: jobMarketAbi,
          eventName: "JobClaimed",
          args: { jobId, nodeId: 1, signer: ours },
        });
        const data = encodeAbiParameters([{ type: "uint32" }, { type: "uint32" }], [job.attempt, now + 1_800]);
        return { status: "success", blockNumber: 100n, logs: [{ topics, data, address: ours }] };
      },
    };
    const enclave = { call: async () => running() };
    const silent = () => {};
    const log = { info: silent, warn: silent, error: silent };
    const limits = { minFee: "10", pollMs: 50 };
    const send = ((call: Parameters<typeof callContract>[1]) =>
      callContract(client as unknown as ChainClient, call)) as unknown as WorkerContext["send"];
    const openUntil = now + 86_400;
    return {
      client,
      send,
      deployment,
      limits,
      openUntil,
      raceUnit,
      operator: other,
      log,
      journal,
      enclave,
      signer: ours,
      declines: ({ runSeconds }: { runSeconds: number }) => (runSeconds < 30 ? "RUN_TIME_TOO_SHORT" : undefined),
      took: () => {},
      bring: (ending: Ending) => bringReceipt({ send, deployment }, ending),
    } as unknown as WorkerContext;
  };
  const status = async () => (await journal.get(jobId))?.state;
  const step = async (): Promise<string | undefined> => {
    const row = await journal.get(jobId);
    if (row === undefined) throw new Error("no row");
    try {
      waited = (await advanceJob(context(), row))?.waitMs;
    } catch (error) {
      if (!isPersonaError(error)) throw error;
      return error.code;
    }
    return undefined;
  };
  const toSettling = async (code = 0) => {
    await journal.apply(jobId, { type: "claim" });
    await journal.apply(jobId, { type: "claimed", attempt: 1, signer: ours, block: 100 });
    const answer = {
      receipt: receipt(code),
      signature: new Uint8Array(65),
      ciphertext: new Uint8Array(code === 0 ? 9 : 0),
      failure: null,
    };
    await journal.apply(jobId, { type: "receiptSigned" }, encode(answer));
    job = claimedBy(ours);
  };
  const transient = [
    new BaseError("nonce too low", { details: "nonce too low" }),
    new BaseError("limit exceeded", { details: "limit exceeded" }),
    new PersonaError("CHAIN_UNREACHABLE", "gone"),
  ];

  it("default: claims, runs and settles", async () => {
    expect([await step(), await status()]).to.deep.equal([
      undefined,
      { status: "running", attempt: 1, signer: ours, block: 100 },
    ]);
    expect([await step(), (await status())?.status]).to.deep.equal([undefined, "settling"]);
    expect([await step(), await status()]).to.deep.equal([
      undefined,
      { status: "settled", attempt: 1, signer: ours, outcome: "SETTLED", block: 100 },
    ]);
  });

  it("behavior: a signed receipt outlives every failure on its way, and then settles", async () => {
    await toSettling();
    for (const error of [...transient, reverted("JobNotClaimed")]) {
      sending = () => {
        throw error;
      };
      expect(await step()).to.be.a("string");
      expect((await status())?.status, String(error)).to.equal("settling");
    }
    sending = () => {};
    await step();
    expect(await status()).to.deep.equal({
      status: "settled",
      attempt: 1,
      signer: ours,
      outcome: "SETTLED",
      block: 100,
    });
  });

  it("behavior: an endpoint that does not know of our claim yet does not cost the receipt", async () => {
    await toSettling();
    job = openJob();
    head = 99n;
    sending = () => {
      throw reverted("JobNotClaimed");
    };
    await step();
    expect((await status())?.status).to.equal("settling");
    time = now + 600 + 1_800 + 61;
    await step();
    expect(await status(), "no claim could run so long").to.deep.equal({
      status: "settled",
      attempt: 1,
      signer: ours,
      outcome: "JOB_DEADLINE_PASSED",
      block: 99,
    });
  });

  it("behavior: a claim that a reorganisation has taken is made again, and the receipt of then is still good", async () => {
    await toSettling();
    const { receipt: signed } = (await journal.get(jobId)) ?? {};
    job = openJob();
    const refuse = () => {
      throw reverted("JobNotClaimed");
    };
    sending = refuse;
    expect(await step()).to.equal(undefined);
    expect(await status()).to.deep.equal({ status: "claiming" });
    const sent: string[] = [];
    sending = (functionName) => sent.push(functionName);
    running = () => expect.fail("the enclave is asked again");
    for (let i = 0; i < 3; i++) await step();
    expect((await status())?.status).to.equal("settled");
    expect(sent).to.deep.equal(["claimJob", "settleJob"]);
    expect((await journal.get(jobId))?.receipt).to.deep.equal(signed);
  });

  it("behavior: a claim that is gone while the enclave runs is made again", async () => {
    await step();
    job = openJob();
    running = () => {
      throw new PersonaError("JOB_NOT_CLAIMED", "not claimed");
    };
    expect(await step()).to.equal(undefined);
    expect(await status()).to.deep.equal({ status: "claiming" });
  });

  it("behavior: a receipt of an enclave that is gone settles its claim, and no other", async () => {
    await toSettling();
    await journal.apply(jobId, { type: "claimUndone" });
    const before = { ...context(), signer: other } as WorkerContext;
    job = claimedBy(ours);
    const row = async () => (await journal.get(jobId)) ?? expect.fail("no row");
    await advanceJob(before, await row());
    expect(await status()).to.deep.equal({ status: "running", attempt: 1, signer: ours, block: 100 });
    await advanceJob(before, await row());
    expect((await status())?.status).to.equal("settling");
    await journal.apply(jobId, { type: "claimUndone" });
    job = { ...claimedBy(ours), attempt: 2 };
    await advanceJob(before, await row());
    await advanceJob(before, await row());
    expect(await status(), "the receipt is of the attempt before").to.deep.include({
      status: "left",
      why: "ENCLAVE_LOST",
    });
  });

  it("behavior: a result is settled, a failure is failed, each with the half of the parameters that its call wants", async () => {
    const sent: (readonly [string, readonly unknown[]])[] = [];
    sending = (functionName, args) => sent.push([functionName, args]);
    await step();
    expect(sent[0]).to.deep.equal(["claimJob", [jobId, params.offer, jobOrderHashOf(params.order), ours]]);
    for (const code of [0, 33]) {
      jobId = randomHex32(random);
      await journal.add(jobId, encodeStruct("JobParams", params));
      await toSettling(code);
      await step();
      expect(await status()).to.deep.include({ status: "settled" });
    }
    const [settlement] = sent[1]?.[1] ?? [];
    expect(sent.map(([name]) => name)).to.deep.equal(["claimJob", "settleJob", "failJob"]);
    expect(settlement).to.deep.include({ order: params.order, offerHash: jobOfferHashOf(params.offer) });
    expect(sent[2]?.[1].slice(0, 2)).to.deep.equal([jobId, params]);
  });

  it("behavior: an attempt that was reopened: by our receipt, which is settled; or not, and the chain is asked again", async () => {
    for (const [code, event, wanted] of [
      [33, 33, { status: "settled", attempt: 1, signer: ours, outcome: "GUARDIANS_UNAVAILABLE", block: 100 }],
      [33, 0, { status: "claiming" }],
      [0, 0, { status: "claiming" }],
      [33, undefined, { status: "claiming" }],
    ] as const) {
      jobId = randomHex32(random);
      await journal.add(jobId, encodeStruct("JobParams", params));
      await toSettling(code);
      job = { ...openJob(), attempt: 2, raceBlock: 95 };
      reopened = event === undefined ? [] : [{ args: { code: event } }];
      sending = () => {
        throw reverted("JobNotClaimed");
      };
      await step();
      expect(await status(), `${code} ${event}`).to.deep.equal(wanted);
      if (wanted.status !== "claiming") continue;
      // The enclave that has signed for the first attempt signs for no other.
      sending = () => expect.fail("claimed");
      await step();
      expect(await status()).to.deep.equal({ status: "left", why: "JOB_RUN_BEFORE", block: 100 });
    }
  });

  it("behavior: an attempt that somebody else has, after a reorganisation, leaves the job for what comes", async () => {
    await toSettling();
    job = { ...job, signer: other };
    sending = () => {
      throw reverted("JobNotClaimed");
    };
    await step();
    expect(await status()).to.deep.equal({ status: "left", why: "JOB_CLAIMED_BY_OTHER", block: 100 });
    await journal.apply(jobId, { type: "reopened", block: 101 });
    expect((await status())?.status).to.equal("seen");
  });

  it("behavior: a node waits for its turn in the race, and claims into the block in which it comes", async () => {
    raceUnit = 4n;
    sending = () => expect.fail("too early");
    // The newest block is 100: what is sent now comes into block 101.
    for (const [opensAt, waitMs] of [
      [102n, 50],
      [103n, 50],
      [104n, 100],
      [165n, 1_600],
    ] as const) {
      race = () => [opensAt, 0n];
      expect([await step(), waited, (await status())?.status]).to.deep.equal([undefined, waitMs, "seen"]);
    }
    race = () => {
      throw reverted("ClaimTooEarly");
    };
    expect([await step(), waited, (await status())?.status], "before the race").to.deep.equal([undefined, 50, "seen"]);
    sending = () => {};
    race = () => [101n, 0n];
    expect([await step(), (await status())?.status]).to.deep.equal([undefined, "running"]);
  });

  it("behavior: there is no race where the requester names the node", async () => {
    raceUnit = 4n;
    race = () => expect.fail("asked");
    jobId = randomHex32(random);
    await journal.add(jobId, encodeStruct("JobParams", paramsWith({}, { namedNode: 7 })));
    expect([await step(), (await status())?.status]).to.deep.equal([undefined, "running"]);
  });

  it("behavior: what the contract refuses for a while only is tried again, and none of it is on its way", async () => {
    for (const [errorName, wanted, waitMs] of [
      ["ClaimTooEarly", undefined, 50],
      ["ClaimBondMissing", "CLAIM_BOND_MISSING", undefined],
      ["ClaimsArePaused", "CLAIMS_PAUSED", undefined],
      // A reorganisation has taken the key's registration, for one: the job is as good as before.
      ["ClaimKeyNotActive", "NODE_KEY_INACTIVE", undefined],
      ["ClaimKeyNotWorker", "TRANSACTION_REVERTED", undefined],
    ] as const) {
      waited = undefined;
      sending = () => {
        throw reverted(errorName);
      };
      expect([await step(), waited, await status()]).to.deep.equal([wanted, waitMs, { status: "seen" }]);
    }
  });

  it("behavior: a receipt that is in the chain already is settled; a claim that is over is closed", async () => {
    for (const [over, outcome] of [
      [{ status: 3, recorded: "0xaa" }, "SETTLED"],
      [{ status: 4, recorded: "0xbb" }, "FAILED"],
      [{ status: 5 }, "JOB_TIMED_OUT"],
      [{ time: now + 1_800 + 61 }, "JOB_DEADLINE_PASSED"],
    ] as const) {
      jobId = randomHex32(random);
      await journal.add(jobId, encodeStruct("JobParams", params));
      await toSettling();
      job = { ...job, ...over };
      recorded = "recorded" in over ? over.recorded : "0x00";
      time = "time" in over ? over.time : now;
      sending = () => {
        throw reverted("JobNotClaimed");
      };
      expect(await step()).to.equal(undefined);
      expect(await status()).to.deep.equal({ status: "settled", attempt: 1, signer: ours, outcome, block: 100 });
    }
  });

  it("behavior: a receipt that came back into the chain with a claim given up is settled, another's leaves the job", async () => {
    for (const [inChain, wanted] of [
      ["0xaa", "settled"],
      ["0xbb", "left"],
    ] as const) {
      jobId = randomHex32(random);
      await journal.add(jobId, encodeStruct("JobParams", params));
      await toSettling();
      await journal.apply(jobId, { type: "claimUndone" });
      await journal.apply(jobId, { type: "claimLater" });
      job = { ...claimedBy(ours), status: 3 };
      recorded = inChain;
      sending = () => {
        throw reverted("JobNotClaimed");
      };
      for (let i = 0; i < 3; i++) await step();
      expect((await status())?.status).to.equal(wanted);
    }
  });

  it("behavior: a claim that failed on its way stays a claim, and is found when it was mined after all", async () => {
    for (const error of transient) {
      sending = () => {
        throw error;
      };
      expect(await step()).to.equal("CHAIN_UNREACHABLE");
      expect((await status())?.status).to.equal("claiming");
    }
    job = claimedBy(ours);
    sending = () => expect.fail("a second claim");
    await step();
    expect(await status()).to.deep.equal({ status: "running", attempt: 1, signer: ours, block: 100 });
  });

  it("behavior: a job that is another's, over, too late, or not for us is left", async () => {
    for (const [change, why] of [
      [() => Object.assign(job, { status: claimed, signer: other }), "JOB_CLAIMED_BY_OTHER"],
      [() => Object.assign(job, { status: 6 }), "CANCELLED"],
      [() => (time = now + 601), "JOB_NOT_CLAIMABLE"],
      [
        () => {
          sending = () => {
            throw reverted("ClaimNodeNotNamed");
          };
        },
        "JOB_NOT_CLAIMABLE",
      ],
    ] as const) {
      jobId = randomHex32(random);
      await journal.add(jobId, encodeStruct("JobParams", params));
      job = openJob();
      time = now;
      change();
      expect(await step()).to.equal(undefined);
      expect(await status()).to.deep.equal({ status: "left", why, block: 100 });
    }
  });

  it("behavior: a fee too low, too little time to run, and a key that ends before the job", async () => {
    for (const [change, wanted] of [
      [paramsWith({ fee: 9n }), { status: "left", why: "FEE_TOO_LOW", block: 100 }],
      [paramsWith({}, { runSeconds: 29 }), { status: "left", why: "RUN_TIME_TOO_SHORT", block: 100 }],
      // A fresh key may still take it.
      [paramsWith({}, { runSeconds: 86_400 }), { status: "seen" }],
      [paramsWith({}, { runSeconds: 86_399 }), { status: "running", attempt: 1, signer: ours, block: 100 }],
      [paramsWith({}, { runSeconds: 30 }), { status: "running", attempt: 1, signer: ours, block: 100 }],
    ] as const) {
      jobId = randomHex32(random);
      await journal.add(jobId, encodeStruct("JobParams", change));
      expect(await step()).to.equal(wanted.status === "seen" ? "NODE_KEY_EXPIRED" : undefined);
      expect(await status()).to.deep.equal(wanted);
    }
  });

  it("behavior: parameters that are none stop nothing", async () => {
    jobId = randomHex32(random);
    await journal.add(jobId, random.bytes(70));
    expect(await step()).to.equal(undefined);
    expect(await status()).to.deep.equal({ status: "left", why: "JOB_PARAMS_MISMATCH", block: 0 });
  });

  it("behavior: an enclave that hangs is asked again while the claim stands, and never after it", async () => {
    await step();
    job = claimedBy(ours);
    running = () => {
      throw new PersonaError("ENCLAVE_FAILED", "no answer in time");
    };
    expect(await step()).to.equal("ENCLAVE_FAILED");
    expect((await status())?.status).to.equal("running");
    job = { ...claimedBy(ours), status: 5 };
    expect(await step()).to.equal(undefined);
    expect(await status()).to.deep.equal({ status: "left", why: "JOB_TIMED_OUT", block: 100 });
  });
});
