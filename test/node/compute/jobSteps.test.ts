import { encode } from "@ipld/dag-cbor";
import { encodeStruct, type JobParams, jobMarketAbi } from "@persona-protocol/sdk/contracts";
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
import { advanceJob, type WorkerContext } from "../../../node/src/compute/jobSteps.ts";
import { type Journal, openJournal } from "../../../node/src/compute/journal.ts";
import { createRandom, testSeed } from "../../helpers/random.ts";
import { randomDeployment, randomHex32, randomStruct } from "../../helpers/structs.ts";

const random = createRandom(testSeed());
const deployment = randomDeployment(random);
const ours = deployment.jobMarket;
const other = deployment.nodeRegistry;
const now = 1_000_000;
const open = 1;
const claimed = 2;

type Job = { status: number; signer: Hex; attempt: number };
/** What a transaction does: fails, or changes the job. */
type Sending = (functionName: string) => void;

describe("advanceJob", () => {
  let journal: Journal;
  let jobId: Hex;
  let params: JobParams;
  let job: Job;
  let time: number;
  let sending: Sending;
  let recorded: Hex;
  let running: () => unknown;
  beforeEach(() => {
    journal = openJournal(":memory:");
    jobId = randomHex32(random);
    params = {
      ...randomStruct("JobParams", random),
      fee: 10n,
      claimBy: now + 600,
      deadline: now + 1_800,
      namedNode: 0,
    };
    job = { status: open, signer: zeroAddress, attempt: 1 };
    time = now;
    sending = () => {};
    recorded = "0x00";
    running = () => ({
      receipt: receipt(),
      signature: new Uint8Array(65),
      ciphertext: new Uint8Array(9),
      failure: null,
    });
    journal.add(jobId, encodeStruct("JobParams", params));
  });
  afterEach(() => journal.close());

  const receipt = () => encodeStruct("Receipt", { ...randomStruct("Receipt", random), code: 0, attempt: 1 });
  const reverted = (errorName: "JobNotClaimed" | "JobNotOpen" | "ClaimNodeNotNamed") => {
    const args = errorName === "ClaimNodeNotNamed" ? ([jobId, 1, 2] as const) : ([jobId, 4] as const);
    const data = encodeErrorResult({ abi: jobMarketAbi, errorName, args } as Parameters<typeof encodeErrorResult>[0]);
    const cause = new ContractFunctionRevertedError({ abi: jobMarketAbi, data, functionName: "x" });
    return new ContractFunctionExecutionError(cause, { abi: jobMarketAbi, args: [], functionName: "x" });
  };

  const context = (): WorkerContext => {
    const client = {
      chain: undefined,
      account: undefined,
      async readContract({ functionName }: { functionName: string }) {
        if (functionName === "jobOf") return job;
        return functionName === "receiptOf" ? recorded : "0xaa";
      },
      getBlock: async () => ({ timestamp: BigInt(time) }),
      async writeContract({ functionName }: { functionName: string }) {
        sending(functionName);
        return "0x01";
      },
      async waitForTransactionReceipt() {
        const topics = encodeEventTopics({
          abi: jobMarketAbi,
          eventName: "JobClaimed",
          args: { jobId, nodeId: 1, signer: ours },
        });
        const data = encodeAbiParameters([{ type: "uint32" }], [job.attempt]);
        return { status: "success", logs: [{ topics, data, address: ours }] };
      },
    };
    const enclave = { call: async () => running() };
    const silent = () => {};
    const log = { info: silent, warn: silent, error: silent };
    const limits = { minFee: "10", claimMarginSeconds: 30 };
    const openUntil = now + 86_400;
    return {
      client,
      deployment,
      limits,
      openUntil,
      operator: other,
      log,
      journal,
      enclave,
      signer: ours,
    } as unknown as WorkerContext;
  };
  const status = () => journal.get(jobId)?.state;
  const step = async (): Promise<string | undefined> => {
    const row = journal.get(jobId);
    if (row === undefined) throw new Error("no row");
    try {
      await advanceJob(context(), row);
    } catch (error) {
      if (!isPersonaError(error)) throw error;
      return error.code;
    }
    return undefined;
  };
  const toSettling = () => {
    journal.apply(jobId, { type: "claim" });
    journal.apply(jobId, { type: "claimed", attempt: 1, signer: ours });
    const answer = { receipt: receipt(), signature: new Uint8Array(65), ciphertext: new Uint8Array(9), failure: null };
    journal.apply(jobId, { type: "receiptSigned" }, encode(answer));
    job = { status: claimed, signer: ours, attempt: 1 };
  };
  const transient = [
    new BaseError("nonce too low", { details: "nonce too low" }),
    new BaseError("limit exceeded", { details: "limit exceeded" }),
    new PersonaError("CHAIN_UNREACHABLE", "gone"),
  ];

  it("default: claims, runs and settles", async () => {
    expect([await step(), status()]).to.deep.equal([undefined, { status: "running", attempt: 1, signer: ours }]);
    expect([await step(), status()?.status]).to.deep.equal([undefined, "settling"]);
    expect([await step(), status()]).to.deep.equal([undefined, { status: "done", outcome: "SETTLED" }]);
  });

  it("behavior: a signed receipt outlives every failure on its way, and then settles", async () => {
    toSettling();
    for (const error of [...transient, reverted("JobNotClaimed")]) {
      sending = () => {
        throw error;
      };
      expect(await step()).to.be.a("string");
      expect(status()?.status, String(error)).to.equal("settling");
    }
    sending = () => {};
    await step();
    expect(status()).to.deep.equal({ status: "done", outcome: "SETTLED" });
  });

  it("behavior: an endpoint that does not know of our claim yet does not cost the receipt", async () => {
    toSettling();
    job = { status: open, signer: zeroAddress, attempt: 1 };
    sending = () => {
      throw reverted("JobNotClaimed");
    };
    await step();
    expect(status()?.status).to.equal("settling");
  });

  it("behavior: a receipt that is in the chain already is settled; a claim that is over is closed", async () => {
    for (const [over, outcome] of [
      [{ status: 3, recorded: "0xaa" }, "SETTLED"],
      [{ status: 4, recorded: "0xbb" }, "FAILED"],
      [{ status: 5 }, "JOB_TIMED_OUT"],
      [{ status: open, attempt: 2 }, "SETTLED"],
      [{ signer: other }, "JOB_CLAIMED_BY_OTHER"],
      [{ time: now + 1_800 + 61 }, "JOB_DEADLINE_PASSED"],
    ] as const) {
      jobId = randomHex32(random);
      journal.add(jobId, encodeStruct("JobParams", params));
      toSettling();
      job = { ...job, ...over };
      recorded = "recorded" in over ? over.recorded : "0x00";
      time = "time" in over ? over.time : now;
      sending = () => {
        throw reverted("JobNotClaimed");
      };
      expect(await step()).to.equal(undefined);
      expect(status()).to.deep.equal({ status: "done", outcome });
    }
  });

  it("behavior: a claim that failed on its way stays a claim, and is found when it was mined after all", async () => {
    for (const error of transient) {
      sending = () => {
        throw error;
      };
      expect(await step()).to.equal("CHAIN_UNREACHABLE");
      expect(status()?.status).to.equal("claiming");
    }
    job = { status: claimed, signer: ours, attempt: 1 };
    sending = () => expect.fail("a second claim");
    await step();
    expect(status()).to.deep.equal({ status: "running", attempt: 1, signer: ours });
  });

  it("behavior: a job that is another's, over, too late, or not for us is left", async () => {
    for (const [change, why] of [
      [() => Object.assign(job, { status: claimed, signer: other }), "JOB_CLAIMED_BY_OTHER"],
      [() => Object.assign(job, { status: 6 }), "JOB_NOT_CLAIMABLE"],
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
      journal.add(jobId, encodeStruct("JobParams", params));
      job = { status: open, signer: zeroAddress, attempt: 1 };
      time = now;
      change();
      expect(await step()).to.equal(undefined);
      expect(status()).to.deep.equal({ status: "left", why });
    }
  });

  it("behavior: a fee too low, a deadline too near, and a key that ends before the job", async () => {
    for (const [change, wanted] of [
      [{ fee: 9n }, { status: "left", why: "FEE_TOO_LOW" }],
      [
        { claimBy: now + 10, deadline: now + 29 },
        { status: "left", why: "JOB_DEADLINE_PASSED" },
      ],
      // A fresh key may still take it.
      [{ deadline: now + 86_400 }, { status: "seen" }],
      [{ deadline: now + 86_399 }, { status: "running", attempt: 1, signer: ours }],
      [
        { claimBy: now + 10, deadline: now + 30 },
        { status: "running", attempt: 1, signer: ours },
      ],
    ] as const) {
      jobId = randomHex32(random);
      journal.add(jobId, encodeStruct("JobParams", { ...params, ...change }));
      expect(await step()).to.equal(wanted.status === "seen" ? "NODE_KEY_EXPIRED" : undefined);
      expect(status()).to.deep.equal(wanted);
    }
  });

  it("behavior: an enclave that hangs is asked again while the claim stands, and never after it", async () => {
    await step();
    job = { status: claimed, signer: ours, attempt: 1 };
    running = () => {
      throw new PersonaError("ENCLAVE_FAILED", "no answer in time");
    };
    expect(await step()).to.equal("ENCLAVE_FAILED");
    expect(status()?.status).to.equal("running");
    job = { status: 5, signer: ours, attempt: 1 };
    expect(await step()).to.equal(undefined);
    expect(status()).to.deep.equal({ status: "left", why: "JOB_TIMED_OUT" });
  });
});
