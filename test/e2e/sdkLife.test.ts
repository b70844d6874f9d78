/** The SDK's whole life on one real network: through viem alone, ethers alone, and as a contract account; and every refusal by its code. */
import { openAsBlob } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  createPersonaClient,
  decodeAccessRequest,
  decodeReceiptProof,
  encodeAccessRequest,
  encodeReceiptProof,
  type PersonaClient,
  verifyReceiptOffline,
} from "@persona-protocol/sdk";
import { type ChainClient, callContract, devTokenAbi } from "@persona-protocol/sdk/contracts";
import { createDappClient } from "@persona-protocol/sdk/dapp";
import { fromEthers } from "@persona-protocol/sdk/ethers";
import { xArchive } from "@persona-protocol/sdk/sources";
import { generateOwnerRootKey, ownerKemKeyPair } from "@persona-protocol/sdk/storage";
import { expect } from "chai";
import { JsonRpcProvider, Wallet } from "ethers";
import { type Address, getAddress, http, parseEther } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { hardhat } from "viem/chains";
import { engagement } from "../../examples/engagement.ts";
import { guide } from "../../examples/guide.ts";
import { type Network, startNetwork } from "../../node/src/dev/startNetwork.ts";
import { expectedScore, readPlainArchive } from "../../scripts/demo/plainArchive.ts";
import { writeSampleArchive } from "../../scripts/demo/sampleArchive.ts";
import { contractClient } from "../helpers/contractAccount.ts";
import { deployOnAnvil } from "../helpers/deployedChain.ts";
import { expectError } from "../helpers/errors.ts";
import { lifeInBrowser } from "./lifeInBrowser.ts";

const stop = new AbortController();
const wait = () => ({ signal: AbortSignal.timeout(90_000), pollMs: 20 });
const harmful = /[^\P{Cc}\n]|\p{Cf}/u;

describe("the SDK on a network", function () {
  this.timeout(180_000);
  let folder: string;
  let network: Network;
  let archive: string;
  let dapp: PersonaClient;
  let owner: PersonaClient;
  let dataset: Awaited<ReturnType<PersonaClient["importDataset"]>>;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "persona-life-"));
    archive = join(folder, "archive.zip");
    await writeSampleArchive(archive, { posts: 300, likes: 20, seed: 9 });
    const runDir = join(folder, "network");
    network = await startNetwork({
      runDir,
      chain: "anvil",
      deploy: deployOnAnvil,
      port: 0,
      pagesPort: 0,
      guardians: 3,
      workers: 1,
      signal: stop.signal,
    });
    [owner, dapp] = [await viemPersona(), await viemPersona()];
  });

  after(async () => {
    await network?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const options = async () => ({
    deployment: network.deployment,
    storage: network.store,
    token: network.token,
    keys: await ownerKemKeyPair(generateOwnerRootKey()),
  });

  async function viemPersona(account = privateKeyToAccount(generatePrivateKey())) {
    await network.fund(account.address);
    return createPersonaClient({ chain: hardhat, transport: http(network.rpcUrl), account, ...(await options()) });
  }

  const terms = (uses: number) => ({
    segments: ["posts"],
    program: engagement,
    uses,
    expiresIn: "30d",
    price: parseEther("1"),
  });
  const job = (grants: Parameters<PersonaClient["submitJob"]>[0]["grants"]) => ({
    program: engagement,
    grants,
    args: { threshold: 100 },
    maxFee: parseEther("3"),
  });
  const source = async () => xArchive(await openAsBlob(archive));

  it("default: the whole life in few words", async () => {
    const steps = new Set<string>();
    const seen: string[] = [];
    const unwatch = owner.watchGrants({
      where: { owner: owner.client.account.address },
      onEvents: (events) => seen.push(...events.map(({ eventName }) => eventName)),
      pollMs: 20,
    });
    dataset = await owner.importDataset({ source: await source(), onProgress: ({ step }) => steps.add(step) });
    expect([...steps]).to.deep.equal(["read", "encrypt", "confirm", "deposit"]);
    const grant = await owner.grant({ to: dapp.client.account.address, dataset, ...terms(10) });
    const before = await tokens(dapp.client.account.address);
    const posted = await dapp.submitJob(job([grant]));
    const { rows, result, receipt } = await posted.result(wait());
    expect(rows[0]).to.deep.equal(expectedScore(await readPlainArchive(archive)));
    // The type of a row is the program's.
    const score: number | bigint | undefined = rows[0]?.score;
    expect(result[0]?.score).to.equal(score);
    const spent = before - (await tokens(dapp.client.account.address));
    // maxFee is a limit; what the protocol fee is rounded by stays.
    expect(spent <= parseEther("3") && spent >= parseEther("3") - 1n, String(spent)).to.equal(true);

    const { text, program, node, inputs } = await dapp.provenance(posted);
    expect(node.stands).to.equal(true);
    expect(inputs.map(({ datasetId }) => datasetId)).to.deep.equal([dataset.datasetId]);
    expect(program.known && program.name).to.equal("engagement");
    expect(text.split("\n")).to.have.length(5);
    expect((await owner.provenance({ jobId: receipt.jobId })).program.known).to.equal(false);

    await owner.revoke(grant);
    await expectError("GRANT_REVOKED", () => dapp.simulateSubmitJob(job([grant])));
    const second = await owner.grant({ to: dapp.client.account.address, dataset, ...terms(1) });
    await owner.revokeAllAndWait();
    await expectError("GRANT_REVOKED", () => dapp.submitJob(job([second])));
    while (!seen.includes("OwnerEpochBumped")) await new Promise((resolve) => setTimeout(resolve, 10));
    unwatch();
    expect(seen).to.deep.equal(["GrantCreated", "GrantRevoked", "GrantCreated", "OwnerEpochBumped"]);
  });

  const batches: unknown[] = [];
  const ways: Readonly<Record<string, () => Promise<{ readonly person: PersonaClient; readonly close?: () => void }>>> =
    {
      "viem alone": async () => ({ person: await viemPersona() }),
      "ethers alone": async () => {
        const provider = new JsonRpcProvider(network.rpcUrl, undefined, {
          staticNetwork: true,
          pollingInterval: 20,
          cacheTimeout: -1,
        });
        const wallet = new Wallet(generatePrivateKey(), provider);
        await network.fund(getAddress(wallet.address));
        const person = createPersonaClient({ client: await fromEthers(wallet), ...(await options()) });
        return { person, close: () => provider.destroy() };
      },
      "a contract account (ERC-1271), whose wallet takes batches": async () => {
        const key = privateKeyToAccount(generatePrivateKey());
        const client = await contractClient(await network.fundedClient(), key, { batches });
        // It takes no ether: its wallet pays.
        const mint = { address: network.token, abi: devTokenAbi, functionName: "mint" } as const;
        await callContract(owner.client, { ...mint, args: [client.account.address, parseEther("100")] });
        return { person: createPersonaClient({ client, ...(await options()) }) };
      },
    };
  for (const [way, open] of Object.entries(ways)) {
    it(`behavior: asks, is granted without gas, runs a job, and owns a dataset: ${way}`, async () => {
      const { person, close } = await open();
      try {
        // As a dApp, of the first owner's data.
        const asked = await person.requestAccess({ ...terms(2), why: "To pay for good posts." });
        const shown = await owner.readAccessRequest(asked);
        expect(shown.request.requester.toLowerCase()).to.equal(person.client.account.address.toLowerCase());
        expect(shown.text).to.include("To pay for good posts.").and.include("no registered app");
        const nonce = () => owner.client.getTransactionCount({ address: owner.client.account.address });
        const sent = await nonce();
        const granted = await owner.signGrant({ request: shown.request, dataset });
        expect(await nonce()).to.equal(sent);
        const posted = await person.submitJobAndWait(job([granted]));
        expect((await posted.result(wait())).rows[0]?.posts).to.be.a("number");
        // Approval and submission went as one.
        if (way.endsWith("batches")) expect(batches).to.have.length(1);

        // As an owner, of its own.
        const own = await person.importDataset({ source: await source() });
        const request = decodeAccessRequest(await dapp.requestAccess({ ...terms(1), why: "x" })).request;
        const theirs = await person.signGrant({ request, dataset: own });
        const result = await (await dapp.submitJob(job([theirs]))).result(wait());
        expect(result.rows[0]).to.deep.equal(expectedScore(await readPlainArchive(archive)));
        await person.revokeAndWait(theirs);
        await expectError("GRANT_REVOKED", () => dapp.submitJob(job([theirs])));
        await expectError("OWNER_MISMATCH", () => dapp.buildRevoke(theirs));
      } finally {
        close?.();
      }
    });
  }

  it("behavior: the code of docs/sdk.md (examples/guide.ts), from its first line to its last", async () => {
    const provider = new JsonRpcProvider(network.rpcUrl, undefined, { staticNetwork: true, cacheTimeout: -1 });
    const [account, app] = [privateKeyToAccount(generatePrivateKey()), privateKeyToAccount(generatePrivateKey())];
    for (const { address } of [account, app]) await network.fund(address);
    const said: string[] = [];
    try {
      const { deployment, store: storage, token } = network;
      await guide({
        ...{ chain: hardhat, transport: http(network.rpcUrl), account, app, deployment, storage, token },
        signer: new Wallet(generatePrivateKey(), provider),
        file: await openAsBlob(archive),
        say: (text) => said.push(text),
      });
    } finally {
      provider.destroy();
    }
    const { score } = expectedScore(await readPlainArchive(archive));
    expect(said.join("\n")).to.include(`score ${score}, job 0x`).and.include("└─ node").and.include("deposit");
  });

  it("behavior: asks, submits and reads with the core alone (/dapp)", async () => {
    const account = privateKeyToAccount(generatePrivateKey());
    await network.fund(account.address);
    const { deployment, store: storage, token } = network;
    const transport = http(network.rpcUrl);
    const core = createDappClient({ chain: hardhat, transport, account, deployment, storage, token });
    const { request } = await owner.readAccessRequest(await core.requestAccess({ ...terms(1), why: "x" }));
    const granted = await owner.signGrant({ request, dataset });
    const posted = await core.submitJob(job([granted]));
    expect((await posted.result(wait())).rows[0]).to.deep.equal(expectedScore(await readPlainArchive(archive)));
    await expectError("GRANT_EXHAUSTED", () => core.submitJob(job([granted])));
    const elsewhere = { ...hardhat, id: 1 };
    await expectError("CHAIN_WRONG", async () =>
      createDappClient({ chain: elsewhere, transport, account, deployment, storage, token }),
    );
  });

  it("behavior: a receipt is proved without the chain, and a forged one is not", async () => {
    const granted = await owner.signGrant({ to: dapp.client.account.address, dataset, ...terms(1) });
    const posted = await dapp.submitJob(job([granted]));
    const { receipt } = await posted.result(wait());
    const { deployment } = network;
    const proof = decodeReceiptProof(encodeReceiptProof(await dapp.receiptProof(receipt.jobId)));
    const end = await dapp.waitForJob(receipt.jobId, wait());
    const known = {
      deployment,
      jobId: posted.jobId,
      jobSpecHash: posted.params.order.specHash,
      ...(end.status === "settled" ? { ciphertext: end.ciphertext } : {}),
      signers: [proof.signer],
    };
    const { checked, unchecked } = await verifyReceiptOffline(proof, known);
    expect(checked).to.have.length(5);
    expect(unchecked).to.deep.equal(["that the market took this receipt"]);
    const other = { ...receipt, outputBytes: receipt.outputBytes + 1 };
    for (const [forged, against] of [
      [{ ...proof, receipt: other }, known],
      [{ ...proof, signer: owner.client.account.address }, known],
      [proof, { ...known, ciphertext: new Uint8Array(receipt.outputBytes) }],
      [proof, { ...known, signers: [] }],
      [proof, { ...known, jobId: deployment.jobMarket }],
    ] as const)
      await expectError("RECEIPT_INVALID", () => verifyReceiptOffline(forged, against));
    const wanted = { jobId: receipt.jobId, jobSpecHash: receipt.jobSpecHash };
    await dapp.verifyReceipt(wanted, { receipt, signer: proof.signer });
    await expectError("RECEIPT_INVALID", () => dapp.verifyReceipt(wanted, { receipt: other, signer: proof.signer }));
    await expectError("RECEIPT_INVALID", () => decodeReceiptProof(`${encodeReceiptProof(proof)}x`));
  });

  it("error: requests that are changed, stolen, expired, foreign or a megabyte; hostile texts print harmlessly", async () => {
    const hostile = "\u001b[2J\u202eyes\u0007\n  from     0xowner, whose domain is proved";
    const asked = await dapp.requestAccess({ ...terms(1), segments: [`po\u202ests`], why: hostile });
    const { text, request } = await owner.readAccessRequest(asked);
    expect(harmful.test(text)).to.equal(false);
    expect(text.split("\n").filter((line) => line.startsWith("  from"))).to.have.length(1);
    const { signature } = decodeAccessRequest(asked);
    const read = (encoded: string) => () => owner.readAccessRequest(encoded);
    await expectError(
      "ACCESS_REQUEST_INVALID",
      read(encodeAccessRequest({ request: { ...request, uses: 99 }, signature })),
    );
    const stolen = { ...request, requester: owner.client.account.address };
    await expectError("ACCESS_REQUEST_INVALID", read(encodeAccessRequest({ request: stolen, signature })));
    await expectError(
      "ACCESS_REQUEST_INVALID",
      read(encodeAccessRequest({ request: { ...request, chainId: 1 }, signature })),
    );
    await expectError("ACCESS_REQUEST_INVALID", read(`${asked.slice(0, 60)}A${asked.slice(61)}`));
    await expectError("ACCESS_REQUEST_INVALID", read(`${asked}${"A".repeat(2 ** 20)}`));
    await expectError("ACCESS_REQUEST_INVALID", read(""));
    await expectError("ACCESS_REQUEST_INVALID", () => dapp.requestAccess({ ...terms(1), why: "w".repeat(2 ** 20) }));
    const short = await dapp.requestAccess({ ...terms(1), why: "x", validFor: 1 });
    await owner.client.request({ method: "evm_increaseTime" as never, params: [5] as never });
    await owner.client.request({ method: "evm_mine" as never });
    await expectError("ACCESS_REQUEST_EXPIRED", read(short));
  });

  lifeInBrowser(
    () => network,
    () => archive,
  );

  // Behind all others: in the end most guardians are dead.
  describe("what goes wrong", () => {
    it("error: each thing that goes wrong has its own code, and what it advises helps", async () => {
      const to = dapp.client.account.address;
      const granted = await owner.signGrant({ to, dataset, ...terms(1) });
      const elsewhere = { ...hardhat, id: 1 };
      const account = privateKeyToAccount(generatePrivateKey());
      const given = { transport: http(network.rpcUrl), account, ...(await options()) };
      await expectError("CHAIN_WRONG", () => createPersonaClient({ chain: elsewhere, ...given }));

      // Nothing but the account's emptiness is in the way of this one.
      const poor = createPersonaClient({ chain: hardhat, ...given });
      await expectError("GAS_INSUFFICIENT", () => poor.revokeAll());
      await ether(account.address);
      await poor.revokeAllAndWait();
      const poorGrant = await owner.signGrant({ to: account.address, dataset, ...terms(2) });
      const error = await expectError("TOKENS_INSUFFICIENT", () => poor.submitJob(job([poorGrant])));
      expect(error.data["needed"]).to.equal(parseEther("3") - 1n);
      await network.fund(account.address);
      const built = await poor.buildSubmitJob(job([poorGrant]));
      expect(built.calls.map(({ functionName }) => functionName)).to.deep.equal(["approve", "submitJobWithSignatures"]);
      await expectError("ALLOWANCE_MISSING", () => poor.sendCalls(built.calls.slice(1)));
      expect((await poor.sendCalls(built.calls)).how).to.equal("single");
      await poor.readResult(built, wait());

      await (await dapp.submitJob(job([granted]))).result(wait());
      await expectError("GRANT_EXHAUSTED", () => dapp.submitJob(job([granted])));

      const refusing = await clientThatRefuses();
      const shy = createPersonaClient({ client: refusing, ...(await options()) });
      await expectError("SIGNATURE_REJECTED", () => shy.signGrant({ to, dataset, ...terms(1) }));
      await expectError("SIGNATURE_REJECTED", () => shy.requestAccess({ ...terms(1), why: "x" }));

      const late = await owner.signGrant({ to, dataset, ...terms(1) });
      await owner.eraseDatasetAndWait(dataset);
      await expectError("DATASET_ERASED", () => owner.simulateGrant({ to, dataset, ...terms(1) }));
      await expectError("DATASET_ERASED", () => dapp.submitJob(job([late])));
      await owner.restoreDatasetAndWait(dataset);
      await dapp.simulateSubmitJob(job([late]));

      for (const { pid } of network.guardians.slice(1)) process.kill(pid, "SIGKILL");
      const down = await expectError("GUARDIANS_UNAVAILABLE", () => dapp.submitJob(job([late])));
      expect(down.retry).to.equal("later");
      // Later is no answer where the owner has ended it.
      await owner.eraseDatasetAndWait(dataset);
      await expectError("DATASET_ERASED", () => dapp.submitJob(job([late])));
    });
  });

  async function clientThatRefuses(): Promise<ChainClient> {
    const { createWalletClient, custom, publicActions } = await import("viem");
    const inner = await network.fundedClient();
    const transport = custom({
      async request({ method, params }: { method: string; params: unknown[] }) {
        if (/^(eth_sendTransaction|eth_signTypedData_v4)$/.test(method))
          throw Object.assign(new Error("User rejected the request."), { code: 4001 });
        return inner.request({ method, params } as Parameters<ChainClient["request"]>[0]);
      },
    });
    const { address } = inner.account;
    return createWalletClient({ account: address, chain: hardhat, transport }).extend(publicActions) as ChainClient;
  }

  const tokens = (address: Address): Promise<bigint> =>
    owner.client.readContract({ address: network.token, abi: devTokenAbi, functionName: "balanceOf", args: [address] });

  async function ether(to: Address): Promise<void> {
    const rich = await network.fundedClient();
    const hash = await rich.sendTransaction({ to, value: parseEther("1") });
    await rich.waitForTransactionReceipt({ hash });
  }
});
