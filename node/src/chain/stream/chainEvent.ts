import type { Address, Hex } from "viem";

export type BlockRef = { readonly number: bigint; readonly hash: Hex };

/** What the market has said about a job, in words of the node. */
export type JobNews =
  /** @param params ABI bytes of `JobParams`, as `decodeStruct` takes them; nobody has checked them against the market. */
  | { readonly name: "submitted"; readonly requester: Address; readonly params: Uint8Array }
  | {
      readonly name: "claimed";
      readonly nodeId: number;
      readonly signer: Address;
      readonly attempt: number;
      /** Unix seconds. */
      readonly dueBy: number;
    }
  | { readonly name: "settled"; readonly nodeId: number; readonly signer: Address }
  /** @param code of the receipt */
  | { readonly name: "failed"; readonly nodeId: number; readonly signer: Address; readonly code: number }
  /** @param code of the receipt, 0 where none came in time; `attempt` is the number of the next claim */
  | {
      readonly name: "reopened";
      readonly nodeId: number;
      readonly signer: Address;
      readonly code: number;
      readonly attempt: number;
    }
  | { readonly name: "timedOut"; readonly nodeId: number; readonly signer: Address }
  | { readonly name: "cancelled" };

export type JobNewsName = JobNews["name"];

/**
 * What the chain says, in its order. `confirmations` blocks lie above a block before its news is told, so a reorganisation that is
 * not deeper is never heard of; one that is deeper takes back what was told.
 */
export type ChainEvent =
  | {
      readonly type: "job";
      readonly jobId: Hex;
      readonly news: JobNews;
      readonly block: BlockRef;
      readonly logIndex: number;
      readonly transactionHash: Hex;
    }
  /** No `reorg` below or at this block is expected any more (`finalityDepth` blocks lie above it): what hangs on it may be forgotten. */
  | { readonly type: "finalize"; readonly block: BlockRef }
  | {
      readonly type: "reorg";
      /** The first block that was told and is not in the chain any more. */
      readonly fromBlock: bigint;
      /** Told news that is gone with those blocks, oldest first. What the new blocks hold follows as `job` events. */
      readonly vanished: readonly { readonly jobId: Hex; readonly name: JobNewsName }[];
      /**
       * It went below what was final, where single blocks are not remembered: `vanished` is not all. Whatever has happened from
       * `fromBlock` on is told again.
       */
      readonly deep: boolean;
    };

/**
 * Where the stream stands: plain JSON. The caller keeps it, in one write with what it makes of the events; the stream goes on
 * from there after a restart, and finds what was replaced meanwhile.
 */
export type StreamPoint = {
  readonly v: 1;
  /** Decimal. The next block to tell. */
  readonly nextBlock: string;
  /** Told blocks, oldest first: all that are not final, and ever fewer of the older. */
  readonly trail: readonly TrailBlock[];
};

export type TrailBlock = {
  readonly number: string;
  readonly hash: Hex;
  /** News told of this block; absent for a block below the final ones. */
  readonly jobs?: readonly { readonly jobId: Hex; readonly name: JobNewsName }[];
};

/** Events in the chain's order, and the point to go on from when all of them are written. */
export type ChainBatch = { readonly events: readonly ChainEvent[]; readonly point: StreamPoint };
