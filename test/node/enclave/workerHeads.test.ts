/** What a worker's enclave acts on where its host has several chain endpoints, one of which is ahead, or behind, and may lie. */
import type { ChainBlock, ChainView, JobChainState } from "@persona-protocol/sdk/contracts";
import { jobParamsHashOf } from "@persona-protocol/sdk/contracts";
import type { ErrorCode } from "@persona-protocol/sdk/errors";
import { expect } from "chai";
import { type Address, bytesToHex, zeroAddress, zeroHash } from "viem";
import { createGuardianChain, headsOf } from "../../../node/src/enclave/runtime/guardian/guardianChain.ts";
import { requireClaim } from "../../../node/src/enclave/runtime/worker/requireClaim.ts";
import { expectError } from "../../helpers/errors.ts";
import { createRandom, testSeed } from "../../helpers/random.ts";
import { randomHex32, randomStruct } from "../../helpers/structs.ts";

const random = createRandom(testSeed());
const params = randomStruct("JobParams", random);
const signer: Address = bytesToHex(random.bytes(20));
const jobId = randomHex32(random);
const claimedAt = 100n;
const dueBy = 500;

type Says = {
  /** Its newest block. */
  head: bigint;
  /** From this block on it shows the claim. */
  readonly claim: bigint;
  readonly job?: Partial<JobChainState>;
};

const blockOf = (number: bigint): ChainBlock => ({
  number,
  hash: `0x${number.toString(16).padStart(64, "0")}`,
  timestamp: number,
});

function endpoint(says: Says): ChainView {
  return {
    deployment: { chainId: 1 },
    block: async (tag: "latest" | bigint) => blockOf(tag === "latest" ? says.head : tag),
    job: async (_jobId: unknown, at: bigint): Promise<JobChainState> => ({
      attempt: 1,
      signer,
      dueBy,
      commitment: jobParamsHashOf(params),
      raceBlock: 1,
      status: at >= says.claim ? "claimed" : "open",
      ...says.job,
    }),
  } as unknown as ChainView;
}

function worker(...endpoints: readonly [Says, ...Says[]]) {
  const [first, ...others] = endpoints;
  const chain = createGuardianChain([endpoint(first), ...others.map(endpoint)], { confirmations: 0n });
  const heads = async () => headsOf(await chain.look());
  return { chain: chain.view, heads, jobId, params, attempt: 1, identity: { account: { address: signer } } };
}

const atOnce = { withinMs: 0 };

describe("requireClaim", () => {
  const honest = (head: bigint): Says => ({ head, claim: claimedAt });

  it("default: a claim that every endpoint shows", async () => {
    expect((await requireClaim(worker(honest(claimedAt)))).dueBy).to.equal(dueBy);
    expect((await requireClaim(worker(honest(claimedAt), honest(claimedAt + 3n)), atOnce)).dueBy).to.equal(dueBy);
  });

  it("error: CHAIN_DISAGREES: one endpoint that is ahead has made the claim up, wherever the others are", async () => {
    for (const behind of [1n, 2n, 16n])
      for (const slow of [0n, behind - 1n]) {
        const liar = { head: claimedAt - 1n, claim: 0n };
        const others = [honest(liar.head - behind), honest(liar.head - slow)] as const;
        const context = worker(liar, ...others);
        // Where another has its newest block, they contradict each other at once.
        await expectError("CHAIN_DISAGREES", () => requireClaim(context, atOnce));
      }
  });

  it("behavior: waits for an endpoint that is behind, and no longer than it may", async () => {
    const slow = honest(claimedAt - 1n);
    const context = worker(honest(claimedAt), slow);
    await expectError("CHAIN_DISAGREES", () => requireClaim(context, atOnce));
    let looks = 0;
    const watched = {
      ...context,
      heads: async () => {
        looks += 1;
        if (looks === 3) slow.head = claimedAt;
        return context.heads();
      },
    };
    expect((await requireClaim(watched)).status).to.equal("claimed");
    expect(looks).to.equal(3);
  });

  it("error: what no endpoint shows is refused at once, with its reason", async () => {
    const wrong: readonly [ErrorCode, Partial<JobChainState>, Address][] = [
      ["JOB_NOT_CLAIMED", { status: "open" }, signer],
      ["JOB_NOT_CLAIMED", { attempt: 2 }, signer],
      ["JOB_CLAIMED_BY_OTHER", {}, zeroAddress],
      ["JOB_PARAMS_MISMATCH", { commitment: zeroHash }, signer],
      ["JOB_DEADLINE_PASSED", { dueBy: Number(claimedAt) - 1 }, signer],
    ];
    for (const [code, job, address] of wrong) {
      const says = { ...honest(claimedAt), job };
      const context = worker(says, { ...says, head: claimedAt + 1n });
      await expectError(code, () => requireClaim({ ...context, identity: { account: { address } } }));
    }
  });

  it("behavior: the time of one endpoint alone ends no claim", async () => {
    const ahead = { head: 520n, claim: 0n };
    const context = worker(ahead, { ...honest(519n) });
    await expectError("JOB_DEADLINE_PASSED", () => requireClaim(context, atOnce));
    const honestTime = worker({ ...ahead, head: BigInt(dueBy) + 1n }, honest(BigInt(dueBy)));
    await expectError("CHAIN_DISAGREES", () => requireClaim(honestTime, atOnce));
  });
});
