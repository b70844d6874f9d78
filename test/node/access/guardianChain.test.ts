import type { ChainBlock, ChainView, JobChainState } from "@persona-protocol/sdk/contracts";
import { expect } from "chai";
import { zeroAddress, zeroHash } from "viem";
import { createGuardianChain } from "../../../node/src/enclave/runtime/guardian/guardianChain.ts";
import { expectError } from "../../helpers/errors.ts";
import { createRandom, testSeed } from "../../helpers/random.ts";
import { randomHex32, randomStruct } from "../../helpers/structs.ts";

const random = createRandom(testSeed());

/** One chain endpoint that says what it is told to, and counts what it was asked. */
class Endpoint {
  blocks: ChainBlock[];
  objections = new Map<bigint, "GRANT_REVOKED">();
  attempt = 1;
  reads = 0;
  looks = 0;
  onLook: () => Promise<void> = async () => {};

  constructor(blocks: readonly ChainBlock[]) {
    this.blocks = [...blocks];
  }

  view(): ChainView {
    const unused = async (): Promise<never> => {
      throw new Error("not asked for here");
    };
    const jobOf = async (): Promise<JobChainState> => {
      this.reads += 1;
      return {
        status: "claimed",
        attempt: this.attempt,
        signer: zeroAddress,
        dueBy: 9,
        commitment: zeroHash,
        raceBlock: 1,
      };
    };
    return {
      deployment: { chainId: 31_337 } as ChainView["deployment"],
      block: async (tag) => {
        if (tag === "latest") {
          this.looks += 1;
          await this.onLook();
        }
        const block = tag === "latest" ? this.blocks.at(-1) : this.blocks.find(({ number }) => number === tag);
        if (block === undefined) throw new Error("no such block");
        return block;
      },
      releasable: async (_job, _input, _signer, at) => this.objections.get(at),
      readable: unused,
      dataset: unused,
      enclaveKey: unused,
      node: unused,
      signedBy: unused,
      job: jobOf,
    };
  }
}

const chainOf = (length: number): ChainBlock[] =>
  Array.from({ length }, (_, i) => ({ number: BigInt(i), hash: randomHex32(random), timestamp: BigInt(i) }));

describe("createGuardianChain", () => {
  const blocks = chainOf(40);
  const jobId = randomHex32(random);
  const twoEndpoints = (confirmations = 0n) => {
    const [a, b] = [new Endpoint(blocks.slice(0, 30)), new Endpoint(blocks.slice(0, 30))];
    return { a, b, chain: createGuardianChain([a.view(), b.view()], { confirmations }) };
  };

  it("default: the newest block, and the one that many behind it", async () => {
    const { chain } = twoEndpoints(4n);
    expect(await chain.look()).to.deep.equal({ confirmed: blocks[25], newest: blocks[29], between: [] });
    const alone = createGuardianChain([new Endpoint(blocks.slice(0, 3)).view()], { confirmations: 10n });
    expect(await alone.look()).to.deep.equal({ confirmed: blocks[0], newest: blocks[2], between: [] });
  });

  it("behavior: a read is asked for once a block, at each endpoint", async () => {
    const { a, b, chain } = twoEndpoints();
    const { newest } = await chain.look();
    await Promise.all([chain.view.job(jobId, newest.number), chain.view.job(jobId, newest.number)]);
    await chain.look();
    await chain.view.job(jobId, newest.number);
    expect([a.reads, b.reads]).to.deep.equal([1, 1]);
    for (const endpoint of [a, b]) endpoint.blocks.push(blocks[30] as ChainBlock);
    const next = await chain.look();
    await chain.view.job(jobId, next.newest.number);
    expect([a.reads, b.reads]).to.deep.equal([2, 2]);
  });

  it("behavior: after a reorganisation nothing of the old block counts", async () => {
    const { a, b, chain } = twoEndpoints();
    const { newest } = await chain.look();
    await chain.view.job(jobId, newest.number);
    const hash = randomHex32(random);
    for (const endpoint of [a, b]) {
      endpoint.blocks.splice(-1, 1, { ...newest, hash });
      endpoint.attempt = 2;
    }
    const again = await chain.look();
    expect((await chain.view.job(jobId, again.newest.number)).attempt).to.equal(2);
  });

  it("behavior: what is foreseen at the block that the look finds is not asked for again", async () => {
    const { a, b, chain } = twoEndpoints(4n);
    chain.foresee((view, at) => view.job(jobId, at)); // Nothing is known yet.
    await chain.look();
    expect([a.reads, b.reads]).to.deep.equal([0, 0]);
    const looking = chain.look();
    chain.foresee((view, at) => view.job(jobId, at));
    const { confirmed, newest } = await looking;
    for (const { number } of [confirmed, newest]) await chain.view.job(jobId, number);
    expect([a.reads, b.reads]).to.deep.equal([2, 2]);
  });

  it("behavior: what is foreseen at another block counts for nothing, and fails for nobody", async () => {
    const { a, b, chain } = twoEndpoints();
    const { newest } = await chain.look();
    const looking = chain.look();
    chain.foresee((view, at) => view.job(jobId, at));
    chain.foresee(async () => {
      throw new Error("an endpoint that is gone");
    });
    const hash = randomHex32(random);
    for (const endpoint of [a, b]) {
      endpoint.blocks.splice(-1, 1, { ...newest, hash });
      endpoint.attempt = 2;
    }
    await looking;
    const again = await chain.look();
    expect((await chain.view.job(jobId, again.newest.number)).attempt).to.equal(2);
  });

  it("behavior: who asks while a look is under way gets one that began later", async () => {
    const { a, b, chain } = twoEndpoints();
    const gate = Promise.withResolvers<void>();
    a.onLook = () => gate.promise;
    const first = chain.look();
    const [second, third] = [chain.look(), chain.look()];
    for (const endpoint of [a, b]) endpoint.blocks.push(blocks[30] as ChainBlock);
    gate.resolve();
    await first;
    expect((await second).newest).to.deep.equal(blocks[30]);
    expect(await third).to.equal(await second);
    expect(b.looks).to.equal(2);
  });

  it("behavior: permissions are read where all endpoints are, revocations at whoever is first", async () => {
    const { a, chain } = twoEndpoints();
    a.blocks.push(blocks[30] as ChainBlock, blocks[31] as ChainBlock);
    const look = await chain.look();
    expect(look).to.deep.equal({ confirmed: blocks[29], newest: blocks[31], between: [blocks[29]] });
    a.objections.set(31n, "GRANT_REVOKED");
    const job = { jobId, params: randomStruct("JobParams", random) };
    expect(await chain.view.releasable(job, 0, zeroAddress, 29n)).to.equal(undefined);
    expect(await chain.view.releasable(job, 0, zeroAddress, 31n)).to.equal("GRANT_REVOKED");
  });

  it("error: CHAIN_DISAGREES: an endpoint that says something else of the same block", async () => {
    const { a, chain } = twoEndpoints();
    const { newest } = await chain.look();
    a.attempt = 2;
    await expectError("CHAIN_DISAGREES", () => chain.view.job(jobId, newest.number));
    a.attempt = 1;
    expect((await chain.view.job(jobId, newest.number)).attempt).to.equal(1);
    const job = { jobId, params: randomStruct("JobParams", random) };
    a.objections.set(newest.number, "GRANT_REVOKED");
    await expectError("CHAIN_DISAGREES", () => chain.view.releasable(job, 0, zeroAddress, newest.number));
  });

  it("error: CHAIN_DISAGREES: other blocks of the same number, or an endpoint left behind", async () => {
    const { a, chain } = twoEndpoints(2n);
    a.blocks.splice(27, 1, { ...(blocks[27] as ChainBlock), hash: randomHex32(random) });
    await expectError("CHAIN_DISAGREES", () => chain.look());
    const { b, chain: other } = twoEndpoints();
    b.blocks.splice(10);
    await expectError("CHAIN_DISAGREES", () => other.look());
  });

  it("error: CHAIN_DISAGREES: a chain turned back behind what was confirmed", async () => {
    const { a, b, chain } = twoEndpoints(2n);
    await chain.look();
    for (const endpoint of [a, b]) endpoint.blocks.splice(28);
    await expectError("CHAIN_DISAGREES", () => chain.look());
    for (const endpoint of [a, b]) endpoint.blocks = blocks.slice(0, 31);
    expect((await chain.look()).newest).to.deep.equal(blocks[30]);
  });

  it("error: an endpoint that does not answer is not left out", async () => {
    const { b, chain } = twoEndpoints();
    b.onLook = async () => {
      throw new Error("gone");
    };
    const failed = await chain.look().then(
      () => false,
      () => true,
    );
    expect(failed).to.equal(true);
  });
});
