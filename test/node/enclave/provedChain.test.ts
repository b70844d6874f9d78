import {
  type ChainView,
  callContract,
  createChainView,
  grantHashOf,
  grantRegistryAbi,
  type JobParams,
  jobMarketAbi,
  jobOrderHashOf,
  jobSlots,
  nodeRegistryAbi,
  type Terms,
} from "@persona-protocol/sdk/contracts";
import { expect } from "chai";
import { type Hex, numberToHex, zeroAddress, zeroHash } from "viem";
import { createRpcRelay } from "../../../node/src/chain/rpcRelay.ts";
import type { ChainKind } from "../../../node/src/dev/chainProcess.ts";
import type { HostRpc } from "../../../node/src/enclave/runtime/chain/hostRpc.ts";
import { createProvedChain } from "../../../node/src/enclave/runtime/chain/provedChain.ts";
import { expectError } from "../../helpers/errors.ts";
import { findServer } from "../../helpers/findServer.ts";
import { openJobOnChain } from "../../helpers/openJob.ts";
import { createRandom, testSeed } from "../../helpers/random.ts";
import { randomHex32 } from "../../helpers/structs.ts";
import { registerTestEnclave, type TestEnclave } from "../../helpers/testEnclave.ts";
import { startTestChain, type TestChain } from "../../helpers/testNetwork.ts";

const random = createRandom(testSeed());
type Answer = Record<string, unknown> & { storageProof: { key: string; value: string; proof: string[] }[] };

for (const kind of ["hardhat", "anvil", "geth"] as const satisfies readonly ChainKind[]) {
  const missing = kind === "geth" ? findServer("geth") : undefined;
  if (missing !== undefined && "reason" in missing) {
    describe(`createProvedChain: ${kind}`, () => it.skip(`everything (skipped: ${missing.reason})`));
    continue;
  }
  describe(`createProvedChain: ${kind}`, function () {
    this.timeout(120_000);
    let chain: TestChain;
    let worker: TestEnclave;
    let terms: Terms;
    let params: JobParams;
    let jobId: Hex;
    let called: ChainView;
    let relay: ReturnType<typeof createRpcRelay>;
    let rpc: HostRpc;

    before(async () => {
      chain = await startTestChain(kind);
      relay = createRpcRelay(chain.rpcUrl);
      rpc = (method, sent) => relay.request({ method, params: sent });
      called = createChainView(chain.governor, chain.deployment);
      worker = await registerTestEnclave(chain, await chain.fundedClient());
      const [owner, requester] = [await chain.fundedClient(), await chain.fundedClient()];
      ({ terms, jobId, params } = await openJobOnChain(chain, { owner, requester }));
      ownerClient = owner;
    });
    let ownerClient: Awaited<ReturnType<TestChain["fundedClient"]>>;
    after(async () => {
      relay?.close();
      await chain?.close();
    });

    const claim = () =>
      callContract(worker.client, {
        address: chain.deployment.jobMarket,
        abi: jobMarketAbi,
        functionName: "claimJob",
        args: [jobId, params.offer, jobOrderHashOf(params.order), worker.identity.account.address],
      });

    /** Every read of the view, as proved and as the contracts answer, at the newest block. */
    async function compare(): Promise<void> {
      const proved = createProvedChain(rpc, chain.deployment);
      const block = await proved.block("latest");
      expect(block).to.deep.equal(await called.block(block.number));
      const { number } = block;
      const signer = worker.identity.account.address;
      const other = randomHex32(random);
      const bare = { ...params, offer: { ...params.offer, claimBy: 1 } };
      const strict = (policy: Partial<JobParams["offer"]["nodePolicy"]>): JobParams => ({
        ...params,
        offer: { ...params.offer, nodePolicy: { ...params.offer.nodePolicy, ...policy } },
      });
      const ungranted = { ...params, order: { ...params.order, inputs: [] } };
      const reads: ((view: ChainView) => Promise<unknown>)[] = [
        (view) => view.dataset(terms.datasetId, number),
        (view) => view.dataset(other, number),
        (view) => view.job(jobId, number),
        (view) => view.job(other, number),
        (view) => view.enclaveKey(signer, number),
        (view) => view.enclaveKey(zeroAddress, number),
        (view) => view.node(worker.nodeId, number),
        (view) => view.node(999, number),
        (view) => view.signedBy(terms.owner, other, "0x1234", number),
        (view) => view.signedBy(chain.deployment.jobMarket, other, "0x1234", number),
        ...[params, bare, strict({ verifierKinds: 2 }), ungranted].flatMap((given) =>
          [0, 1].flatMap((input) =>
            [signer, zeroAddress].map(
              (who) => (view: ChainView) => view.releasable({ jobId, params: given }, input, who, number),
            ),
          ),
        ),
        (view) => view.releasable({ jobId: other, params }, 0, signer, number),
        (view) => view.readable(jobId, params.order, number),
        (view) => view.readable(other, params.order, number),
      ];
      for (const [i, read] of reads.entries())
        expect(await read(proved), `read ${i}`).to.deep.equal(await read(called));
    }

    it("default: says what the contracts say, of an open and of a claimed job", async () => {
      await compare();
      await claim();
      await compare();
      const { number } = await called.block("latest");
      expect(await called.releasable({ jobId, params }, 0, worker.identity.account.address, number)).to.equal(
        undefined,
      );
    });

    it("behavior: and after the node drains, its stake is looked at, and its endpoint is long", async () => {
      const nodes = { address: chain.deployment.nodeRegistry, abi: nodeRegistryAbi } as const;
      for (const endpoint of ["", "https://a.example/", `https://${"a".repeat(60)}.example/`]) {
        await callContract(worker.client, { ...nodes, functionName: "setEndpoint", args: [worker.nodeId, endpoint] });
        await compare();
      }
      await callContract(worker.client, { ...nodes, functionName: "drainNode", args: [worker.nodeId] });
      await compare();
    });

    it("behavior: proofs are asked for once a block, and kept while a contract's storage is the same", async () => {
      const asked: [string, number][] = [];
      const counting: HostRpc = async (method, sent) => {
        asked.push([method, Array.isArray(sent) && method === "eth_getProof" ? (sent[1] as string[]).length : 0]);
        return rpc(method, sent);
      };
      const proved = createProvedChain(counting, chain.deployment);
      const signer = worker.identity.account.address;
      const look = async () => {
        asked.splice(0);
        const { number } = await proved.block("latest");
        const objection = await proved.releasable({ jobId, params }, 0, signer, number);
        await Promise.all([proved.job(jobId, number), proved.dataset(terms.datasetId, number)]);
        return objection;
      };
      const first = await look();
      expect(asked.map(([method]) => method).filter((method) => method === "eth_getProof").length).to.be.at.most(6);
      await look();
      expect(asked.map(([method]) => method)).to.deep.equal(["eth_getBlockByNumber"]);
      // A block that changes nothing of the protocol: the accounts' roots are proved anew, no word of them is.
      const hash = await chain.governor.sendTransaction({ to: zeroAddress, value: 1n });
      await chain.governor.waitForTransactionReceipt({ hash });
      const again = await look();
      expect(again).to.equal(first);
      const slots = asked.filter(([method]) => method === "eth_getProof").map(([, count]) => count);
      expect(slots.length).to.be.greaterThan(3);
    });

    it("behavior: what is asked while a proof of the same contract is on its way goes together in the next", async () => {
      const counts: number[] = [];
      const gate = Promise.withResolvers<void>();
      const held: HostRpc = async (method, sent) => {
        if (method !== "eth_getProof") return rpc(method, sent);
        counts.push(((sent as unknown[])[1] as string[]).length);
        await gate.promise;
        return rpc(method, sent);
      };
      const proved = createProvedChain(held, chain.deployment);
      const { number } = await proved.block("latest");
      const others = Array.from({ length: 40 }, () => randomHex32(random));
      const reads = [proved.job(jobId, number)];
      for (const other of others) {
        await new Promise(setImmediate);
        reads.push(proved.job(other, number));
      }
      gate.resolve();
      const [known, ...unknown] = await Promise.all(reads);
      expect(known).to.deep.equal(await called.job(jobId, number));
      expect(unknown.every(({ status }) => status === "none")).to.equal(true);
      // Two slots a job, at most 64 a question.
      expect(counts).to.deep.equal([2, 64, 16]);
    });

    it("error: CHAIN_PROOF_INVALID for each lie about a job, a grant, a node key or the block", async () => {
      const signer = worker.identity.account.address;
      const { number } = await called.block("latest");
      const { grantRegistry } = chain.deployment;
      const other = (await rpc("eth_getProof", [grantRegistry, [zeroHash], numberToHex(number)])) as Answer;
      const otherJob = randomHex32(random);
      /** Each changes one answer of an honest endpoint. */
      const lies: Record<string, (answer: Answer, method: string) => unknown> = {
        "a word that the proof does not show": (answer) => ({
          ...answer,
          storageProof: answer.storageProof.map(({ proof, ...rest }) => ({ ...rest, proof: flipLast(proof) })),
        }),
        "another storage root": (answer) => ({ ...answer, accountProof: flipLast(answer["accountProof"] as string[]) }),
        "the proof of another account": (answer) => ({ ...answer, accountProof: other["accountProof"] }),
        "no proof at all": (answer) => ({
          ...answer,
          storageProof: answer.storageProof.map((one) => ({ ...one, proof: [] })),
        }),
        "only the root's node": (answer) => ({
          ...answer,
          storageProof: answer.storageProof.map((one) => ({ ...one, proof: one.proof.slice(0, 1) })),
        }),
        "no slots": (answer) => ({ ...answer, storageProof: [] }),
        "something else": () => "0x",
        "a very long node": (answer) => ({ ...answer, accountProof: [`0x${"00".repeat(2_000)}`] }),
      };
      for (const lie of Object.values(lies)) {
        const lying: HostRpc = async (method, sent) => {
          const answer = await rpc(method, sent);
          return method === "eth_getProof" ? lie(answer as Answer, method) : answer;
        };
        const reads: ((view: ChainView) => Promise<unknown>)[] = [
          (view) => view.job(jobId, number),
          (view) => view.enclaveKey(signer, number),
          (view) => view.releasable({ jobId, params }, 0, signer, number),
        ];
        for (const read of reads)
          await expectError("CHAIN_PROOF_INVALID", () => read(createProvedChain(lying, chain.deployment)));
      }
      // A job that is there does not go away by the proof of one that is not.
      const { job, commitment } = jobSlots(otherJob);
      const swapped: HostRpc = async (method, sent) => {
        if (method !== "eth_getProof") return rpc(method, sent);
        const [address, , at] = sent as [string, string[], unknown];
        return rpc(method, [address, [job, commitment], at]);
      };
      const outcome = await createProvedChain(swapped, chain.deployment)
        .job(jobId, number)
        .then(
          ({ status }) => status,
          (error: { code: string }) => error.code,
        );
      // Now and then the nodes that prove the other's absence are all of ours: then the truth comes out.
      expect(outcome).to.be.oneOf(["CHAIN_PROOF_INVALID", "claimed"]);

      const header = (await rpc("eth_getBlockByNumber", ["latest", false])) as Record<string, unknown>;
      const changes: Record<string, unknown> = {
        stateRoot: randomHex32(random),
        timestamp: "0x1",
        number: "0x1",
        parentHash: randomHex32(random),
        gasUsed: "0x00",
        hash: randomHex32(random),
        requestsHash: undefined,
        baseFeePerGas: undefined,
        logsBloom: "0x",
      };
      for (const [field, value] of Object.entries(changes)) {
        const lying: HostRpc = async (method, sent) =>
          method === "eth_getBlockByNumber" ? { ...header, [field]: value } : rpc(method, sent);
        await expectError("CHAIN_PROOF_INVALID", () => createProvedChain(lying, chain.deployment).block("latest"));
      }
      const old1 = await rpc("eth_getBlockByNumber", ["0x1", false]);
      const replaying: HostRpc = async (method, sent) => (method === "eth_getBlockByNumber" ? old1 : rpc(method, sent));
      await expectError("CHAIN_UNREACHABLE", () => createProvedChain(replaying, chain.deployment).job(jobId, number));
    });

    it("error: a state of before a revocation does not prove anything of after it", async () => {
      const before = await called.block("latest");
      const registry = { address: chain.deployment.grantRegistry, abi: grantRegistryAbi } as const;
      const fields = await chain.governor.readContract({
        ...registry,
        functionName: "grantOf",
        args: [terms.owner, grantHashOf(chain.deployment, terms)],
      });
      expect(fields.status).to.equal(1);
      await callContract(ownerClient, {
        ...registry,
        functionName: "revoke",
        args: [grantHashOf(chain.deployment, terms)],
      });
      const { number } = await called.block("latest");
      const signer = worker.identity.account.address;
      const replaying: HostRpc = async (method, sent) => {
        if (method !== "eth_getProof") return rpc(method, sent);
        const [address, slots] = sent as [string, string[]];
        return rpc(method, [address, slots, { blockHash: before.hash }]);
      };
      await expectError("CHAIN_PROOF_INVALID", () =>
        createProvedChain(replaying, chain.deployment).releasable({ jobId, params }, 0, signer, number),
      );
      await compare();
      expect(await createProvedChain(rpc, chain.deployment).releasable({ jobId, params }, 0, signer, number)).to.equal(
        "GRANT_REVOKED",
      );
    });
  });
}

function flipLast(proof: readonly string[]): string[] {
  const last = proof.at(-1) ?? "0x";
  const digit = last.at(-1) === "0" ? "1" : "0";
  return [...proof.slice(0, -1), `${last.slice(0, -1)}${digit}`];
}
