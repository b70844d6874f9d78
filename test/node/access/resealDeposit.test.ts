import { decodeDeposit, depositBodyHash, encodeDeposit } from "@persona-protocol/sdk/access";
import {
  type ChainView,
  callContract,
  createChainView,
  datasetIdOf,
  datasetRegistryAbi,
  measurementPolicyAbi,
  nodeRegistryAbi,
  typedData,
} from "@persona-protocol/sdk/contracts";
import { generateKemKeyPair, type KemKeyPair, keyIdOf, randomBytes, toHex } from "@persona-protocol/sdk/crypto";
import {
  bodyForGuardian,
  decodeKeyBoxBody,
  encodeKeyBoxBody,
  makeKeyBox,
  openShare,
} from "@persona-protocol/sdk/storage";
import { expect } from "chai";
import type { Address } from "viem";
import { enclaveBundle } from "../../../node/src/enclave/bundle/enclaveBundle.ts";
import { registerEnclaveKey } from "../../../node/src/enclave/registerEnclave.ts";
import {
  createEnclaveIdentity,
  type EnclaveIdentity,
  makeRegistration,
} from "../../../node/src/enclave/runtime/enclaveIdentity.ts";
import { createGuardianChain } from "../../../node/src/enclave/runtime/guardian/guardianChain.ts";
import { resealDeposit } from "../../../node/src/enclave/runtime/guardian/resealDeposit.ts";
import { requireUnsealedKey } from "../../../node/src/enclave/runtime/guardian/successorKey.ts";
import { encodeRegistration, registrationFacts } from "../../../node/src/enclave/runtime/registrationMessage.ts";
import { simulatedEvidence, simulatedWorkload } from "../../../node/src/enclave/runtime/simulatedEvidence.ts";
import { expectError } from "../../helpers/errors.ts";
import { registerTestEnclave, type TestEnclave } from "../../helpers/testEnclave.ts";
import { startTestChain, type TestChain } from "../../helpers/testNetwork.ts";

const threshold = 2;

describe("resealDeposit", function () {
  this.timeout(60_000);
  let network: TestChain;
  let chain: ChainView;
  let guardian: TestEnclave;
  let successor: EnclaveIdentity;
  let keyBox: makeKeyBox.ReturnType;
  let deposit: Uint8Array;
  let deks: Map<number, Uint8Array>;
  before(async () => {
    network = await startTestChain();
    const client = await network.fundedClient();
    chain = createChainView(client, network.deployment);
    guardian = await registerTestEnclave(network, client, "guardian");
    successor = await addKey(guardian);
    const others: KemKeyPair[] = [await generateKemKeyPair(), await generateKemKeyPair()];
    deks = new Map([0, 3].map((index) => [index, randomBytes(32)]));
    const { chainId, datasetRegistry: registry } = network.deployment;
    keyBox = await makeKeyBox({
      chainId,
      registry,
      datasetId: toHex(randomBytes(32)),
      keyEpoch: 1,
      threshold,
      guardians: [
        { nodeId: guardian.nodeId + 100, kemPublicKey: others[0]?.publicKey ?? new Uint8Array() },
        { nodeId: guardian.nodeId, kemPublicKey: guardian.identity.kem.publicKey },
        { nodeId: guardian.nodeId + 101, kemPublicKey: others[1]?.publicKey ?? new Uint8Array() },
      ],
      ownerPublicKey: (await generateKemKeyPair()).publicKey,
      deks,
    });
    deposit = await depositOf(encodeKeyBoxBody(bodyForGuardian(keyBox.body, guardian.nodeId)));
  });
  after(() => network?.close());

  /** One more attested key of the guardian's node. */
  async function addKey(
    { nodeId, client }: TestEnclave,
    role: "guardian" | "worker" = "guardian",
  ): Promise<EnclaveIdentity> {
    const identity = await createEnclaveIdentity();
    const { deployment, verifier } = network;
    const evidence = simulatedEvidence(enclaveBundle().measurement);
    const enclave = {
      call: async (_method: string, facts: unknown) =>
        encodeRegistration(await makeRegistration(identity, evidence, deployment, registrationFacts.parse(facts))),
    };
    const context = { client, deployment, operator: client.account.address, verifier };
    await registerEnclaveKey(context, enclave, { signer: identity.account.address, nodeId, role });
    return identity;
  }

  async function depositOf(body: Uint8Array): Promise<Uint8Array> {
    const { client, nodeId } = guardian;
    const { head, headBytes, keyBoxDigest } = keyBox;
    const message = { datasetId: head.datasetId, keyBoxDigest, guardian: nodeId, bodyHash: depositBodyHash(body) };
    const signature = await client.signTypedData(typedData.keyBoxDeposit(network.deployment, message));
    return encodeDeposit({
      owner: client.account.address,
      salt: toHex(randomBytes(32)),
      head: headBytes,
      body,
      signature,
    });
  }

  const place = (identity = guardian.identity, confirmations = 0n) => ({
    chain: createGuardianChain([chain], { confirmations }),
    identity,
    nodeId: guardian.nodeId,
  });
  const target = ({ account, kem }: EnclaveIdentity) => ({ signer: account.address, kemKey: kem.publicKey });
  const reseal = (to: { signer: Address; kemKey: Uint8Array }, bytes = deposit) => resealDeposit(place(), bytes, to);
  const opening = (bytes: Uint8Array, keyPair: openShare.Parameters["keyPair"], segment: number) => {
    const { chainId, datasetRegistry: registry } = network.deployment;
    const { head } = keyBox;
    const sealed = decodeKeyBoxBody(decodeDeposit(bytes).body, keyBox).shares.find(({ index }) => index === segment);
    if (sealed === undefined) throw new Error("no share");
    const { datasetId, keyEpoch } = head;
    return () =>
      openShare({ chainId, registry, datasetId, keyEpoch, head, segment, guardian: guardian.nodeId, keyPair, sealed });
  };

  it("default: the same shares under the successor's key, and none under the old", async () => {
    const moved = await reseal(target(successor));
    expect(decodeKeyBoxBody(decodeDeposit(moved).body).shares.map(({ keyId }) => keyId)).to.deep.equal([
      keyIdOf(successor.kem.publicKey),
      keyIdOf(successor.kem.publicKey),
    ]);
    for (const segment of deks.keys()) {
      const { share } = await opening(deposit, guardian.identity.kem, segment)();
      expect((await opening(moved, successor.kem, segment)()).share).to.deep.equal(share);
      await expectError("SEALED_BOX_INVALID", opening(moved, guardian.identity.kem, segment));
      await expectError("SEALED_BOX_INVALID", opening(deposit, successor.kem, segment));
    }
  });

  it("error: CHAIN_DISAGREES: one of two endpoints ends no share, and makes no key a successor", async () => {
    const lies: readonly Partial<ChainView>[] = [
      { dataset: async (...of) => ({ ...(await chain.dataset(...of)), status: "erased" }) },
      { dataset: async (...of) => ({ ...(await chain.dataset(...of)), status: "active", keyEpoch: 9 }) },
      { enclaveKey: async (...of) => ({ ...(await chain.enclaveKey(...of)), state: "destroyed" }) },
    ];
    for (const lie of lies)
      for (const views of [
        [{ ...chain, ...lie }, chain],
        [chain, { ...chain, ...lie }],
      ] as const) {
        const agreed = createGuardianChain(views, { confirmations: 0n });
        const move = () => resealDeposit({ ...place(), chain: agreed }, deposit, target(successor));
        await expectError("CHAIN_DISAGREES", move);
      }
  });

  it("error: a key that no registry knows, of another node, of another class, or another KEM key than registered", async () => {
    const stranger = await createEnclaveIdentity();
    const other = await registerTestEnclave(network, await network.fundedClient(), "guardian");
    await expectError("NODE_KEY_UNKNOWN", () => reseal(target(stranger)));
    await expectError("NODE_KEY_UNKNOWN", () => reseal(target(other.identity)));
    await expectError("NODE_KEY_UNKNOWN", () => reseal({ ...target(successor), kemKey: stranger.kem.publicKey }));
    const worker = await registerTestEnclave(network, await network.fundedClient());
    await expectError("NODE_KEY_UNKNOWN", () => reseal(target(worker.identity)));
  });

  it("error: a successor that is draining, and shares that the host has changed", async () => {
    const draining = await addKey(guardian);
    const registry = { address: network.deployment.nodeRegistry, abi: nodeRegistryAbi } as const;
    await callContract(guardian.client, {
      ...registry,
      functionName: "drainEnclaveKey",
      args: [draining.account.address],
    });
    await expectError("NODE_KEY_INACTIVE", () => reseal(target(draining)));

    const body = bodyForGuardian(keyBox.body, guardian.nodeId);
    const [first, second] = body.shares;
    if (first === undefined || second === undefined) throw new Error("two shares");
    const exchanged = {
      ...body,
      shares: [
        { ...first, index: second.index },
        { ...second, index: first.index },
      ],
    };
    const bytes = await depositOf(encodeKeyBoxBody(exchanged));
    await expectError("SEALED_BOX_INVALID", () => reseal(target(successor), bytes));
    const missing = await depositOf(encodeKeyBoxBody({ ...body, shares: [first] }));
    await expectError("KEYBOX_INVALID", () => reseal(target(successor), missing));
  });

  it("error: DATASET_ERASED, by a confirmed block only: what does not move on is lost", async () => {
    const { client } = guardian;
    const { chainId, datasetRegistry: registry } = network.deployment;
    const rpc = client.request as (call: { method: string; params: unknown[] }) => Promise<unknown>;
    const salt = toHex(randomBytes(32));
    const datasetId = datasetIdOf(network.deployment, client.account.address, salt);
    const own = await makeKeyBox({
      chainId,
      registry,
      datasetId,
      keyEpoch: 1,
      threshold,
      guardians: [
        { nodeId: guardian.nodeId, kemPublicKey: guardian.identity.kem.publicKey },
        { nodeId: guardian.nodeId + 100, kemPublicKey: (await generateKemKeyPair()).publicKey },
      ],
      ownerPublicKey: (await generateKemKeyPair()).publicKey,
      deks,
    });
    const body = encodeKeyBoxBody(bodyForGuardian(own.body, guardian.nodeId));
    const bytes = encodeDeposit({ ...decodeDeposit(deposit), salt, head: own.headBytes, body });
    const datasets = { address: registry, abi: datasetRegistryAbi } as const;
    const digests = [toHex(randomBytes(32)), own.keyBoxDigest, toHex(randomBytes(32))] as const;
    const made = [salt, ...digests, [toHex(randomBytes(32))]] as const;
    await callContract(client, { ...datasets, functionName: "registerDataset", args: made });
    await callContract(client, { ...datasets, functionName: "eraseDataset", args: [datasetId] });
    const confirmations = 2n;
    const move = () => resealDeposit(place(undefined, confirmations), bytes, target(successor));
    const before = await rpc({ method: "evm_snapshot", params: [] });
    try {
      await rpc({ method: "evm_increaseTime", params: [7 * 24 * 3_600] });
      await callContract(client, { ...datasets, functionName: "concludeErasure", args: [datasetId] });
      expect(decodeDeposit(await move()).head, "not confirmed").to.deep.equal(own.headBytes);
      for (let i = 0; i < 2; i++) await rpc({ method: "evm_mine", params: [] });
      await expectError("DATASET_ERASED", move);
    } finally {
      await rpc({ method: "evm_revert", params: [before] });
    }
  });

  it("error: an own key that is destroyed hands nothing over, nor serves", async () => {
    const old = await addKey(guardian);
    const registry = { address: network.deployment.nodeRegistry, abi: nodeRegistryAbi } as const;
    await requireUnsealedKey(place(), old.account.address);
    await callContract(guardian.client, {
      ...registry,
      functionName: "destroyEnclaveKey",
      args: [old.account.address],
    });
    await expectError("NODE_KEY_INACTIVE", () => requireUnsealedKey(place(), old.account.address));
    await expectError("NODE_KEY_INACTIVE", () => resealDeposit(place(old), deposit, target(successor)));
  });

  it("error: a banned measurement neither takes shares nor hands them over", async () => {
    const { governor, deployment } = network;
    const banned = { address: deployment.measurementPolicy, abi: measurementPolicyAbi } as const;
    await callContract(governor, {
      ...banned,
      functionName: "ban",
      args: [simulatedWorkload(enclaveBundle().measurement)],
    });
    await expectError("MEASUREMENT_BANNED", () => reseal(target(successor)));
    await expectError("MEASUREMENT_BANNED", () => requireUnsealedKey(place(), guardian.identity.account.address));
  });
});
