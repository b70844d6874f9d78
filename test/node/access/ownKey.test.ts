import {
  type ChainBlock,
  type ChainView,
  callContract,
  createChainView,
  measurementPolicyAbi,
  nodeRegistryAbi,
} from "@persona-protocol/sdk/contracts";
import { expect } from "chai";
import { enclaveBundle } from "../../../node/src/enclave/bundle/enclaveBundle.ts";
import { createEnclaveIdentity } from "../../../node/src/enclave/runtime/enclaveIdentity.ts";
import { createGuardianChain, type GuardianChain } from "../../../node/src/enclave/runtime/guardian/guardianChain.ts";
import { requireOwnKey } from "../../../node/src/enclave/runtime/guardian/ownKey.ts";
import { requireSuccessorKey } from "../../../node/src/enclave/runtime/guardian/successorKey.ts";
import { simulatedWorkload } from "../../../node/src/enclave/runtime/simulatedEvidence.ts";
import { expectError } from "../../helpers/errors.ts";
import { registerTestEnclave, type TestEnclave } from "../../helpers/testEnclave.ts";
import { startTestChain, type TestChain } from "../../helpers/testNetwork.ts";

describe("requireOwnKey", function () {
  this.timeout(60_000);
  let network: TestChain;
  let view: ChainView;
  let chain: GuardianChain;
  let guardian: TestEnclave;
  before(async () => {
    network = await startTestChain();
    view = createChainView(network.governor, network.deployment);
    chain = createGuardianChain([view], { confirmations: 0n });
  });
  after(() => network?.close());
  beforeEach(async () => {
    guardian = await registerTestEnclave(network, await network.fundedClient(), "guardian");
  });

  const newest = async (): Promise<ChainBlock> => (await chain.look()).newest;
  const own = ({ identity, nodeId }: Pick<TestEnclave, "identity" | "nodeId"> = guardian) => ({
    chain,
    identity,
    nodeId,
  });
  const stateOf = async (block: ChainBlock) =>
    (await view.enclaveKey(guardian.identity.account.address, block.number)).state;
  const change = (
    client: TestChain["governor"],
    functionName: "drainEnclaveKey" | "destroyEnclaveKey" | "freezeEnclaveKey" | "unfreezeEnclaveKey",
  ) =>
    callContract(client, {
      address: network.deployment.nodeRegistry,
      abi: nodeRegistryAbi,
      functionName,
      args: [guardian.identity.account.address],
    });
  const refused = async (block: ChainBlock, data: Record<string, unknown>, who = own()) => {
    const error = await expectError("GUARDIANS_UNAVAILABLE", () => requireOwnKey(who, block));
    expect(error.data).to.include(data);
  };

  it("default: an active key works, and a draining one", async () => {
    await requireOwnKey(own(), await newest());
    await change(guardian.client, "drainEnclaveKey");
    const block = await newest();
    expect(await stateOf(block)).to.equal("draining");
    await requireOwnKey(own(), block);
  });

  it("error: a frozen key works again only when governance has said so", async () => {
    await change(network.governor, "freezeEnclaveKey");
    await refused(await newest(), { state: "frozen" });
    await change(network.governor, "unfreezeEnclaveKey");
    await requireOwnKey(own(), await newest());
  });

  it("error: a destroyed key", async () => {
    const before = await newest();
    await requireOwnKey(own(), before);
    await change(guardian.client, "destroyEnclaveKey");
    await refused(await newest(), { state: "destroyed" });
  });

  it("error: from the second at which its time is over", async () => {
    const block = await newest();
    const { openUntil } = await view.enclaveKey(guardian.identity.account.address, block.number);
    await requireOwnKey(own(), { ...block, timestamp: BigInt(openUntil) - 1n });
    await refused({ ...block, timestamp: BigInt(openUntil) }, { state: "active" });
  });

  it("error: a key that no registry knows, and one of another node", async () => {
    const block = await newest();
    const stranger = await createEnclaveIdentity();
    await refused(block, { state: "none" }, own({ identity: stranger, nodeId: guardian.nodeId }));
    await refused(block, { state: "active" }, own({ ...guardian, nodeId: guardian.nodeId + 1 }));
  });

  it("error: of a node that leaves the key drains: it still opens, and takes no shares", async () => {
    const registry = { address: network.deployment.nodeRegistry, abi: nodeRegistryAbi } as const;
    const { account, kem } = guardian.identity;
    const place = { chain, nodeId: guardian.nodeId };
    const successor = { signer: account.address, kemKey: kem.publicKey };
    await requireSuccessorKey(place, successor);
    await callContract(guardian.client, { ...registry, functionName: "requestExit", args: [guardian.nodeId] });
    const block = await newest();
    expect(await stateOf(block)).to.equal("draining");
    await requireOwnKey(own(), block);
    await expectError("NODE_KEY_INACTIVE", () => requireSuccessorKey(place, successor));
  });

  // Last: a ban is for ever.
  it("error: a banned measurement, at once", async () => {
    await requireOwnKey(own(), await newest());
    const policy = { address: network.deployment.measurementPolicy, abi: measurementPolicyAbi } as const;
    await callContract(network.governor, {
      ...policy,
      functionName: "ban",
      args: [simulatedWorkload(enclaveBundle().measurement)],
    });
    await refused(await newest(), { state: "active", banned: "true" });
  });
});
