import {
  type ChainView,
  callContract,
  createChainView,
  measurementPolicyAbi,
  nodeRegistryAbi,
} from "@persona-protocol/sdk/contracts";
import { expect } from "chai";
import type { Hex } from "viem";
import { enclaveBundle } from "../../../node/src/enclave/bundle/enclaveBundle.ts";
import { registerEnclaveKey } from "../../../node/src/enclave/registerEnclave.ts";
import {
  createEnclaveIdentity,
  type EnclaveIdentity,
  makeRegistration,
} from "../../../node/src/enclave/runtime/enclaveIdentity.ts";
import { createGuardianChain } from "../../../node/src/enclave/runtime/guardian/guardianChain.ts";
import { handOverKeys, passKeys, takeKeys } from "../../../node/src/enclave/runtime/guardian/keyHandover.ts";
import { encodeRegistration, registrationFacts } from "../../../node/src/enclave/runtime/registrationMessage.ts";
import { simulatedEvidence, simulatedWorkload } from "../../../node/src/enclave/runtime/simulatedEvidence.ts";
import { expectError } from "../../helpers/errors.ts";
import { createRandom, mutate, testSeed } from "../../helpers/random.ts";
import { registerTestEnclave, type TestEnclave } from "../../helpers/testEnclave.ts";
import { startTestChain, type TestChain } from "../../helpers/testNetwork.ts";

describe("keys of a guardian, held by a replica", function () {
  this.timeout(60_000);
  let network: TestChain;
  let chain: ChainView;
  let guardian: TestEnclave;
  let replica: EnclaveIdentity;
  let again: EnclaveIdentity;
  before(async () => {
    network = await startTestChain();
    const client = await network.fundedClient();
    chain = createChainView(client, network.deployment);
    guardian = await registerTestEnclave(network, client, "guardian");
    replica = await addKey();
    again = await addKey();
  });
  after(() => network?.close());

  /** One more attested key of the guardian's node, of this code or of other. */
  async function addKey(measurement: Hex = enclaveBundle().measurement): Promise<EnclaveIdentity> {
    const identity = await createEnclaveIdentity();
    const { deployment, verifier } = network;
    const { client, nodeId } = guardian;
    const evidence = simulatedEvidence(measurement);
    const enclave = {
      call: async (_method: string, facts: unknown) =>
        encodeRegistration(await makeRegistration(identity, evidence, deployment, registrationFacts.parse(facts))),
    };
    const context = { client, deployment, operator: client.account.address, verifier };
    await registerEnclaveKey(context, enclave, { signer: identity.account.address, nodeId, role: "guardian" });
    return identity;
  }
  const at = (identity: EnclaveIdentity, more = {}) => ({
    chain: createGuardianChain([chain], { confirmations: 0n }),
    identity,
    nodeId: guardian.nodeId,
    ...more,
  });
  const target = ({ account, kem }: EnclaveIdentity) => ({ signer: account.address, kemKey: kem.publicKey });
  const keysOf = () => guardian.identity.account.address;
  const toReplica = () => handOverKeys(at(guardian.identity), target(replica));
  const change = (functionName: "destroyEnclaveKey" | "drainEnclaveKey", { account }: EnclaveIdentity) =>
    callContract(guardian.client, {
      address: network.deployment.nodeRegistry,
      abi: nodeRegistryAbi,
      functionName,
      args: [account.address],
    });

  it("default: there and back, to an enclave that was started anew; nobody else opens them on the way", async () => {
    const held = { keys: keysOf(), box: await toReplica() };
    const back = { keys: keysOf(), box: await passKeys(at(replica), held, target(again)) };
    const taken = await takeKeys(at(again), back);
    expect(taken.account.address).to.equal(keysOf());
    expect(taken.kem.publicKey).to.deep.equal(guardian.identity.kem.publicKey);
    expect(taken.secret).to.deep.equal(guardian.identity.secret);
    for (const { box } of [held, back])
      expect(Buffer.from(box).includes(Buffer.from(taken.secret.slice(0, 16)))).to.equal(false);
    await expectError("SEALED_BOX_INVALID", () => takeKeys(at(again), held));
    await expectError("SEALED_BOX_INVALID", () => passKeys(at(replica), back, target(again)));
    // Whose they are is in what binds the box: one key cannot be had for another.
    const claimed = { ...back, keys: replica.account.address };
    await expectError("SEALED_BOX_INVALID", () => takeKeys(at(again), claimed));
  });

  it("error: boxes that somebody changed, and what is none", async () => {
    const random = createRandom(testSeed());
    const held = { keys: keysOf(), box: await toReplica() };
    for (let turn = 0; turn < 40; turn++) {
      const box = mutate(held.box, random);
      if (Buffer.from(box).equals(held.box)) continue;
      await expectError("SEALED_BOX_INVALID", () => passKeys(at(replica), { ...held, box }, target(again)));
    }
    await expectError("SEALED_BOX_INVALID", () => takeKeys(at(again), { ...held, box: new Uint8Array() }));
  });

  it("error: to a key that the registry has not, of another node, of other code, draining or destroyed", async () => {
    const own = at(guardian.identity);
    const stranger = await createEnclaveIdentity();
    await expectError("NODE_KEY_UNKNOWN", () => handOverKeys(own, target(stranger)));
    await expectError("NODE_KEY_UNKNOWN", () =>
      handOverKeys(own, { ...target(replica), kemKey: stranger.kem.publicKey }),
    );
    const other = await registerTestEnclave(network, await network.fundedClient(), "guardian");
    await expectError("NODE_KEY_UNKNOWN", () => handOverKeys(own, target(other.identity)));
    await expectError("NODE_KEY_UNKNOWN", () =>
      handOverKeys(at(guardian.identity, { nodeId: other.nodeId }), target(other.identity)),
    );
    const otherCode: Hex = `0x${"5a".repeat(32)}`;
    await callContract(network.governor, {
      address: network.deployment.measurementPolicy,
      abi: measurementPolicyAbi,
      functionName: "allow",
      args: [simulatedWorkload(otherCode)],
    });
    const upgraded = await addKey(otherCode);
    await expectError("NODE_KEY_UNKNOWN", () => handOverKeys(own, target(upgraded)));
    const held = { keys: keysOf(), box: await toReplica() };
    await expectError("NODE_KEY_UNKNOWN", () => passKeys(at(replica), held, target(upgraded)));
    const leaving = await addKey();
    await change("drainEnclaveKey", leaving);
    await expectError("NODE_KEY_INACTIVE", () => handOverKeys(own, target(leaving)));
    await change("destroyEnclaveKey", leaving);
    await expectError("NODE_KEY_INACTIVE", () => handOverKeys(own, target(leaving)));
    await expectError("NODE_KEY_INACTIVE", () => passKeys(at(leaving), held, target(again)));
  });

  it("error: keys that are destroyed or banned come back to nobody", async () => {
    const old = await addKey();
    const held = { keys: old.account.address, box: await handOverKeys(at(old), target(replica)) };
    const back = { ...held, box: await passKeys(at(replica), held, target(again)) };
    await change("destroyEnclaveKey", old);
    await expectError("NODE_KEY_INACTIVE", () => passKeys(at(replica), held, target(again)));
    await expectError("NODE_KEY_INACTIVE", () => takeKeys(at(again), back));
    const good = { keys: keysOf(), box: await toReplica() };
    await callContract(network.governor, {
      address: network.deployment.measurementPolicy,
      abi: measurementPolicyAbi,
      functionName: "ban",
      args: [simulatedWorkload(enclaveBundle().measurement)],
    });
    await expectError("MEASUREMENT_BANNED", () => passKeys(at(replica), good, target(again)));
    await expectError("MEASUREMENT_BANNED", toReplica);
  });
});
