import { grant, revoke } from "@persona-protocol/sdk/access";
import {
  type ChainClient,
  callContract,
  datasetRegistryAbi,
  grantHashOf,
  grantRegistryAbi,
  typedData,
} from "@persona-protocol/sdk/contracts";
import { isPersonaError } from "@persona-protocol/sdk/errors";
import { type EthersSigner, fromEthers } from "@persona-protocol/sdk/ethers";
import { catalogueHash, type DatasetHead } from "@persona-protocol/sdk/storage";
import { expect } from "chai";
import { AbstractSigner, FallbackProvider, JsonRpcProvider, type Signer, VoidSigner, Wallet } from "ethers";
import { type Hex, keccak256, toHex, zeroHash } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { createChainClient } from "../../../node/src/chain/connectChain.ts";
import { expectError } from "../../helpers/errors.ts";
import { startTestChain, type TestChain } from "../../helpers/testNetwork.ts";

const hash = (text: string): Hex => keccak256(toHex(text));
const catalogue = [hash("account"), hash("posts")];
const program = { programId: hash("program"), outputSchemaHash: hash("schema"), outputClass: 2, takesArgs: false };

describe("fromEthers", () => {
  let chain: TestChain;
  let provider: JsonRpcProvider;

  before(async function () {
    this.timeout(90_000);
    chain = await startTestChain();
    provider = new JsonRpcProvider(chain.rpcUrl, undefined, {
      cacheTimeout: -1,
      staticNetwork: true,
      pollingInterval: 20,
    });
  });

  after(async () => {
    provider?.destroy();
    await chain?.close();
  });

  /** A key of its own with ether, as an ethers wallet and as a viem client. */
  async function newWallet(): Promise<{ wallet: Wallet; viem: ChainClient }> {
    const key = generatePrivateKey();
    const account = privateKeyToAccount(key);
    const fund = await chain.governor.sendTransaction({ to: account.address, value: 10n ** 19n });
    await chain.governor.waitForTransactionReceipt({ hash: fund });
    const viem = createChainClient({ rpcUrl: chain.rpcUrl, chainId: 31_337, account });
    return { wallet: new Wallet(key, provider), viem };
  }

  async function register(client: ChainClient, salt: Hex) {
    const { deployment } = chain;
    const head: DatasetHead = {
      manifestDigest: hash("manifest"),
      keyBoxDigest: hash("keybox"),
      guardianSetHash: hash("guardians"),
      catalogueHash: catalogueHash(catalogue),
      catalogueLength: catalogue.length,
    };
    const receipt = await callContract(client, {
      address: deployment.datasetRegistry,
      abi: datasetRegistryAbi,
      functionName: "registerDataset",
      args: [salt, head.manifestDigest, head.keyBoxDigest, head.guardianSetHash, catalogue],
    });
    const [event] = await client.getContractEvents({
      address: deployment.datasetRegistry,
      abi: datasetRegistryAbi,
      eventName: "DatasetRegistered",
      fromBlock: receipt.blockNumber,
      strict: true,
    });
    const datasetId = event?.args.datasetId ?? zeroHash;
    const segments = ["account", "posts"].map((name, index) => ({
      index,
      name,
      schema: "persona:post@1",
      records: 1,
      cid: "",
    }));
    return {
      receipt,
      dataset: {
        datasetId,
        owner: client.account.address,
        version: 1,
        keyEpoch: 1,
        head,
        catalogue,
        threshold: 2,
        guardians: [1, 2],
        segments,
      },
    };
  }

  const grantTo = (client: ChainClient, dataset: Awaited<ReturnType<typeof register>>["dataset"]) =>
    grant(
      { client, deployment: chain.deployment },
      {
        dataset,
        grantee: chain.governor.account.address,
        segments: ["posts"],
        program,
        uses: 2,
        expiresAt: 4_000_000_000,
        price: 0n,
        token: chain.token,
        maxOutputBytes: 4_096n,
      },
    );

  async function wholeFlow(signer: Signer): Promise<void> {
    const client = await fromEthers(signer);
    expect(client.account.address).to.equal(await signer.getAddress());
    const { dataset } = await register(client, hash(`${client.account.address} salt`));
    const granted = await grantTo(client, dataset);
    const check = () =>
      client.readContract({
        address: chain.deployment.grantRegistry,
        abi: grantRegistryAbi,
        functionName: "check",
        args: [granted.terms, granted.terms.grantee, 1n],
      });
    expect((await check())[0]).to.equal(true);
    expect((await revoke({ client, deployment: chain.deployment }, granted)).gasUsed > 0n).to.equal(true);
    expect((await check())[0]).to.equal(false);
    await expectError("GRANT_REVOKED", () =>
      callContract(client, {
        address: chain.deployment.grantRegistry,
        abi: grantRegistryAbi,
        functionName: "grant",
        args: [granted.terms],
      }),
    );
  }

  it("default: an ethers Wallet registers, grants and revokes, and reverts are decoded", async function () {
    this.timeout(30_000);
    await wholeFlow((await newWallet()).wallet);
  });

  it("default: so does a JsonRpcSigner, whose key the node holds", async function () {
    this.timeout(30_000);
    await wholeFlow(await provider.getSigner(3));
  });

  it("behavior: sends what viem sends", async function () {
    this.timeout(30_000);
    const { wallet, viem } = await newWallet();
    const salt = hash("one salt");
    const sent = [];
    for (const client of [viem, await fromEthers(wallet)]) {
      const snapshot = await provider.send("evm_snapshot", []);
      const { receipt } = await register(client, salt);
      const { input, to, from, value, type, nonce } = await viem.getTransaction({ hash: receipt.transactionHash });
      sent.push({ input, to, from, value, type, nonce });
      await provider.send("evm_revert", [snapshot]);
    }
    expect(sent[0]?.input.length).to.be.greaterThan(10);
    expect(sent[1]).to.deep.equal(sent[0]);
  });

  it("behavior: signs the same typed data with the same bytes", async () => {
    const { wallet, viem } = await newWallet();
    const client = await fromEthers(wallet);
    const { dataset } = await register(client, hash("typed"));
    const { terms } = await grantTo(client, dataset);
    const definitions = [
      typedData.terms(chain.deployment, terms),
      typedData.revoke(chain.deployment, grantHashOf(chain.deployment, terms)),
      typedData.keyBoxDeposit(chain.deployment, {
        datasetId: dataset.datasetId,
        keyBoxDigest: hash("k"),
        guardian: 3,
        bodyHash: hash("b"),
      }),
    ];
    for (const definition of definitions) {
      expect(await client.signTypedData(definition as never)).to.equal(await viem.signTypedData(definition as never));
    }
    expect(await client.signMessage({ message: "ø 🙂" })).to.equal(await viem.signMessage({ message: "ø 🙂" }));
  });

  it("behavior: only the types that the primary one needs reach ethers", async () => {
    const { wallet, viem } = await newWallet();
    const client = await fromEthers(wallet);
    const definition = {
      domain: { name: "x", version: "1", chainId: 31_337 },
      types: {
        A: [{ name: "bs", type: "B[2][]" }],
        B: [{ name: "n", type: "uint64" }],
        Other: [{ name: "n", type: "uint64" }],
      },
      primaryType: "A",
      message: { bs: [[{ n: 1n }, { n: 2n ** 64n - 1n }]] },
    } as const;
    expect(await client.signTypedData(definition)).to.equal(await viem.signTypedData(definition));
  });

  it("error: no provider, or one that passes nothing on", async () => {
    await expectError("CONFIG_INVALID", () => fromEthers(new Wallet(generatePrivateKey())));
    const fallback = new FallbackProvider([new JsonRpcProvider(chain.rpcUrl)], 31_337);
    await expectError("CONFIG_INVALID", () => fromEthers(new Wallet(generatePrivateKey(), fallback)));
    await fallback.destroy();
  });

  it("error: an endpoint where nobody listens", async function () {
    this.timeout(20_000);
    const nobody = new JsonRpcProvider("http://127.0.0.1:9", undefined, { staticNetwork: false });
    await expectError("CHAIN_UNREACHABLE", () => fromEthers(new Wallet(generatePrivateKey(), nobody)));
    nobody.destroy();
  });

  it("error: an endpoint that goes away afterwards", async () => {
    const { wallet } = await newWallet();
    const gone = Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
    const client = await fromEthers(like(wallet, { sendTransaction: () => Promise.reject(gone) }));
    await expectError("CHAIN_UNREACHABLE", () => register(client, hash("gone")));
  });

  it("error: the person says no, in each of the ways that wallets say it", async () => {
    const { wallet } = await newWallet();
    const noes = [
      Object.assign(new Error("user rejected action"), {
        code: "ACTION_REJECTED",
        action: "sendTransaction",
        reason: "rejected",
      }),
      Object.assign(new Error("MetaMask: denied"), { code: 4001 }),
      Object.assign(new Error("could not coalesce error"), {
        code: "UNKNOWN_ERROR",
        error: { code: 4001, message: "User denied" },
      }),
      Object.assign(new Error("wrapped"), {
        code: "UNKNOWN_ERROR",
        info: { error: { code: 4001, message: "User denied" } },
      }),
    ];
    for (const no of noes) {
      const reject = () => Promise.reject(no);
      const client = await fromEthers(like(wallet, { sendTransaction: reject, signTypedData: reject }));
      await expectError("SIGNATURE_REJECTED", () => register(client, hash("no")));
      await expectError("SIGNATURE_REJECTED", () => client.signTypedData(typedData.revoke(chain.deployment, zeroHash)));
    }
  });

  it("error: a wallet that has moved to another chain", async () => {
    const { wallet } = await newWallet();
    let chainId = "0x7a69";
    const moving = {
      getNetwork: () => provider.getNetwork(),
      send: (method: string, params: unknown[]) =>
        method === "eth_chainId" ? Promise.resolve(chainId) : provider.send(method, params),
    };
    const client = await fromEthers(like(wallet, { provider: moving }));
    chainId = "0x1";
    await expectError("CHAIN_WRONG", () => register(client, hash("moved")));
  });

  it("error: methods that would use another key than the signer's", async () => {
    const { wallet } = await newWallet();
    const client = await fromEthers(wallet);
    const other = chain.governor.account.address;
    const calls = [
      { method: "eth_sign", params: [other, "0x00"] },
      { method: "eth_signTransaction", params: [{ from: other }] },
      { method: "eth_signTypedData", params: [other, {}] },
      { method: "personal_unlockAccount", params: [other] },
      { method: "wallet_switchEthereumChain", params: [{ chainId: "0x1" }] },
      { method: "eth_sendTransaction", params: [{ from: other, to: other, value: "0x1" }] },
      { method: "eth_signTypedData_v4", params: [other, "{}"] },
      { method: "personal_sign", params: ["0x00", other] },
    ];
    for (const call of calls) {
      const failed = await client.request(call as never).then(
        () => false,
        () => true,
      );
      expect(failed, call.method).to.equal(true);
    }
  });

  it("error: a field that ethers would not be told of is not dropped in silence", async () => {
    const { wallet } = await newWallet();
    let asked = 0;
    const client = await fromEthers(
      like(wallet, { sendTransaction: () => Promise.reject(new Error(`asked ${++asked}`)) }),
    );
    const from = wallet.address;
    for (const extra of [
      { accessList: [] },
      { authorizationList: [{}] },
      { blobs: ["0x"] },
      { type: "0x4" },
      { value: "1" },
      { gas: -1 },
    ]) {
      const error: unknown = await client
        .request({ method: "eth_sendTransaction", params: [{ from, to: from, ...extra }] } as never)
        .then(
          () => undefined,
          (thrown: unknown) => thrown,
        );
      expect(
        isPersonaError(error) || (error instanceof Error && isPersonaError(error.cause, "REQUEST_INVALID")),
        JSON.stringify(extra),
      ).to.equal(true);
    }
    expect(asked).to.equal(0);
  });
});

describe("EthersSigner", () => {
  it("type: ethers' own Signer, Wallet and AbstractSigner fit", () => {
    const accept = (signer: EthersSigner): EthersSigner => signer;
    const wallet: Signer = new Wallet(generatePrivateKey());
    accept(wallet);
    const abstract: AbstractSigner = new VoidSigner("0x0000000000000000000000000000000000000001");
    expect(accept(abstract)).to.be.instanceOf(AbstractSigner);
    // @ts-expect-error a viem account is no ethers signer
    accept(privateKeyToAccount(generatePrivateKey()));
  });
});

/** A signer with some of its parts replaced. */
function like(wallet: Wallet, parts: Partial<EthersSigner>): EthersSigner {
  return {
    provider: wallet.provider,
    getAddress: () => wallet.getAddress(),
    sendTransaction: (transaction) => wallet.sendTransaction(transaction),
    signTypedData: (domain, types, value) => wallet.signTypedData(domain, types, value),
    signMessage: (message) => wallet.signMessage(message),
    ...parts,
  };
}
