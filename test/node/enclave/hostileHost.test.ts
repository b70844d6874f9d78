import {
  decodeReleaseAnswer,
  encodeReleaseAnswer,
  grant,
  publishDataset,
  resolveGuardians,
} from "@persona-protocol/sdk/access";
import {
  type BuiltJob,
  buildJob,
  encodeProgram,
  grantedProgramOf,
  sealJobBundle,
  sendJob,
} from "@persona-protocol/sdk/compute";
import {
  callContract,
  createChainView,
  jobMarketAbi,
  jobOrderHashOf,
  jobSpecHashOf,
  OutputClass,
  typedData,
} from "@persona-protocol/sdk/contracts";
import { expect } from "chai";
import { type Hex, hexToBytes } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { duckParquet } from "../../helpers/duckParquet.ts";
import { expectError } from "../../helpers/errors.ts";
import { endpointOf, type Scene, sharedScene } from "../../helpers/guardianScene.ts";
import { type HostileHost, type HostMethod, startHostileHost } from "../../helpers/hostileHost.ts";
import { createProgram } from "../../helpers/programs.ts";

const program = createProgram({
  statement: "SELECT count(*)::BIGINT AS n FROM posts WHERE likes > 500",
});

describe("a hostile host of a supervisor", function () {
  this.timeout(120_000);
  let scene: Scene;
  let host: HostileHost;
  /** Two datasets of the same shape and size: in one every row is counted, in the other none. */
  let posts: Awaited<ReturnType<typeof publishPosts>>[];

  async function publishPosts(likes: string, outputClass: number = OutputClass.bounded) {
    const { network, owner, ownerKeys, dapp } = scene;
    const context = { client: owner, deployment: network.deployment, store: network.store };
    const bytes = await duckParquet(
      `select i::bigint as id, (${likes})::bigint as likes from range(2000) t(i)`,
      "codec 'uncompressed'",
    );
    const { dataset } = await publishDataset(context, {
      segments: [{ name: "posts", schema: "persona:post@1", records: 2_000, from: null, to: null, bytes }],
      guardians: network.guardians.map(({ nodeId }) => nodeId),
      threshold: 2,
      ownerPublicKey: ownerKeys.publicKey,
    });
    const { timestamp } = await owner.getBlock();
    const granted = await grant(context, {
      dataset,
      grantee: dapp.account.address,
      segments: ["posts"],
      program: { ...grantedProgramOf(program), outputClass },
      uses: 60,
      expiresAt: Number(timestamp) + 100_000,
      price: 1n,
      token: network.token,
      maxOutputBytes: 250_000n,
    });
    return granted;
  }

  before(async () => {
    scene = await sharedScene();
    host = await startHostileHost(scene);
    posts = [await publishPosts("1000 + i"), await publishPosts("-1000 - i")];
  });
  after(() => host?.enclave.stop());
  afterEach(() => {
    host.lies = {};
  });

  async function claimed(dataset = 0): Promise<BuiltJob> {
    const { network, dapp } = scene;
    const context = { client: dapp, deployment: network.deployment, store: network.store };
    const granted = posts[dataset];
    if (granted === undefined) throw new Error("no such dataset");
    const job = await sendJob(context, await buildJob(context, { program, fee: 1n, grants: [granted] }));
    await callContract(host.client, {
      address: network.deployment.jobMarket,
      abi: jobMarketAbi,
      functionName: "claimJob",
      args: [job.jobId, job.params.offer, jobOrderHashOf(job.params.order), host.signer],
    });
    return job;
  }

  /** What becomes of a job when the host answers so. */
  async function outcome(method: HostMethod, lie: HostileHost["lies"][HostMethod]): Promise<string> {
    const job = await claimed();
    host.lies = { [method]: lie };
    const { name, failure, ciphertext } = await host.run(job);
    if (name !== "RESULT") expect(ciphertext).to.have.lengthOf(0);
    return name === "RESULT" ? name : `${name}: ${failure}`;
  }
  type Rpc = { method: string; params: string };
  type Bytes = Uint8Array;

  it("default: an honest host gets a result, asked twice the very same receipt", async () => {
    const job = await claimed();
    const [first, second] = await Promise.all([host.run(job), host.run(job)]);
    expect(first.name).to.equal("RESULT");
    expect(second.signature).to.deep.equal(first.signature);
    expect((await host.run(job)).signature).to.deep.equal(first.signature);
  });

  it("behavior: what it is asked for does not depend on the data", async () => {
    const shape = async (dataset: number) => {
      const job = await claimed(dataset);
      host.asked.splice(0);
      expect((await host.run(job)).name).to.equal("RESULT");
      await host.settled();
      // How many guardians are asked, and in which order, is the job's id and their speed.
      const fetched = host.asked.filter(({ method }) => method === "block" || method === "blob");
      const sizes = fetched.map(({ method, params: { offset, length, maxBytes }, bytes }) =>
        JSON.stringify([method, offset, length, maxBytes, bytes]),
      );
      const asks = host.asked.flatMap(({ method, params, bytes }) =>
        method === "ask" ? [`${(params["body"] as Bytes).length} ${bytes}`] : [],
      );
      // Which contracts are read, whatever slots: a job has its own.
      const reads = host.asked.flatMap(({ method, params }) => (method === "rpc" ? [readOf(params as Rpc)] : []));
      return { sizes: sizes.sort(), asks: new Set(asks), reads: new Set(reads) };
    };
    const readOf = ({ method, params }: Rpc) => {
      const [of] = JSON.parse(params) as unknown[];
      return method === "eth_getProof" ? `${method} ${of}` : method;
    };
    const [all, none] = [await shape(0), await shape(1)];
    expect(none).to.deep.equal(all);
    expect(all.sizes.length).to.be.greaterThan(4);
    expect(all.asks.size).to.equal(1);
  });

  it("error: a job that is not claimed, is another's, or has other parameters than the chain's: nothing is signed", async () => {
    const job = await claimed();
    const { order, offer } = job.params;
    const changed: [string, BuiltJob["params"]][] = [
      ["fee", { order: { ...order, fee: 2n }, offer }],
      ["bundle", { order: { ...order, bundleDigest: `0x${"12".repeat(32)}` }, offer }],
      ["spec", { order: { ...order, specHash: `0x${"13".repeat(32)}` }, offer }],
      ["inputs", { order: { ...order, inputs: [...order.inputs, ...order.inputs] }, offer }],
      ["deadline", { order, offer: { ...offer, runSeconds: offer.runSeconds + 1 } }],
    ];
    for (const [, params] of changed) await expectError("JOB_PARAMS_MISMATCH", () => host.run(job, { params }));
    await expectError("JOB_NOT_CLAIMED", () => host.run(job, { jobId: `0x${"14".repeat(32)}` }));
    await expectError("JOB_NOT_CLAIMED", () => host.run(job, { attempt: 2 }));
    expect((await host.run(job)).name).to.equal("RESULT");
  });

  it("error: a requester who calls what the program gives figures about groups, for a grant of nothing else", async () => {
    const { network, dapp } = scene;
    const { deployment, store } = network;
    const context = { client: dapp, deployment, store };
    const narrow = await publishPosts("i", OutputClass.aggregate);
    const honest = await buildJob(context, { program, fee: 1n, grants: [narrow] });
    expect(honest.spec.outputClass).to.equal(OutputClass.bounded);
    const run = async (job: BuiltJob) => {
      await sendJob(context, job);
      await callContract(host.client, {
        address: deployment.jobMarket,
        abi: jobMarketAbi,
        functionName: "claimJob",
        args: [job.jobId, job.params.offer, jobOrderHashOf(job.params.order), host.signer],
      });
      return host.run(job);
    };
    expect((await run(honest)).failure, "by the guardians").to.equal("GUARDIANS_REFUSED OUTPUT_NOT_GRANTED");

    const built = await buildJob(context, { program, fee: 1n, grants: [narrow] });
    const spec = { ...built.spec, outputClass: OutputClass.aggregate };
    const { terms, scope, dataset } = narrow;
    const guardians = await resolveGuardians(createChainView(dapp, deployment), dataset.guardians);
    const bundle = await sealJobBundle(
      deployment,
      {
        spec,
        argsSalt: built.argsSalt,
        args: built.args,
        resultKey: built.resultKey.publicKey,
        inputs: [{ terms, scope, catalogue: dataset.catalogue, head: dataset.head }],
      },
      guardians.map(({ nodeId, kemPublicKey }) => ({ nodeId, kemPublicKey, inputs: [0] })),
    );
    const order = {
      ...built.params.order,
      specHash: jobSpecHashOf(deployment, spec),
      bundleDigest: bundle.bundleDigest,
    };
    const forged = { ...built, spec, bundle: bundle.bytes, params: { ...built.params, order } };
    const end = await run(forged);
    expect(end.failure, "by the supervisor, which knows the program").to.equal("BUNDLE_INVALID");
    expect(end.ciphertext).to.have.lengthOf(0);
  });

  it("error: CHAIN_PROOF_INVALID: a job, a key or a block that the chain does not have: nothing is signed", async () => {
    const lies: Record<string, (answer: Record<string, unknown>) => unknown> = {
      eth_getProof: (answer) => ({ ...answer, accountProof: (answer["accountProof"] as string[]).slice(0, 1) }),
      eth_getBlockByNumber: (answer) => ({ ...answer, timestamp: "0x1" }),
    };
    for (const [method, change] of Object.entries(lies)) {
      const job = await claimed();
      host.lies = {
        rpc: async (params: Rpc, honest) => {
          const answer = (await honest()) as string;
          return params.method === method ? JSON.stringify(change(JSON.parse(answer))) : answer;
        },
      };
      await expectError("CHAIN_PROOF_INVALID", () => host.run(job));
      // Nothing was latched: what the host says next may be true.
      host.lies = {};
      expect((await host.run(job)).name).to.equal("RESULT");
    }
  });

  it("error: CHAIN_DISAGREES: a host that turns the chain back", async () => {
    const job = await claimed();
    expect((await host.run(job)).name).to.equal("RESULT");
    const old = await host.chain("eth_getBlockByNumber", ["0x5", false]);
    const next = await claimed();
    host.lies = {
      rpc: async (params: Rpc, honest) => {
        const latest = params.method === "eth_getBlockByNumber" && params.params.includes("latest");
        return latest ? JSON.stringify(old) : honest();
      },
    };
    await expectError("CHAIN_DISAGREES", () => host.run(next));
  });

  it("error: CHAIN_UNREACHABLE, and nothing is signed: a chain that stands still before the block that the guardians have signed", async () => {
    const job = await claimed();
    const frozen = await host.chain("eth_getBlockByNumber", ["latest", false]);
    const number = BigInt((frozen as { number: string }).number);
    // The guardians are at a later block.
    const hash = await scene.owner.sendTransaction({ to: scene.owner.account.address, value: 1n });
    await scene.owner.waitForTransactionReceipt({ hash });
    host.lies = {
      rpc: async (params: Rpc, honest) => {
        if (params.method !== "eth_getBlockByNumber") return honest();
        const [tag] = JSON.parse(params.params) as [string];
        if (tag === "latest") return JSON.stringify(frozen);
        return BigInt(tag) > number ? "null" : honest();
      },
    };
    await expectError("CHAIN_UNREACHABLE", () => host.run(job));
    host.lies = {};
    expect((await host.run(job)).name, "asked again, when the chain can be read").to.equal("RESULT");
  });

  it("error: DIGEST_MISMATCH: the program, the bundle, a KeyBox or the manifest is another", async () => {
    const other = encodeProgram(createProgram({ statement: "SELECT id AS n FROM posts" })).bytes;
    const { programId } = encodeProgram(program);
    const swapped = await outcome("block", ({ digest }: { digest: Hex }, honest) =>
      digest === programId ? other : honest(),
    );
    expect(swapped).to.equal("DIGEST_MISMATCH: DIGEST_MISMATCH");
    for (let nth = 0; nth < 4; nth++) {
      let seen = 0;
      const changed = await outcome("block", async (_: never, honest) => {
        const bytes = (await honest()) as Bytes;
        return seen++ === nth ? bytes.map((byte, i) => (i === bytes.length >> 1 ? byte ^ 1 : byte)) : bytes;
      });
      expect(changed, `block ${nth}`).to.equal("DIGEST_MISMATCH: DIGEST_MISMATCH");
    }
    const blob = await outcome("blob", async (_: never, honest) => ((await honest()) as Bytes).map((byte) => byte ^ 1));
    expect(blob).to.equal("DIGEST_MISMATCH: DIGEST_MISMATCH");
  });

  it("error: HOST_DID_NOT_DELIVER: nothing, something else than bytes, too few and too many", async () => {
    const lies: HostileHost["lies"][HostMethod][] = [
      () => null,
      () => "bytes",
      () => ({ length: 5 }),
      () => {
        throw new Error("no");
      },
      async (_: never, honest) => ((await honest()) as Bytes).slice(1),
      async (_: never, honest) => Buffer.concat([(await honest()) as Bytes, new Uint8Array(1)]),
    ];
    for (const lie of lies) expect(await outcome("blob", lie)).to.equal("HOST_DID_NOT_DELIVER: HOST_DID_NOT_DELIVER");
    for (const lie of lies.slice(0, 4)) {
      expect(await outcome("block", lie)).to.equal("HOST_DID_NOT_DELIVER: HOST_DID_NOT_DELIVER");
    }
    expect(await outcome("block", () => new Uint8Array(4 * 1024 * 1024))).to.equal(
      "HOST_DID_NOT_DELIVER: HOST_DID_NOT_DELIVER",
    );
  });

  describe("what guardians said", () => {
    type Ask = { guardian: number; body: Uint8Array };
    /** The answers of a job that went well, by guardian. */
    async function recorded(): Promise<Map<number, Uint8Array>> {
      const answers = new Map<number, Uint8Array>();
      const got = await outcome("ask", async ({ guardian }: Ask, honest) => {
        const answer = (await honest()) as Uint8Array;
        answers.set(guardian, answer);
        return answer;
      });
      expect(got).to.equal("RESULT");
      expect(answers.size).to.be.greaterThan(1);
      return answers;
    }
    const unavailable = /^GUARDIANS_UNAVAILABLE: GUARDIANS_UNAVAILABLE/;

    it("error: GUARDIANS_UNAVAILABLE: shares of one job are of no use in another", async () => {
      const answers = await recorded();
      expect(await outcome("ask", ({ guardian }: Ask) => answers.get(guardian) ?? null)).to.match(unavailable);
    });

    it("error: GUARDIANS_UNAVAILABLE: a share of another job under this job's release", async () => {
      const answers = await recorded();
      const mixed = await outcome("ask", async ({ guardian }: Ask, honest) => {
        const [was, is] = [answers.get(guardian), (await honest()) as Uint8Array];
        const [old, now] = [decodeReleaseAnswer(was ?? is), decodeReleaseAnswer(is)];
        if (old.status !== "released" || now.status !== "released") throw new Error("not released");
        return encodeReleaseAnswer({ ...now, keys: old.keys });
      });
      expect(mixed).to.match(unavailable);
    });

    it("error: GUARDIANS_UNAVAILABLE: one guardian's answer in the place of all others'", async () => {
      const [first] = scene.network.guardians;
      const { promise, resolve } = Promise.withResolvers<Uint8Array>();
      const repeated = await outcome("ask", async ({ guardian }: Ask, honest) => {
        if (guardian === first?.nodeId) resolve((await honest()) as Uint8Array);
        return promise;
      });
      expect(repeated).to.match(unavailable);
    });

    it("error: GUARDIANS_UNAVAILABLE: signed by a key that the host has made, or not at all", async () => {
      const forger = privateKeyToAccount(generatePrivateKey());
      const forged = await outcome("ask", async (_: never, honest) => {
        const answer = decodeReleaseAnswer((await honest()) as Uint8Array);
        if (answer.status !== "released") throw new Error("not released");
        const signature = await forger.signTypedData(typedData.release(scene.network.deployment, answer.release));
        return encodeReleaseAnswer({ ...answer, signature });
      });
      expect(forged).to.match(unavailable);
      // Any field of what was signed.
      const changed = await outcome("ask", async (_: never, honest) => {
        const answer = decodeReleaseAnswer((await honest()) as Uint8Array);
        if (answer.status !== "released") throw new Error("not released");
        return encodeReleaseAnswer({ ...answer, release: { ...answer.release, blockNumber: 1n } });
      });
      expect(changed).to.match(unavailable);
    });

    it("error: GUARDIANS_UNAVAILABLE: a request that was changed on its way proves nothing against the job", async () => {
      const altered = await outcome("ask", async ({ guardian, body }: Ask) => {
        const other = body.map((byte, i) => (i === body.length - 40 ? byte ^ 1 : byte));
        const response = await fetch(new URL("/release", await endpointOf(scene, guardian)), {
          method: "POST",
          body: other as Uint8Array<ArrayBuffer>,
        });
        return new Uint8Array(await response.arrayBuffer());
      });
      expect(altered).to.match(unavailable);
    });

    it("behavior: two good answers of three are enough, whatever the third is, and in any order", async () => {
      const { guardians } = scene.network;
      for (const bad of guardians) {
        const got = await outcome("ask", ({ guardian }: Ask, honest) =>
          guardian === bad.nodeId ? hexToBytes("0xdeadbeef") : honest(),
        );
        expect(got).to.equal("RESULT");
      }
    });
  });
});
