import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import {
  type ChainClient,
  callContract,
  explainChainError,
  jobMarketAbi,
  nodeRegistryAbi,
} from "@persona-protocol/sdk/contracts";
import { type ErrorCode, isPersonaError } from "@persona-protocol/sdk/errors";
import { expect } from "chai";
import {
  BaseError,
  createWalletClient,
  custom,
  type EIP1193RequestFn,
  encodeErrorResult,
  http,
  publicActions,
  toHex,
  WaitForTransactionReceiptTimeoutError,
  zeroHash,
} from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { hardhat } from "viem/chains";
import { createRandom, testSeed } from "../../helpers/random.ts";
import { randomStruct } from "../../helpers/structs.ts";

const account = privateKeyToAccount(`0x${"11".repeat(32)}`);
const random = createRandom(testSeed());
const offer = randomStruct("JobOffer", random);
const jobId = zeroHash;

/** What an endpoint answers until told otherwise: enough for a transaction to be built and sent. */
const answers: Readonly<Record<string, unknown>> = {
  eth_chainId: toHex(hardhat.id),
  eth_getTransactionCount: "0x0",
  eth_estimateGas: "0x10000",
  eth_gasPrice: "0x1",
  eth_maxPriorityFeePerGas: "0x1",
  eth_getBlockByNumber: { baseFeePerGas: "0x1", number: "0x1", timestamp: "0x1", transactions: [] },
};

type Failure = { readonly code: number; readonly message: string; readonly data?: unknown };

function clientThat(failing: string, failure: Failure): ChainClient {
  const request = (async ({ method }: { method: string }) => {
    if (method === failing) throw Object.assign(new Error(failure.message), failure);
    return answers[method];
  }) as EIP1193RequestFn;
  const transport = custom({ request }, { retryCount: 0 });
  return createWalletClient({ account, chain: hardhat, transport }).extend(publicActions) as ChainClient;
}

async function codeOf(client: ChainClient): Promise<{ code: ErrorCode; retry: string; error: unknown }> {
  try {
    await callContract(client, {
      address: account.address,
      abi: jobMarketAbi,
      functionName: "claimJob",
      args: [jobId, offer, zeroHash, account.address],
    });
  } catch (error) {
    if (isPersonaError(error)) return { code: error.code, retry: error.retry, error: error.data["error"] };
    throw error;
  }
  throw new Error("it succeeded");
}

/** An endpoint that has one answer to everything. */
async function startPage(status: number, body: string): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer((_request, response) => {
    response.writeHead(status, { "content-type": "application/json", "retry-after": "0" }).end(body);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

const estimate = "eth_estimateGas";
const send = "eth_sendRawTransaction";

describe("explainChainError", () => {
  for (const [what, method, failure] of [
    ["a rate limit", estimate, { code: -32_005, message: "limit exceeded" }],
    ["a rate limit in sending", send, { code: -32_005, message: "daily request count exceeded" }],
    ["an internal error", estimate, { code: -32_603, message: "Internal error" }],
    ["an internal error with data", send, { code: -32_603, message: "header not found", data: "0x" }],
    ["a nonce that is taken", send, { code: -32_000, message: "nonce too low" }],
    ["a replacement", send, { code: -32_000, message: "replacement transaction underpriced" }],
    ["a known transaction", send, { code: -32_000, message: "already known" }],
    ["a full pool", send, { code: -32_003, message: "txpool is full" }],
    ["a fee that rose", send, { code: -32_000, message: "max fee per gas less than block base fee" }],
    ["no method", send, { code: -32_601, message: "the method is not available" }],
  ] as const) {
    it(`behavior: ${what} is no refusal`, async () => {
      const { code, retry } = await codeOf(clientThat(method, failure));
      expect({ code, retry }).to.deep.equal({ code: "CHAIN_UNREACHABLE", retry: "later" });
    });
  }

  it("behavior: HTTP 503 and 429 with a JSON body are no refusal", async () => {
    for (const status of [503, 429]) {
      const page = await startPage(
        status,
        JSON.stringify({ jsonrpc: "2.0", id: 1, error: { code: -1, message: "busy" } }),
      );
      try {
        const transport = http(page.url, { retryCount: 0 });
        const client = createWalletClient({ account, chain: hardhat, transport }).extend(publicActions);
        expect(await codeOf(client)).to.include({ code: "CHAIN_UNREACHABLE", retry: "later" });
      } finally {
        await page.close();
      }
    }
  });

  it("behavior: a receipt that does not come in time is no refusal", async () => {
    const error = await explainChainError(new WaitForTransactionReceiptTimeoutError({ hash: zeroHash }), "settleJob");
    expect(isPersonaError(error, "CHAIN_UNREACHABLE")).to.equal(true);
  });

  it("behavior: a revert of the contract's is one, however the endpoint numbers it", async () => {
    const data = encodeErrorResult({ abi: jobMarketAbi, errorName: "JobNotOpen", args: [jobId, 2] });
    for (const failure of [
      { code: 3, message: "execution reverted", data },
      { code: -32_603, message: "VM Exception: reverted with custom error", data: { data, message: "x" } },
      { code: -32_000, message: "execution reverted", data },
    ]) {
      expect(await codeOf(clientThat(estimate, failure))).to.deep.equal({
        code: "JOB_NOT_CLAIMABLE",
        retry: "never",
        error: "JobNotOpen",
      });
    }
  });

  it("behavior: what NodeRegistry refuses behind the market is known too, and which of it passes", async () => {
    for (const [errorName, args, code, retry] of [
      ["ClaimKeyNotWorker", [jobId, account.address], "TRANSACTION_REVERTED", "never"],
      ["ClaimCallerNotOperator", [jobId, account.address, account.address], "TRANSACTION_REVERTED", "never"],
      ["ClaimKeyExpired", [jobId, account.address, 5], "NODE_KEY_EXPIRED", "never"],
      ["ClaimKeyNotActive", [jobId, account.address, 3], "NODE_KEY_INACTIVE", "never"],
      ["ClaimMeasurementBanned", [jobId, zeroHash], "MEASUREMENT_BANNED", "never"],
      ["ClaimPolicyMismatched", [jobId, 1], "NODE_POLICY_MISMATCH", "never"],
      ["ClaimNodeNotNamed", [jobId, 1, 2], "JOB_NOT_CLAIMABLE", "never"],
      ["ClaimBondMissing", [jobId, 1, 5n, 10n], "CLAIM_BOND_MISSING", "later"],
      ["ClaimsArePaused", [99], "CLAIMS_PAUSED", "later"],
    ] as const) {
      const data = encodeErrorResult({ abi: nodeRegistryAbi, errorName, args } as Parameters<
        typeof encodeErrorResult
      >[0]);
      const client = clientThat(estimate, { code: 3, message: "execution reverted", data });
      expect(await codeOf(client)).to.deep.equal({ code, retry, error: errorName });
    }
    const early = encodeErrorResult({ abi: jobMarketAbi, errorName: "ClaimTooEarly", args: [jobId, 7n, 5n] });
    const client = clientThat(estimate, { code: 3, message: "execution reverted", data: early });
    expect(await codeOf(client)).to.include({ code: "CLAIM_TOO_EARLY", retry: "later" });
  });

  it("behavior: a revert that says nothing is one too", async () => {
    for (const failure of [
      { code: 3, message: "execution reverted" },
      { code: 3, message: "execution reverted", data: "0x" },
      { code: -32_603, message: "Transaction reverted without a reason" },
      { code: -32_000, message: "execution reverted" },
    ]) {
      expect(await codeOf(clientThat(estimate, failure))).to.include({ code: "TRANSACTION_REVERTED", retry: "never" });
    }
  });

  it("behavior: an account that cannot pay, a wallet's no, another chain", async () => {
    for (const message of [
      "insufficient funds for gas * price + value",
      "Sender doesn't have enough funds to send tx",
    ]) {
      expect(await codeOf(clientThat(send, { code: -32_000, message }))).to.include({ code: "GAS_INSUFFICIENT" });
    }
    const no = clientThat(send, { code: 4_001, message: "User rejected" });
    expect(await codeOf(no)).to.include({ code: "SIGNATURE_REJECTED" });
    const request = (async ({ method }: { method: string }) =>
      method === "eth_chainId" ? "0x1" : answers[method]) as EIP1193RequestFn;
    const transport = custom({ request }, { retryCount: 0 });
    // A wallet that signs itself is asked for its chain.
    const elsewhere = createWalletClient({ account: account.address, chain: hardhat, transport }).extend(publicActions);
    expect(await codeOf(elsewhere as ChainClient)).to.include({ code: "CHAIN_WRONG" });
  });

  it("behavior: what is not the chain's comes back as it is", async () => {
    for (const error of [new Error("x"), new TypeError("y"), "text", undefined])
      expect(await explainChainError(error, "x")).to.equal(error);
    const encoding = new BaseError("bad", { name: "AbiEncodingLengthMismatchError" });
    expect(await explainChainError(encoding, "x")).to.equal(encoding);
  });
});
