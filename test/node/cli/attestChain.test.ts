import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { chainEvidenceOf } from "@persona-protocol/sdk/attestation";
import type { Simulator } from "@persona-protocol/sdk/attestation/simulator";
import { type ChainClient, callContract, KeyClass, nodeRegistryAbi } from "@persona-protocol/sdk/contracts";
import { sealKeystore } from "@persona-protocol/sdk/storage";
import { expect } from "chai";
import { type Address, bytesToHex, hexToBytes, parseEther } from "viem";
import { generatePrivateKey, privateKeyToAddress } from "viem/accounts";
import type { PokedKey } from "../../../node/src/attestation/pokeKeys.ts";
import { enclaveBundle } from "../../../node/src/enclave/bundle/enclaveBundle.ts";
import { registerNode } from "../../../node/src/enclave/registerEnclave.ts";
import { createEnclaveIdentity, makeRegistration } from "../../../node/src/enclave/runtime/enclaveIdentity.ts";
import { simulatedMachine, simulatedWorkload, simulator } from "../../../node/src/enclave/runtime/simulatedEvidence.ts";
import { collateralJson } from "../../helpers/attestationScene.ts";
import { startTestChain, type TestChain } from "../../helpers/testNetwork.ts";
import { temporaryFolder } from "../ingest/temporaryFolder.ts";
import { expectRefusal, runPersona } from "./persona.ts";

const passphrase = "who pays for what everybody may send";
const other = simulatedMachine("another");

describe("persona attest feed, poke", function () {
  this.timeout(120_000); // a dozen processes
  const folder = temporaryFolder();
  let network: TestChain;
  let operator: ChainClient;
  let nodeId: number;
  let sender: readonly string[];
  const run = (name: string, ...args: readonly string[]) =>
    runPersona(["attest", name, ...args, ...sender], folder.path("."));

  before(async () => {
    network = await startTestChain();
    const { deployment, governor, verifier } = network;
    const secret = generatePrivateKey();
    const to = privateKeyToAddress(secret);
    await governor.waitForTransactionReceipt({ hash: await governor.sendTransaction({ to, value: parseEther("10") }) });
    const keystore = await sealKeystore({ kind: "account", secret: hexToBytes(secret), passphrase });
    await writeFile(folder.path("payer.json"), JSON.stringify(keystore));
    await writeFile(folder.path("passphrase"), passphrase);
    await writeFile(folder.path("one"), simulator().tdxQuote({}));
    await writeFile(folder.path("another"), other.tdxQuote({}));
    sender = ["--rpc", network.rpcUrl, "--keystore", "payer.json", "--passphrase-file", "passphrase"];
    operator = await network.fundedClient();
    const context = { client: operator, deployment, operator: operator.account.address, verifier };
    nodeId = await registerNode(context, { role: "worker", stake: parseEther("1000"), endpoint: "" });
  });
  after(() => network?.close());

  const now = async () => Number((await network.governor.getBlock()).timestamp);
  const writeCollateral = async (name: string, change: Partial<Parameters<Simulator["collateral"]>[0]> = {}) =>
    writeFile(
      folder.path(name),
      collateralJson(simulator().collateral({ tee: "tdx", issuedAt: await now(), ...change })),
    );

  /** A key on this machine, through the real verifier. */
  async function keyOn(machine: Simulator): Promise<Address> {
    const { deployment, verifier } = network;
    const identity = await createEnclaveIdentity();
    const runtime = enclaveBundle().measurement;
    const mrTd = createHash("sha384").update(hexToBytes(runtime)).digest();
    const unused = async (): Promise<never> => {
      throw new Error("a worker seals nothing");
    };
    const provider = {
      measurement: simulatedWorkload(runtime),
      quote: async (reportData: Uint8Array) => machine.tdxQuote({ mrTd, reportData }),
      seal: unused,
      unseal: unused,
    };
    const { number, hash } = await operator.getBlock({ blockNumber: (await operator.getBlockNumber()) - 1n });
    const { binding, evidence, signature } = await makeRegistration(identity, provider, deployment, {
      operator: operator.account.address,
      keyClass: KeyClass.worker,
      blockNumber: number,
      blockHash: hash,
    });
    await callContract(operator, {
      address: deployment.nodeRegistry,
      abi: nodeRegistryAbi,
      functionName: "addEnclaveKey",
      args: [nodeId, binding, bytesToHex(chainEvidenceOf(evidence)), verifier, signature],
    });
    return identity.account.address;
  }

  const outcomesOf = (stdout: string) =>
    (JSON.parse(stdout) as { calls: { functionName: string; outcome: string }[] }).calls.map(
      ({ functionName, outcome }) => `${outcome} ${functionName}`,
    );

  it("default: a machine that the chain does not know is believed afterwards; what it has is not sent again", async () => {
    // More than one transaction lists.
    const revoked = Array.from({ length: 230 }, (_, i) => Uint8Array.of(1, i));
    await writeCollateral("new.json", { pckCrl: { revoked } });
    const feed = ["another", "--verifier", network.verifier, "--collateral", "new.json", "--json"];
    const first = await run("feed", ...feed);
    expect(first.code, first.stderr).to.equal(0);
    expect(outcomesOf(first.stdout)).to.include.members(["known registerAuthority", "sent registerPck"]);
    await keyOn(other);
    const again = await run("feed", ...feed);
    expect(again.code, again.stderr).to.equal(0);
    expect(outcomesOf(again.stdout)).to.include.members(["known registerAuthority", "known registerPck"]);
  });

  it("default: keys end when their platform is revoked, and no other key", async () => {
    const [mine, revoked] = [await keyOn(simulator()), await keyOn(other)];
    const poke = async (...args: readonly string[]) => {
      const { code, stdout, stderr } = await run(
        "poke",
        ...args,
        "--registry",
        network.deployment.nodeRegistry,
        "--json",
      );
      expect(code, stderr).to.equal(0);
      return JSON.parse(stdout) as { asked: number; poked: PokedKey[] };
    };
    expect((await poke(mine)).poked).to.deep.equal([]);
    await writeCollateral("revoked.json", { pckCrl: { revoked: [other.pck.serial] } });
    const fed = await run("feed", "one", "--verifier", network.verifier, "--collateral", "revoked.json");
    expect(fed.code, fed.stderr).to.equal(0);
    const { asked, poked } = await poke();
    expect(poked.map(({ signer }) => signer)).to.include(revoked);
    expect(poked.map(({ signer }) => signer)).to.not.include(mine);
    expect(asked).to.equal(poked.length + 1);
    for (const { to } of poked) expect(to).to.be.at.most(await now());
    expect(await poke())
      .to.include({ asked: 1 })
      .and.to.have.property("poked")
      .that.deep.equals([]);
  });

  it("error: what nobody has signed, other evidence, other contracts", async () => {
    await writeCollateral("good.json");
    const collateral = simulator().collateral({ tee: "tdx", issuedAt: await now() });
    const forged = { ...collateral, tcbInfo: collateral.tcbInfo.replace("UpToDate", "OutOfDate") };
    await writeFile(folder.path("forged.json"), collateralJson(forged));
    await writeFile(folder.path("nothing"), "hello");
    const { verifier, deployment } = network;
    const feed = (file: string, collateralFile: string, at: string) =>
      run("feed", file, "--verifier", at, "--collateral", collateralFile);
    expectRefusal(await feed("one", "forged.json", verifier), "TRANSACTION_REVERTED");
    expectRefusal(await feed("nothing", "good.json", verifier), "EVIDENCE_UNREADABLE");
    expectRefusal(await feed("one", "good.json", "0x00000000000000000000000000000000000000aa"), "DEPLOYMENT_UNKNOWN");
    expectRefusal(await feed("one", "good.json", "0x12"), "USAGE");
    expectRefusal(await run("poke", "0x12", "--registry", deployment.nodeRegistry), "USAGE");
  });
});
