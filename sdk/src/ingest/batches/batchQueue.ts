import type { RawBatch } from "../connector.ts";
import type { BatchRun } from "./batchThreads.ts";
import type { BatchRepeats, FinishedBatch, ParsedBatch } from "./batchWork.ts";

/**
 * Batches under way, in order: whatever thread is done first, what is said of a batch (`judge`, `take`) and which error an import
 * ends with are those of the file's order.
 */
export type BatchQueue = {
  /** Fulfilled when the next one is welcome. */
  add(batch: RawBatch): Promise<void>;
  /** Fulfilled when nothing is under way. */
  drain(): Promise<void>;
};

export function createBatchQueue(
  run: BatchRun,
  {
    most,
    judge,
    take,
    done,
  }: {
    /** Batches under way at a time. */
    readonly most: number;
    /** Which records of a batch repeat others: asked in order. */
    readonly judge: (parsed: ParsedBatch, batch: { readonly file: string }) => BatchRepeats;
    readonly take: (finished: FinishedBatch) => Promise<void>;
    /** Nobody reads this batch any more. */
    readonly done: (batch: RawBatch) => void;
  },
): BatchQueue {
  let judged: Promise<unknown> = Promise.resolve();
  let taken: Promise<void> = Promise.resolve();
  let underWay: Promise<void>[] = [];

  return {
    async add(batch) {
      const { file } = batch;
      const parsing = run.parse(batch, []);
      parsing.catch(handledLater);
      const before = judged;
      const judging = (async () => {
        await before;
        const parsed = await parsing;
        return { parsed, repeats: judge(parsed, { file }) };
      })();
      judging.catch(handledLater);
      judged = judging;
      const finishing = judging.then(async ({ parsed, repeats }) =>
        repeats.length === 0 ? parsed : run.parse(parsed.batch, repeats),
      );
      finishing.catch(handledLater);
      const beforeThis = taken;
      taken = (async () => {
        await beforeThis;
        const { finished, batch } = await finishing;
        done(batch);
        await take(finished);
      })();
      taken.catch(handledLater);
      underWay.push(taken);
      if (underWay.length < most) return;
      const [first, ...rest] = underWay;
      underWay = rest;
      await first;
    },
    async drain() {
      underWay = [];
      await taken;
    },
  };
}

/** Each is awaited in its turn; until then Node shall not take it for forgotten. */
function handledLater(): void {}
