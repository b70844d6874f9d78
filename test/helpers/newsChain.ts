import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeStruct, type JobParams } from "@persona-protocol/sdk/contracts";
import {
  type Address,
  bytesToHex,
  concatHex,
  createTestClient,
  type Hex,
  http,
  numberToHex,
  pad,
  publicActions,
  walletActions,
} from "viem";
import { newsTopics } from "../../node/src/chain/stream/decodeNews.ts";
import { type MinedChainKind, startChain } from "../../node/src/dev/chainProcess.ts";
import { devAccount } from "../../node/src/dev/devAccount.ts";
import { createProcesses } from "../../node/src/dev/processes.ts";

const word = (value: bigint) => numberToHex(value, { size: 32 });

/**
 * Emits as many logs of three topics as it is told, the second topic counting up: word 0 is how many, words 1 to 3 are the topics,
 * the rest is the data of each. In place of the market, whose events want owners, grants and money.
 */
const emitter: Hex =
  "0x602b8060093d393df3608036038060806000376000355b8015602957600190036060358160403501602035846000a3600d565b00";

/** A real chain process with a contract that says what the market would. */
export type NewsChain = Awaited<ReturnType<typeof startNewsChain>>;

export async function startNewsChain(kind: MinedChainKind = "anvil") {
  const folder = await mkdtemp(join(tmpdir(), "persona-news-"));
  const processes = createProcesses(folder);
  const close = async () => {
    await processes.stopAll();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const url = await startChain(processes, kind, 0, AbortSignal.timeout(60_000));
    const account = devAccount(0);
    const transport = http(url, { timeout: 60_000 });
    const client = createTestClient({ mode: kind, transport, account, cacheTime: 0, pollingInterval: 10 })
      .extend(publicActions)
      .extend(walletActions);
    const deployed = await client.sendTransaction({ data: emitter, chain: null, gas: 200_000n });
    const { contractAddress } = await client.waitForTransactionReceipt({ hash: deployed });
    const market = contractAddress as Address;
    const [submittedTopic, , , , , , cancelledTopic] = newsTopics as readonly Hex[] as [Hex, ...Hex[]];

    const emit = async (topic: Hex, first: bigint, count: number, data: Hex): Promise<bigint> => {
      const call = concatHex([word(BigInt(count)), topic, word(first), pad(account.address, { size: 32 }), data]);
      const hash = await client.sendTransaction({ to: market, data: call, chain: null, gas: 15_000_000n });
      const { blockNumber, status } = await client.waitForTransactionReceipt({ hash });
      if (status !== "success") throw new Error("the logs were not emitted");
      return blockNumber;
    };
    return {
      url,
      client,
      market,
      fromBlock: 0n,
      /** `count` jobs in one block, with ids `first`, `first + 1`, …: the last comes first. */
      submit: (first: bigint, params: JobParams, count = 1) => {
        // A struct's bytes begin with their own offset, which an event's data has after the salt.
        const encoded = bytesToHex(encodeStruct("JobParams", params)).slice(66);
        return emit(submittedTopic, first, count, concatHex([word(7n), word(64n), `0x${encoded}`]));
      },
      cancel: (job: bigint) => emit(cancelledTopic ?? "0x", job, 1, word(0n)),
      idOf: (job: bigint) => word(job),
      mine: (blocks: number) => client.mine({ blocks }),
      snapshot: () => client.snapshot(),
      revert: (id: Hex) => client.revert({ id }),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
