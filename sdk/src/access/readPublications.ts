import { type Hex, isAddressEqual } from "viem";
import type { ChainClient } from "../contracts/callContract.ts";
import type { Deployment } from "../contracts/deployment.ts";
import type { DatasetHead } from "../storage/index.ts";
import { eventRanges } from "./eventRanges.ts";
import { publicationEvents } from "./publicationEvents.ts";

/** One version of a dataset, as the registry's event tells it. */
export type DatasetPublication = {
  readonly version: number;
  readonly keyEpoch: number;
  readonly head: DatasetHead;
  /** Commitments of the segments that came with it. */
  readonly appended: readonly Hex[];
  /** Undefined where the owner has published it. */
  readonly writer:
    | {
        /** 1 a key (an address, right-aligned), 2 a measurement. */
        readonly kind: number;
        readonly id: Hex;
        readonly signer: Hex;
        /** Bitmap of what it may have changed. */
        readonly segments: bigint;
      }
    | undefined;
  readonly blockNumber: bigint;
  readonly transactionHash: Hex;
};

type Context = {
  readonly client: Pick<ChainClient, "getContractEvents">;
  readonly deployment: Deployment;
};

/**
 * Every version of a dataset up to a block, oldest first. What one endpoint leaves out is missing: hold the newest against the head
 * that the registry stores, where that matters.
 * @param toBlock as deep as the caller wants to be sure
 * @throws what the client throws
 */
export async function readPublications(
  { client, deployment }: Context,
  datasetId: Hex,
  toBlock: bigint,
): Promise<readonly DatasetPublication[]> {
  const registry = { address: deployment.datasetRegistry, abi: publicationEvents, strict: true } as const;
  const found: DatasetPublication[] = [];
  for (const range of eventRanges(deployment, toBlock)) {
    const asked = { ...registry, ...range, args: { datasetId } } as const;
    const [registered, published, written] = await Promise.all([
      client.getContractEvents({ ...asked, eventName: "DatasetRegistered" }),
      client.getContractEvents({ ...asked, eventName: "DatasetPublished" }),
      client.getContractEvents({ ...asked, eventName: "DatasetWritten" }),
    ]);
    const ours = <log extends { readonly address: Hex }>(logs: readonly log[]) =>
      logs.filter(({ address }) => isAddressEqual(address, deployment.datasetRegistry));
    for (const { args, ...at } of ours(registered))
      found.push({
        ...placeOf(at),
        version: 1,
        keyEpoch: 1,
        head: args.head,
        appended: args.commitments,
        writer: undefined,
      });
    for (const { args, ...at } of ours(published)) {
      const { version, keyEpoch, head, appended } = args;
      found.push({ ...placeOf(at), version, keyEpoch, head, appended, writer: undefined });
    }
    for (const { args, ...at } of ours(written)) {
      const { version, keyEpoch, head, signer, segments } = args;
      found.push({
        ...placeOf(at),
        version,
        keyEpoch,
        head,
        appended: [],
        writer: { ...args.writer, signer, segments },
      });
    }
  }
  return found.sort((a, b) => a.version - b.version);
}

const placeOf = ({ blockNumber, transactionHash }: Pick<DatasetPublication, "blockNumber" | "transactionHash">) => ({
  blockNumber,
  transactionHash,
});
