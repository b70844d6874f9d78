import { chainEvidenceOf } from "@persona-protocol/sdk/attestation";
import { makeCrl } from "@persona-protocol/sdk/attestation/simulator";
import {
  type ChainClient,
  callContract,
  type Deployment,
  KeyClass,
  measurementPolicyAbi,
  nodeRegistryAbi,
  pckRegistryAbi,
} from "@persona-protocol/sdk/contracts";
import { expect } from "chai";
import { bytesToHex, type Hex, parseEther } from "viem";
import { enclaveBundle } from "../../../node/src/enclave/bundle/enclaveBundle.ts";
import { registerNode } from "../../../node/src/enclave/registerEnclave.ts";
import {
  createEnclaveIdentity,
  type EnclaveIdentity,
  type EnclaveRegistration,
  makeRegistration,
} from "../../../node/src/enclave/runtime/enclaveIdentity.ts";
import {
  simulatedEvidence,
  simulatedWorkload,
  simulator,
} from "../../../node/src/enclave/runtime/simulatedEvidence.ts";
import { errorOf } from "../../helpers/chainAttestation.ts";
import { startTestChain, type TestChain } from "../../helpers/testNetwork.ts";

const day = 86_400;

/** The whole way: an enclave's quote through NodeRegistry and the verifier that every deployment has. */
describe("registration by evidence", function () {
  this.timeout(60_000);
  let network: TestChain;
  let client: ChainClient;
  let nodeId: number;
  let registry: { readonly address: Hex; readonly abi: typeof nodeRegistryAbi };
  const runtime = enclaveBundle().measurement;

  before(async () => {
    // It skips thousands of blocks at once, which anvil mines one by one.
    network = await startTestChain("hardhat");
    client = await network.fundedClient();
    const { deployment, verifier } = network;
    registry = { address: deployment.nodeRegistry, abi: nodeRegistryAbi };
    const context = { client, deployment, operator: client.account.address, verifier };
    nodeId = await registerNode(context, { role: "worker", stake: parseEther("1000"), endpoint: "" });
  });
  after(() => network?.close());

  async function facts(operator: Hex = client.account.address) {
    const head = await client.getBlockNumber();
    // A simulation runs in the newest block itself, which does not know its own hash.
    const { number, hash } = await client.getBlock({ blockNumber: head - 1n });
    return { operator, keyClass: KeyClass.worker, blockNumber: number, blockHash: hash };
  }

  async function attest(
    identity: EnclaveIdentity,
    changes: { readonly operator?: Hex; readonly deployment?: Deployment; readonly code?: Hex } = {},
  ): Promise<EnclaveRegistration> {
    const { operator, deployment = network.deployment, code = runtime } = changes;
    return makeRegistration(identity, simulatedEvidence(code), deployment, await facts(operator));
  }

  const argumentsOf = ({ binding, evidence, signature }: EnclaveRegistration) =>
    [binding, bytesToHex(chainEvidenceOf(evidence)), network.verifier, signature] as const;

  const add = (registration: EnclaveRegistration, by = client) =>
    callContract(by, { ...registry, functionName: "addEnclaveKey", args: [nodeId, ...argumentsOf(registration)] });

  const refusal = (registration: EnclaveRegistration) =>
    errorOf(
      client.simulateContract({
        ...registry,
        functionName: "addEnclaveKey",
        args: [nodeId, ...argumentsOf(registration)],
      }),
    );

  const keyOf = ({ account }: EnclaveIdentity) =>
    client.readContract({ ...registry, functionName: "enclaveKeyOf", args: [account.address] });

  it("default: a key comes in by a quote, and the chain knows what runs", async () => {
    const identity = await createEnclaveIdentity();
    await add(await attest(identity));
    const key = await keyOf(identity);
    expect(key).to.include({ nodeId, verifierKind: 0, vendor: 0, measurement: simulatedWorkload(runtime) });
    expect(key.openUntil).to.equal(key.registeredAt + 7 * day);
  });

  it("default: a relayer pays, and cannot put itself in the operator's place", async () => {
    const identity = await createEnclaveIdentity();
    const relayer = await network.fundedClient();
    const registration = await attest(identity);
    expect(
      await errorOf(
        relayer.simulateContract({
          ...registry,
          functionName: "addEnclaveKey",
          args: [nodeId, ...argumentsOf(registration)],
        }),
      ),
    ).to.equal("NodeCallerNotOperator");
    const deadline = Number((await client.getBlock()).timestamp) + 3_600;
    const bindingHash = await client.readContract({
      ...registry,
      functionName: "hashBinding",
      args: [registration.binding],
    });
    const consent = await client.signTypedData({
      domain: {
        name: "Persona NodeRegistry",
        version: "1",
        chainId: client.chain.id,
        verifyingContract: registry.address,
      },
      types: {
        KeyConsent: [
          { name: "nodeId", type: "uint32" },
          { name: "bindingHash", type: "bytes32" },
          { name: "deadline", type: "uint40" },
        ],
      },
      primaryType: "KeyConsent",
      message: { nodeId, bindingHash, deadline },
    });
    const own = await attest(identity, { operator: relayer.account.address });
    const args = (given: EnclaveRegistration) => [nodeId, ...argumentsOf(given), deadline, consent] as const;
    const send = { ...registry, functionName: "addEnclaveKeyBySig" } as const;
    expect(await errorOf(relayer.simulateContract({ ...send, args: args(own) }))).to.equal("ConsentSignatureInvalid");
    await callContract(relayer, { ...send, args: args(registration) });
    expect((await keyOf(identity)).nodeId).to.equal(nodeId);
  });

  it("attack: a quote for another registry, chain or operator", async () => {
    const identity = await createEnclaveIdentity();
    const { deployment } = network;
    const elsewhere = await attest(identity, { deployment: { ...deployment, nodeRegistry: deployment.jobMarket } });
    expect(await refusal(elsewhere)).to.equal("BindingRegistryMismatch");
    expect(await refusal(await attest(identity, { deployment: { ...deployment, chainId: 1 } }))).to.equal(
      "BindingChainMismatch",
    );
    expect(await refusal(await attest(identity, { operator: network.governor.account.address }))).to.equal(
      "BindingOperatorMismatch",
    );
    // The right binding over a quote that is for another one.
    const right = await attest(identity);
    expect(await refusal({ ...right, evidence: elsewhere.evidence })).to.equal("EvidenceReportMismatch");
    expect(await refusal({ ...elsewhere, evidence: right.evidence, binding: right.binding })).to.equal(
      "BindingSignatureInvalid",
    );
  });

  it("attack: another enclave's quote, and a program that nobody has allowed", async () => {
    const identity = await createEnclaveIdentity();
    const other = await attest(await createEnclaveIdentity());
    expect(await refusal({ ...(await attest(identity)), evidence: other.evidence })).to.equal("EvidenceReportMismatch");
    const code: Hex = `0x${"ab".repeat(32)}`;
    expect(await refusal(await attest(identity, { code }))).to.equal("EvidenceMeasurementNotAllowed");
  });

  it("attack: an old quote is played once more", async () => {
    const old = await attest(await createEnclaveIdentity());
    const mine = (blocks: number) =>
      client.request({ method: "hardhat_mine", params: [`0x${blocks.toString(16)}`] } as never);
    expect(await refusal(old)).to.equal(undefined);
    await mine(8_200);
    expect(await refusal(old)).to.equal("BindingBlockUnknown");
  });

  it("attack: a banned measurement is refused at once", async () => {
    const policy = { address: network.deployment.measurementPolicy, abi: measurementPolicyAbi } as const;
    const identity = await createEnclaveIdentity();
    const code: Hex = `0x${"cd".repeat(32)}`;
    const args = [simulatedWorkload(code)] as const;
    await callContract(network.governor, { ...policy, functionName: "allow", args });
    expect(await refusal(await attest(identity, { code }))).to.equal(undefined);
    await callContract(network.governor, { ...policy, functionName: "ban", args });
    expect(await refusal(await attest(identity, { code }))).to.equal("EvidenceMeasurementNotAllowed");
  });

  it("behavior: a key is renewed, and ends when its platform is revoked", async () => {
    const identity = await createEnclaveIdentity();
    await add(await attest(identity));
    const { openUntil } = await keyOf(identity);
    await client.request({ method: "evm_increaseTime", params: [`0x${day.toString(16)}`] } as never);
    await callContract(network.governor, {
      ...registry,
      functionName: "renewEnclaveKey",
      args: argumentsOf(await attest(identity)),
    });
    expect((await keyOf(identity)).openUntil).to.be.at.least(openUntil + day);
    const poke = () =>
      callContract(network.governor, { ...registry, functionName: "poke", args: [identity.account.address] });
    await poke();
    expect((await keyOf(identity)).openUntil).to.be.at.least(openUntil + day);

    const { pki, pck } = simulator();
    const now = Number((await client.getBlock()).timestamp);
    const list = makeCrl({
      issuer: pki.platformCa.contents.subject,
      issuerKey: pki.platformCa.key,
      thisUpdate: now,
      nextUpdate: now + 30 * day,
      number: 1,
      revoked: [pck.serial],
    });
    await callContract(network.governor, {
      address: network.pckRegistry,
      abi: pckRegistryAbi,
      functionName: "submitRevocations",
      args: [bytesToHex(list), 10n],
    });
    await poke();
    const { timestamp } = await client.getBlock();
    expect((await keyOf(identity)).openUntil).to.equal(Number(timestamp));
    expect(await refusal(await attest(await createEnclaveIdentity()))).to.equal("PckNotValid");
    const renewal = client.simulateContract({
      ...registry,
      functionName: "renewEnclaveKey",
      args: argumentsOf(await attest(identity)),
    });
    expect(await errorOf(renewal)).to.equal("PckNotValid");
  });
});
