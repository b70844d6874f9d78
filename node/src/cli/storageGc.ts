import { join, resolve } from "node:path";
import { readDatasetVersions } from "@persona-protocol/sdk/access";
import { PersonaError } from "@persona-protocol/sdk/errors";
import {
  createReplicatedStore,
  planGarbage,
  type SweepResult,
  sweepBlocks,
  unpinGarbage,
} from "@persona-protocol/sdk/storage";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { connectChain } from "../chain/connectChain.ts";
import { readDeployment } from "../context.ts";
import { type OpenStore, openStores } from "../storage/index.ts";
import { readStoredDataset } from "./datasetRecord.ts";
import { jsonLine } from "./jsonLine.ts";
import { rpcOfNetwork } from "./networkFolder.ts";
import { printable } from "./runCommand.ts";
import { untilStopped } from "./untilStopped.ts";

/**
 * `persona storage gc`: unpins, at every store, what superseded and erased versions of the datasets leave behind. It believes
 * the chain endpoint: use one of your own. With `--sweep` it also deletes what nothing pins any more, older than a day, from
 * local stores and buckets; a Kubo daemon does so at its own next collection.
 */
export async function storageGc(
  records: readonly string[],
  flags: {
    readonly stores: string;
    readonly network: string;
    readonly rpc?: string;
    readonly confirmations: string;
    readonly dryRun?: boolean;
    readonly sweep?: boolean;
    readonly json: boolean;
  },
): Promise<void> {
  const signal = untilStopped();
  const depth = parseConfirmations(flags.confirmations);
  const { stores } = await openStores(resolve(flags.stores));
  const deployment = readDeployment(join(resolve(flags.network), "deployment.json"));
  // Nothing is signed: any account will do.
  const account = privateKeyToAccount(generatePrivateKey());
  const client = await connectChain({ rpcUrl: flags.rpc ?? (await rpcOfNetwork(flags.network)), deployment, account });
  const { number: newest } = await client.getBlock();
  const blockNumber = newest > depth ? newest - depth : 0n;

  const datasets = await Promise.all(
    records.map(async (record) => {
      const { chainId, dataset } = await readStoredDataset(resolve(record));
      if (chainId !== deployment.chainId)
        throw new PersonaError("CHAIN_WRONG", `${record} is of another chain.`, {
          data: { got: chainId, wanted: deployment.chainId },
        });
      return readDatasetVersions(client, deployment, { datasetId: dataset.datasetId, blockNumber });
    }),
  );
  const store = createReplicatedStore({ stores, wanted: 1 });
  const plan = await planGarbage(store, datasets, { signal });
  const done = flags.dryRun === true ? undefined : await unpinGarbage(store, plan, { signal });

  const swept = flags.sweep === true ? await sweepAll(stores, { dryRun: done === undefined, signal }) : [];

  const failed = done?.failed.map(({ cid }) => cid) ?? [];
  if (flags.json) {
    const { keep, release, unreadable, foreign } = plan;
    process.stdout.write(jsonLine({ dryRun: done === undefined, keep, release, unreadable, foreign, failed, swept }));
  } else {
    const lines = [
      ...plan.release.map(
        ({ cid, why }) => `${done === undefined ? "would let go" : "let go"}  ${why.padEnd(10)}  ${cid}`,
      ),
      ...plan.unreadable.map((cid) => `unreadable, so what it named is not known: ${cid}`),
      ...plan.foreign.map(({ cid, datasetId }) => `not of ${datasetId}, which names it, so it stays: ${cid}`),
      ...swept.map(
        ({ name, removed, removedBytes, kept, young }) =>
          `${name}: ${removed} blocks (${removedBytes} bytes) ${done === undefined ? "would be deleted" : "deleted"}, ${kept} pinned, ${young} too young`,
      ),
      `${plan.release.length} to let go, ${plan.keep.length} kept`,
    ];
    process.stdout.write(`${printable(lines.join("\n"))}\n`);
  }
  const [first] = done?.failed ?? [];
  if (first !== undefined) throw first.error;
}

async function sweepAll(
  stores: readonly OpenStore[],
  options: { readonly dryRun: boolean; readonly signal: AbortSignal },
): Promise<(SweepResult & { readonly name: string })[]> {
  const results: (SweepResult & { readonly name: string })[] = [];
  for (const { name, store, sweep } of stores)
    if (sweep !== undefined) results.push({ name, ...(await sweepBlocks(store, sweep, options)) });
  return results;
}

function parseConfirmations(text: string): bigint {
  if (/^\d{1,6}$/.test(text)) return BigInt(text);
  throw new PersonaError("USAGE", "--confirmations takes a number of blocks.", { data: { got: text } });
}
