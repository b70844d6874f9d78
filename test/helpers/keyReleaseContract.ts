/** What every `KeyReleaseProvider` promises, against a real chain, real grants and jobs, and keys that belong to real data. */
import {
  type KeyReleaseAnswer,
  type KeyReleaseProvider,
  type OpenedInput,
  type ReleaseCall,
  releaseShareInfo,
  revoke,
  sealedHashOf,
  segmentBitmap,
} from "@persona-protocol/sdk/access";
import type { BuiltJob } from "@persona-protocol/sdk/compute";
import {
  callContract,
  datasetRegistryAbi,
  jobOrderHashOf,
  jobSpecHashOf,
  typedData,
} from "@persona-protocol/sdk/contracts";
import { open } from "@persona-protocol/sdk/crypto";
import { codeOfReason, type ErrorCode, isPersonaError, PersonaError } from "@persona-protocol/sdk/errors";
import {
  collectBytes,
  combineShares,
  decodeKeyBoxHead,
  decryptEnvelope,
  verifyShare,
} from "@persona-protocol/sdk/storage";
import { expect } from "chai";
import { recoverTypedDataAddress } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { expectError } from "./errors.ts";
import { claimedJob, grantPosts, postJob, publishSegments, releaseCall, type Scene } from "./guardianScene.ts";
import { createProgram } from "./programs.ts";
import { createRandom, testSeed } from "./random.ts";
import { randomHex32 } from "./structs.ts";
import { registerTestEnclave, type TestEnclave } from "./testEnclave.ts";

type KeptShare = { readonly index: number; readonly share: Uint8Array };

/** One keeper of the shares of one guardian's position, and how it can be made to fail. */
export type KeeperRequest = {
  readonly scene: Scene;
  readonly job: BuiltJob;
  readonly opened: OpenedInput;
  /** Place of its shares in the KeyBox's list of guardians. */
  readonly position: number;
  /** Shares of that place. Guardians have their own. */
  readonly shares: readonly KeptShare[];
  readonly enclave: TestEnclave;
};

export type KeyReleaseBackend = {
  readonly name: KeyReleaseProvider["id"];
  keeper(request: KeeperRequest): Promise<KeyReleaseProvider>;
  /** The same, but what is behind it answers with other shares than it was given. */
  lying(request: KeeperRequest): Promise<{ readonly provider: KeyReleaseProvider; close(): void }>;
  /** How a lie is called: by the provider, or by whoever checks its answer. */
  readonly lieIs: ErrorCode;
  /** Never answers. */
  silent(request: KeeperRequest): Promise<{ readonly provider: KeyReleaseProvider; close(): void }>;
};

/** @param shares the committed shares of `posts`, by position, of the scene's dataset */
export function describeKeyRelease(
  backend: KeyReleaseBackend,
  get: () => { readonly scene: Scene; readonly shares: readonly Uint8Array[] },
): void {
  describe(`KeyReleaseProvider ${backend.name}`, () => {
    let scene: Scene;
    let other: TestEnclave;
    before(async () => {
      ({ scene } = get());
      other = await registerTestEnclave(scene.network, await scene.network.fundedClient());
    });

    const requestOf = (job: BuiltJob, position = 0, enclave = scene.worker): KeeperRequest => {
      const share = get().shares[position];
      if (share === undefined) throw new Error(`no share at ${position}`);
      const shares = [0, 1].map((index) => ({ index, share }));
      return { scene, job, opened: openedInputOf(job), position, shares, enclave };
    };
    const callOf = (request: KeeperRequest, change: Partial<ReleaseCall["request"]> = {}): Promise<ReleaseCall> => {
      const guardian = scene.network.guardians[request.position]?.nodeId ?? 0;
      return releaseCall(scene, request.job, { guardian, enclave: request.enclave, request: change });
    };
    const ask = async (
      provider: KeyReleaseProvider,
      request: KeeperRequest,
      { signal = AbortSignal.timeout(20_000), call = undefined as ReleaseCall | undefined } = {},
    ): Promise<KeyReleaseAnswer> =>
      provider.release({ call: call ?? (await callOf(request)), opened: request.opened }, { signal });
    /** `RELEASED`, or the code of the refusal, signed or thrown. */
    const outcomeOf = async (request: KeeperRequest, call?: ReleaseCall): Promise<string> => {
      const provider = await backend.keeper(request);
      try {
        const answer = await ask(provider, request, call === undefined ? {} : { call });
        return answer.status === "refused" ? (codeOfReason(answer.refusal.reason) ?? "unknown") : "RELEASED";
      } catch (error) {
        if (isPersonaError(error)) return error.code;
        throw error;
      }
    };

    it("default: threshold keepers give the very keys that open the data, for a claimed job", async () => {
      const job = await claimedJob(scene);
      const head = decodeKeyBoxHead(scene.keyBox.head);
      const shares: { position: number; share: Uint8Array }[] = [];
      for (const position of [0, 2]) {
        const request = requestOf(job, position);
        const given = await sharesIn(await ask(await backend.keeper(request), request), request);
        expect(
          given.map(({ index }) => index),
          "what the job asks for and no more",
        ).to.deep.equal([0]);
        for (const { share } of given) shares.push({ position, share });
      }
      const dek = await combineShares({ head, segment: 0, shares });
      const { datasetId, keyEpoch, segments } = scene.dataset;
      const ciphertext = scene.network.store.get(segments[0]?.cid ?? "");
      const plaintext = await collectBytes(decryptEnvelope(ciphertext, { datasetId, segment: 0, keyEpoch, dek }));
      expect(plaintext).to.deep.equal(new Uint8Array(9));
    });

    it("behavior: asked again it gives the same shares", async () => {
      const request = requestOf(await claimedJob(scene));
      const provider = await backend.keeper(request);
      const first = await sharesIn(await ask(provider, request), request);
      expect(await sharesIn(await ask(provider, request), request)).to.deep.equal(first);
    });

    it("error: GRANT_REVOKED", async () => {
      const grant = await grantPosts(scene);
      const request = requestOf(await claimedJob(scene, { grants: [grant] }));
      expect(await outcomeOf(request)).to.equal("RELEASED");
      await revoke({ client: scene.owner, deployment: scene.network.deployment }, grant);
      expect(await outcomeOf(request)).to.equal("GRANT_REVOKED");
    });

    it("error: PROGRAM_NOT_GRANTED", async () => {
      const program = { ...createProgram(), statement: "SELECT 1::BIGINT AS n" };
      expect(await outcomeOf(requestOf(await claimedJob(scene, { program })))).to.equal("PROGRAM_NOT_GRANTED");
    });

    it("error: SEGMENT_NOT_GRANTED", async () => {
      const request = requestOf(await claimedJob(scene, { segments: [segmentBitmap([1])] }));
      expect(await outcomeOf(request)).to.equal("SEGMENT_NOT_GRANTED");
    });

    it("error: SCOPE_MISMATCH: the grant's rules shown wider than they were signed", async () => {
      const grant = await grantPosts(scene);
      const wider = { ...grant, scope: { ...grant.scope, segments: 3n } };
      const request = requestOf(await claimedJob(scene, { grants: [wider] }));
      expect(await outcomeOf(request)).to.equal("SCOPE_MISMATCH");
    });

    it("error: KEY_EPOCH_OLD: the owner has published under new keys", async () => {
      const { dataset } = await publishSegments(scene.network, scene.owner, scene.ownerKeys.publicKey);
      const request = requestOf(await claimedJob(scene, { grants: [await grantPosts(scene, { dataset })] }));
      expect(await outcomeOf(request)).to.equal("RELEASED");
      const { datasetId, head } = dataset;
      const next = [randomHex32(random), randomHex32(random), head.guardianSetHash, 2, []] as const;
      await callContract(scene.owner, {
        address: scene.network.deployment.datasetRegistry,
        abi: datasetRegistryAbi,
        functionName: "publish",
        args: [datasetId, head, ...next],
      });
      expect(await outcomeOf(request)).to.equal("KEY_EPOCH_OLD");
    });

    it("error: JOB_NOT_CLAIMED, and then another signer than the one who claimed", async () => {
      expect(await outcomeOf(requestOf(await postJob(scene)))).to.equal("JOB_NOT_CLAIMED");
      const job = await claimedJob(scene);
      expect(await outcomeOf(requestOf(job, 0, other))).to.equal("JOB_CLAIMED_BY_OTHER");
      const request = requestOf(job);
      const call = await callOf(request);
      const stranger = privateKeyToAccount(generatePrivateKey());
      const message = typedData.releaseRequest(scene.network.deployment, call.request);
      const signature = await stranger.signTypedData(message);
      expect(await outcomeOf(request, { ...call, signature })).to.equal("NODE_KEY_UNKNOWN");
    });

    it("error: REQUEST_INVALID: another claim, bundle or KEM key than the request brings; no signature", async () => {
      const request = requestOf(await claimedJob(scene));
      const changes = [{ attempt: 2 }, { bundleDigest: randomHex32(random) }, { kemKeyHash: randomHex32(random) }];
      for (const change of changes) {
        const got = await outcomeOf(request, await callOf(request, change));
        expect(got, Object.keys(change).join()).to.equal("REQUEST_INVALID");
      }
      const unsigned = { ...(await callOf(request)), signature: `0x${"00".repeat(65)}` as const };
      expect(await outcomeOf(request, unsigned)).to.equal("REQUEST_INVALID");
    });

    it("error: JOB_PARAMS_MISMATCH: parameters that are not the chain's", async () => {
      const request = requestOf(await claimedJob(scene));
      const { order, offer } = request.job.params;
      const params = { order: { ...order, fee: order.fee + 1n }, offer };
      expect(jobOrderHashOf(params.order)).to.not.equal(jobOrderHashOf(order));
      expect(await outcomeOf(request, { ...(await callOf(request)), params })).to.equal("JOB_PARAMS_MISMATCH");
    });

    it("error: JOB_DEADLINE_PASSED", async () => {
      const request = requestOf(await claimedJob(scene, { runSeconds: 60 }));
      expect(await outcomeOf(request)).to.equal("RELEASED");
      await passTime(scene, 61);
      expect(await outcomeOf(request)).to.equal("JOB_DEADLINE_PASSED");
    });

    it(`error: ${backend.lieIs}: what is behind it lies, and who reads the answer learns it`, async () => {
      const request = requestOf(await claimedJob(scene));
      const { provider, close } = await backend.lying(request);
      try {
        const error = await expectError(backend.lieIs, async () => sharesIn(await ask(provider, request), request));
        if (error.code === "KEYBOX_INVALID") {
          expect(error.data).to.include({ culprit: "guardian", guardian: scene.network.guardians[0]?.nodeId });
        }
      } finally {
        close();
      }
    });

    it("error: GUARDIANS_UNAVAILABLE: the signal has come, before and while it waits", async () => {
      const request = requestOf(await claimedJob(scene));
      const aborted = AbortSignal.abort();
      const keeper = await backend.keeper(request);
      await expectError("GUARDIANS_UNAVAILABLE", () => ask(keeper, request, { signal: aborted }));
      const { provider, close } = await backend.silent(request);
      try {
        const signal = AbortSignal.timeout(300);
        await expectError("GUARDIANS_UNAVAILABLE", () => ask(provider, request, { signal }));
      } finally {
        close();
      }
    });

    /** As the enclave reads them: signed and sealed, or, from an adapter, as they are; each is held against the KeyBox. */
    async function sharesIn(answer: KeyReleaseAnswer, request: KeeperRequest): Promise<readonly KeptShare[]> {
      const { job, position, enclave } = request;
      const head = decodeKeyBoxHead(scene.keyBox.head);
      const shares =
        answer.status === "unsigned" ? answer.shares : await openedShares(scene, answer, { job, position, enclave });
      for (const { index, share } of shares) verifyShare({ head, segment: index, position, share });
      return shares;
    }
  });
}

const random = createRandom(testSeed());

async function openedShares(
  { network, dataset }: Scene,
  answer: Exclude<KeyReleaseAnswer, { readonly status: "unsigned" }>,
  { job, position, enclave }: Pick<KeeperRequest, "job" | "position" | "enclave">,
): Promise<KeptShare[]> {
  const { deployment, guardians } = network;
  const guardian = guardians[position];
  if (answer.status === "refused" || guardian === undefined) throw new Error("refused");
  const { release, keys, signature } = answer;
  const by = await recoverTypedDataAddress({ ...typedData.release(deployment, release), signature });
  if (by !== guardian.signer || release.sealedHash !== sealedHashOf(keys)) {
    throw new PersonaError("REQUEST_INVALID", "The guardian has not signed this.", {
      data: { guardian: guardian.nodeId },
    });
  }
  const signer = enclave.identity.account.address;
  const { datasetId } = dataset;
  const jobSpecHash = jobSpecHashOf(deployment, job.spec);
  return Promise.all(
    keys.shares.map(async ({ index, enc, ct }) => {
      const info = releaseShareInfo({ jobSpecHash, datasetId, segment: index, guardian: guardian.nodeId, signer });
      return { index, share: await open({ privateKey: enclave.identity.kem.privateKey, info, enc, ct }) };
    }),
  );
}

/** The first input as its bundle opens it. */
function openedInputOf({ spec, args, argsSalt, grants }: BuiltJob): OpenedInput {
  const [grant] = grants;
  if (grant === undefined) throw new Error("no grant");
  const { terms, scope, dataset } = grant;
  return { terms, scope, spec, args, argsSalt, catalogue: dataset.catalogue };
}

async function passTime({ owner }: Scene, seconds: number): Promise<void> {
  const rpc = owner.request as (call: { method: string; params: unknown[] }) => Promise<unknown>;
  await rpc({ method: "evm_increaseTime", params: [seconds] });
  await rpc({ method: "evm_mine", params: [] });
}
