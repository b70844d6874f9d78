import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeStruct, type JobParams } from "@persona-protocol/sdk/contracts";
import {
  bytesToHex,
  concatHex,
  createTestClient,
  type Hex,
  http,
  pad,
  publicActions,
  toHex,
  walletActions,
} from "viem";
import { mnemonicToAccount } from "viem/accounts";
import { newsTopics } from "../../node/src/chain/stream/decodeNews.ts";
import { startChain } from "../../node/src/dev/chainProcess.ts";
import { createProcesses } from "../../node/src/dev/processes.ts";

const devMnemonic = "test test test test test test test test test test test junk";
/** Emits logs of three topics, the second counting up: word 0 is how many, 1 to 3 are the topics, the rest is the data of each. */
const emitter =
  "0x602b8060093d393df3608036038060806000376000355b8015602957600190036060358160403501602035846000a3600d565b00";
const word = (value: bigint): Hex => toHex(value, { size: 32 });

/** A chain process with a contract that says at once what the market would say of thousands of owners, grants and jobs. */
export async function startLogChain() {
  const folder = await mkdtemp(join(tmpdir(), "persona-logs-"));
  const processes = createProcesses(folder);
  const url = await startChain(processes, "anvil", 0, AbortSignal.timeout(120_000));
  const account = mnemonicToAccount(devMnemonic, { addressIndex: 0 });
  const client = createTestClient({ mode: "anvil", transport: http(url), account, cacheTime: 0, pollingInterval: 10 })
    .extend(publicActions)
    .extend(walletActions);
  const deployed = await client.sendTransaction({ data: emitter, chain: null, gas: 200_000n });
  const { contractAddress } = await client.waitForTransactionReceipt({ hash: deployed });
  if (!contractAddress) throw new Error("the contract was not deployed");
  // A struct's bytes begin with their own offset, which an event's data has after the salt.
  const data = concatHex([word(7n), word(64n), `0x${bytesToHex(encodeStruct("JobParams", params)).slice(66)}`]);
  return {
    url,
    market: contractAddress,
    head: () => client.getBlockNumber(),
    /** So many jobs in one block. */
    async post(first: bigint, count: number): Promise<void> {
      const [submitted = "0x"] = newsTopics;
      const call = concatHex([word(BigInt(count)), submitted, word(first), pad(account.address, { size: 32 }), data]);
      const hash = await client.sendTransaction({ to: contractAddress, data: call, chain: null, gas: 15_000_000n });
      const { status } = await client.waitForTransactionReceipt({ hash });
      if (status !== "success") throw new Error("the logs were not emitted");
    },
    mine: (blocks: number) => client.mine({ blocks }),
    async close(): Promise<void> {
      await processes.stopAll();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const hash: Hex = `0x${"17".repeat(32)}`;
const address: Hex = `0x${"29".repeat(20)}`;
const params: JobParams = {
  order: {
    requester: address,
    specHash: hash,
    bundleDigest: hash,
    token: address,
    fee: 5n,
    protocolFee: 0n,
    maxOutputBytes: 4_096,
    inputs: [{ datasetId: hash, grantHash: hash, owner: address, price: 7n }],
  },
  offer: {
    claimBy: 2_000_000_000,
    runSeconds: 600,
    namedNode: 0,
    nodePolicy: { verifierKinds: 1, vendors: 1, minStake: 0n, requesterMayNameNode: false },
  },
};
