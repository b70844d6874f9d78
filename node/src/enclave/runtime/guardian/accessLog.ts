import {
  appendLeaf,
  encodeLogEntry,
  type Frontier,
  type LogEntry,
  leafHash,
  logHeadHash,
  rootOf,
  type TreeHead,
} from "@persona-protocol/sdk/access";
import { randomBytes, toHex } from "@persona-protocol/sdk/crypto";
import { PersonaError } from "@persona-protocol/sdk/errors";
import type { Hex } from "viem";

type NewLogEntry = Omit<LogEntry, "salt">;

/** One line on its way to the host. */
export type LogLineToStore = {
  readonly index: number;
  readonly entry: Uint8Array;
  readonly answer: { readonly name: string; readonly bytes: Uint8Array; readonly until: number } | undefined;
  readonly revocation: Uint8Array | undefined;
};

/** What is kept beside an entry. */
type Beside = Pick<LogLineToStore, "answer" | "revocation">;

/**
 * The log of everything this guardian was asked for, a Merkle tree whose head is in every signed answer. An answer leaves the
 * enclave only after its entry is on the host's disk: a guardian that is killed knows nothing less than those it has answered.
 */
export type AccessLog = {
  /** Newest head that is on the disk. */
  durable(): TreeHead;
  /**
   * Appends, lets `make` sign an answer over the head that this entry makes, and resolves when both are on the disk.
   * @throws PersonaError STORE_FAILED; the line stays in the queue, for whoever comes next
   */
  append<made extends Beside>(entry: NewLogEntry, make: (logHead: Hex) => Promise<made>): Promise<made>;
  /**
   * As `append`, unless this guardian has lately refused the same for the same reason: a refusal that repeats an earlier one
   * must not fill the disk. @returns the head that the refusal names
   */
  appendRefusal(entry: NewLogEntry): Promise<Hex>;
};

type Waiting = {
  /** Undefined while the answer is being made. */
  line: LogLineToStore | undefined;
  readonly head: TreeHead;
  readonly stored: PromiseWithResolvers<void>;
};

const maxRemembered = 10_000;
/** Lines that have not reached the disk: more are not taken. */
const maxWaiting = 4_096;
/** Lines of one message to the host. */
const maxBatch = 256;
const nothing: Beside = { answer: undefined, revocation: undefined };

/** @param store resolves when the lines are on the disk */
export function createAccessLog(
  start: Frontier,
  store: (lines: readonly LogLineToStore[]) => Promise<void>,
): AccessLog {
  let frontier = start;
  let durable: TreeHead = { size: start.size, root: rootOf(start) };
  /** In the order of their places: one whose answer is not made yet holds back those behind it. */
  const queue: Waiting[] = [];
  const refusals = new Map<string, Promise<Hex>>();
  let storing = false;

  /** Whoever waits while a commit is under way shares the next one. A failure is theirs alone; the lines stay. */
  const pump = (): void => {
    if (storing) return;
    const ready = queue.findIndex(({ line }) => line === undefined);
    const batch = queue.slice(0, Math.min(ready === -1 ? queue.length : ready, maxBatch));
    const last = batch.at(-1);
    if (last === undefined) return;
    storing = true;
    store(batch.flatMap(({ line }) => (line === undefined ? [] : [line]))).then(
      () => {
        storing = false;
        queue.splice(0, batch.length);
        durable = last.head;
        for (const { stored } of batch) stored.resolve();
        pump();
      },
      (error: unknown) => {
        storing = false;
        for (const waiting of batch) {
          waiting.stored.reject(error);
          // It was not given, so whoever asks again gets another: only that one may be told again after a restart.
          if (waiting.line !== undefined) waiting.line = { ...waiting.line, answer: undefined };
        }
      },
    );
  };

  const append = async <made extends Beside>(
    entry: NewLogEntry,
    make: (logHead: Hex) => Promise<made>,
  ): Promise<made> => {
    if (queue.length >= maxWaiting)
      throw new PersonaError("STORE_FAILED", "Too many entries of the access log wait for the disk.");
    const bytes = encodeLogEntry({ ...entry, salt: toHex(randomBytes(32)) });
    const index = frontier.size;
    frontier = appendLeaf(frontier, leafHash(bytes));
    const waiting: Waiting = {
      line: undefined,
      head: { size: frontier.size, root: rootOf(frontier) },
      stored: Promise.withResolvers<void>(),
    };
    // A failure reaches whoever waits below; an entry that nobody waits for fails silently and is stored with the next.
    waiting.stored.promise.catch(() => {});
    queue.push(waiting);
    const put = ({ answer, revocation }: Beside) => {
      waiting.line = { index, entry: bytes, answer, revocation };
      pump();
    };
    let made: made;
    try {
      made = await make(logHeadHash(waiting.head));
    } catch (error) {
      // It was still asked for, and those behind it must not wait for ever.
      put(nothing);
      throw error;
    }
    put(made);
    await waiting.stored.promise;
    return made;
  };

  return {
    durable: () => durable,
    append,
    async appendRefusal(entry) {
      const name = [entry.jobId, entry.datasetId, entry.signer, entry.reason].join();
      const known = refusals.get(name);
      if (known !== undefined) {
        await known;
        return logHeadHash(durable);
      }
      const [oldest] = refusals.keys();
      if (refusals.size >= maxRemembered && oldest !== undefined) refusals.delete(oldest);
      const appending = append(entry, async (logHead) => ({ ...nothing, logHead })).then(({ logHead }) => logHead);
      refusals.set(name, appending);
      appending.catch(() => refusals.delete(name));
      return appending;
    },
  };
}
