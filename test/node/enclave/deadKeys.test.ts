/** Answers of guardian keys that are over: they must prove nothing against a job. */
import { decodeReleaseCall, encodeReleaseAnswer } from "@persona-protocol/sdk/access";
import { sealJobBundle } from "@persona-protocol/sdk/compute";
import { type ChainView, type EnclaveKeyState, KeyClass, typedData } from "@persona-protocol/sdk/contracts";
import { generateKemKeyPair } from "@persona-protocol/sdk/crypto";
import { PersonaError, reasonOfCode } from "@persona-protocol/sdk/errors";
import { expect } from "chai";
import { hashTypedData, keccak256, zeroHash } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { createEnclaveIdentity } from "../../../node/src/enclave/runtime/enclaveIdentity.ts";
import type { JobContext } from "../../../node/src/enclave/runtime/worker/collectKeys.ts";
import { failureCodeOf } from "../../../node/src/enclave/runtime/worker/jobFailure.ts";
import { obtainKeys } from "../../../node/src/enclave/runtime/worker/obtainKeys.ts";
import { expectError } from "../../helpers/errors.ts";
import { createRandom, testSeed } from "../../helpers/random.ts";
import { randomDeployment, randomHex32, randomStruct } from "../../helpers/structs.ts";

const random = createRandom(testSeed());
const deployment = randomDeployment(random);
const now = 1_000;

type KeyAt = (at: bigint) => Partial<EnclaveKeyState>;

/** A job that its three guardians refuse as revoked, by keys of which the chain says `key`. `heads`: newest blocks of the endpoints. */
async function refusedJob(
  key: Partial<EnclaveKeyState> | KeyAt,
  numbers: readonly bigint[] = [1n],
): Promise<JobContext> {
  const accounts = new Map([7, 8, 9].map((nodeId) => [nodeId, privateKeyToAccount(generatePrivateKey())]));
  const nodeIds = new Map([...accounts].map(([nodeId, { address }]) => [address, nodeId]));
  const spec = randomStruct("JobSpec", random);
  const { jobId } = spec;
  const digest = { manifestDigest: zeroHash, keyBoxDigest: zeroHash, guardianSetHash: zeroHash };
  const head = { ...digest, catalogueHash: zeroHash, catalogueLength: 0 };
  const input = { terms: randomStruct("Terms", random), scope: randomStruct("Scope", random), catalogue: [], head };
  const { publicKey: resultKey } = await generateKemKeyPair();
  const { bytes, bundleDigest } = await sealJobBundle(
    deployment,
    { spec, argsSalt: new Uint8Array(32), args: new Uint8Array([0xa0]), resultKey, inputs: [input] },
    await Promise.all(
      [...accounts.keys()].map(async (nodeId) => {
        const { publicKey: kemPublicKey } = await generateKemKeyPair();
        return { nodeId, kemPublicKey, inputs: [0] };
      }),
    ),
  );
  const params = randomStruct("JobParams", random);
  const asked = {
    datasetId: randomHex32(random),
    grantHash: randomHex32(random),
    owner: deployment.jobMarket,
    price: 0n,
  };
  const identity = await createEnclaveIdentity();
  const chain: Pick<ChainView, "deployment" | "enclaveKey"> = {
    deployment,
    enclaveKey: async (signer, at) => ({
      ...{ nodeId: nodeIds.get(signer) ?? 0, keyClass: KeyClass.guardian, state: "active", banned: false },
      ...{ sealUntil: now, openUntil: now + 1, measurement: zeroHash, kemKeyHash: zeroHash },
      ...(typeof key === "function" ? key(at) : key),
    }),
  };
  const host: Pick<JobContext["host"], "block" | "ask"> = {
    block: async () => bytes,
    async ask(guardian, body) {
      const { request } = decodeReleaseCall(body);
      const who = { jobId, attempt: request.attempt, input: request.input, signer: identity.account.address, guardian };
      const place = { blockNumber: 1n, blockHash: zeroHash, logHead: zeroHash };
      const reason = reasonOfCode("GRANT_REVOKED") ?? 0;
      const refusal = { ...who, ...place, requestHash: keccak256(body), reason };
      const hash = hashTypedData(typedData.refusal(deployment, refusal));
      const account = accounts.get(guardian);
      if (account === undefined) throw new Error("no such guardian");
      return encodeReleaseAnswer({ status: "refused", refusal, signature: await account.sign({ hash }) });
    },
  };
  const order = { ...params.order, bundleDigest, inputs: [asked] };
  const heads = async () => numbers.map((number) => ({ number, hash: zeroHash, timestamp: BigInt(now) }));
  return { chain, heads, host, identity, jobId, params: { ...params, order }, attempt: 1 } as unknown as JobContext;
}

const patient = { withinMs: 60_000, onOpening: () => {} };

describe("refusals, by what the chain says of the keys that signed them", () => {
  it("default: of keys that may open, draining ones too, they prove that the job is at fault", async () => {
    for (const state of ["active", "draining"] as const) {
      const context = await refusedJob({ state });
      const error = await expectError("GUARDIANS_REFUSED", () => obtainKeys(context, patient));
      expect(failureCodeOf(error, false)).to.equal(1);
    }
  });

  it("error: of destroyed, frozen, banned and expired keys they prove nothing", async () => {
    for (const key of [
      { state: "destroyed" },
      { state: "frozen" },
      { state: "none" },
      { banned: true },
      { openUntil: now },
    ] as const) {
      const context = await refusedJob(key);
      const error = await expectError("GUARDIANS_UNAVAILABLE", () => obtainKeys(context, patient));
      expect(failureCodeOf(error, false)).not.to.equal(1);
    }
  });

  it("error: CHAIN_DISAGREES: a key that one endpoint alone has in its newest block, so nothing is signed", async () => {
    for (const liar of [0, 1]) {
      const numbers = [12n, 11n];
      const context = await refusedJob((at) => ({ state: at === numbers[liar] ? "active" : "none" }), numbers);
      await expectError("CHAIN_DISAGREES", () => obtainKeys(context, patient));
    }
    const agreed = await refusedJob({ state: "active" }, [12n, 11n]);
    await expectError("GUARDIANS_REFUSED", () => obtainKeys(agreed, patient));
  });

  it("error: while the chain is away they prove nothing, and no failure is signed", async () => {
    const context = await refusedJob(() => {
      throw new PersonaError("CHAIN_UNREACHABLE", "away");
    });
    await expectError("CHAIN_UNREACHABLE", () => obtainKeys(context, patient));
  });
});
