import { isPersonaError, PersonaError } from "../errors/index.ts";
import type { BlobReader, BlobStore, CallOptions } from "./blobStore.ts";
import { createBlobReader } from "./blockStore.ts";
import { parseCid } from "./cid.ts";
import { dagLinks } from "./dagLinks.ts";
import { readFromAny, requireLive } from "./replicatedStore.ts";
import { type NamedStore, reportFailure, type StoreReport, type StoreStatus } from "./storeReport.ts";
import { within } from "./within.ts";

/** How one store stands to a blob and to all that it names. */
export type StoreCheck = {
  readonly store: string;
  /** The worst that was found. */
  readonly status: StoreStatus;
  /** Blocks that were asked for, of all there are. */
  readonly checked: number;
  readonly blocks: number;
  /** At most 100. */
  readonly problems: readonly StoreReport[];
};

export type CheckResult = {
  readonly cid: string;
  readonly blocks: number;
  /** Stores that are whole, as far as was looked. */
  readonly copies: number;
  /** Blocks between the root and its leaves that no store could give: what is below them is not known. */
  readonly lost: readonly string[];
  readonly stores: readonly StoreCheck[];
};

const MAX_PROBLEMS = 100;
/** A store that has not answered so often is not asked for the rest. */
const MAX_SILENCES = 3;
const PARALLEL_BLOCKS = 4;
/** From the best to the worst. */
const severity: readonly StoreStatus[] = [
  "whole",
  "unpinned",
  "missing",
  "slow",
  "full",
  "refused",
  "failed",
  "gone",
  "wrong",
];

/**
 * Looks whether stores hold what `cid` names (for a manifest: its segments, too), each by itself: all objects and nodes, and
 * `sample` leaves picked at random, for each store others. Every block is read and checked, so a store that only says
 * that it has something does not pass. Changes nothing.
 */
export async function checkStores(
  stores: readonly NamedStore<BlobReader>[],
  cid: string,
  options: checkStores.Options = {},
): Promise<CheckResult> {
  const { nodes, leaves, lost } = await outline(stores, cid, options);
  const checks = await Promise.all(stores.map((store) => checkOne(store, cid, { nodes, leaves }, options)));
  return {
    cid,
    blocks: nodes.length + leaves.length,
    copies: checks.filter(({ status }) => status === "whole").length,
    lost,
    stores: checks,
  };
}

export declare namespace checkStores {
  type Options = CallOptions & {
    /** Leaves asked for at each store; default all. */
    readonly sample?: number;
    /** From 0 up to `below`, not included; default the platform's generator. For tests that repeat. */
    readonly random?: (below: number) => number;
    /** Longest wait for one block, default 30,000. */
    readonly stallMs?: number;
    readonly hedgeMs?: number;
  };
}

export type RepairResult = {
  readonly before: CheckResult;
  readonly after: CheckResult;
  /** What was written, and where. */
  readonly restored: readonly { readonly store: string; readonly cid: string }[];
  /** What could not be. */
  readonly failed: readonly StoreReport[];
};

/**
 * Checks everything and puts back what stores lack, or hold wrongly, from any copy that is good, block by block: a whole copy
 * need not exist anywhere. Files come before the objects that name them. `sources` are read from too, and not written to.
 */
export async function repairStores(
  stores: readonly NamedStore[],
  cid: string,
  options: CallOptions & { readonly sources?: readonly NamedStore<BlobReader>[]; readonly stallMs?: number } = {},
): Promise<RepairResult> {
  const { sources = [], ...rest } = options;
  const all = [...stores, ...sources];
  const before = await checkStores(all, cid, rest);
  const restored: { store: string; cid: string }[] = [];
  const failed: StoreReport[] = [];
  const any = createBlobReader(readFromAny(all, rest));
  const units = await restorable(any, cid, rest);
  for (const { name, store } of stores) {
    if (before.stores.find((check) => check.store === name)?.status === "whole") continue;
    for (const unit of units) {
      try {
        const check = await checkStores([{ name, store }], unit, rest);
        if (check.copies === 1 && check.lost.length === 0) continue;
        await restore(any, store, unit, rest);
        restored.push({ store: name, cid: unit });
      } catch (error) {
        failed.push(reportFailure(name, unit, error));
      }
    }
  }
  return { before, after: await checkStores(all, cid, rest), restored, failed };
}

/** What can be put by itself, in the order in which it must be: the files that an object names, then the object. */
async function restorable(any: BlobReader, cid: string, { signal }: CallOptions): Promise<string[]> {
  if (parseCid(cid).codec !== "dag-cbor") return [cid];
  const bytes = await any.getBlock(cid, signal === undefined ? {} : { signal });
  const below: string[] = [];
  for (const link of dagLinks(cid, bytes))
    below.push(...(await restorable(any, link.cid, signal === undefined ? {} : { signal })));
  return [...new Set([...below, cid])];
}

async function restore(any: BlobReader, store: BlobStore, cid: string, { signal }: CallOptions): Promise<void> {
  const options = signal === undefined ? {} : { signal };
  const isObject = parseCid(cid).codec === "dag-cbor";
  const put = isObject
    ? await store.putBlock(await any.getBlock(cid, options), "dag-cbor", options)
    : await store.put(any.get(cid, options), options);
  if (put.cid === cid) return;
  throw new PersonaError("DIGEST_MISMATCH", "The store keeps what it was given under another CID.", {
    data: { cid, got: put.cid, wanted: cid },
  });
}

type Outline = {
  readonly nodes: readonly string[];
  readonly leaves: readonly string[];
  readonly lost: readonly string[];
};

/** The blocks of a DAG, from the nodes that any store can give; leaves are not read. */
async function outline(
  stores: readonly NamedStore<BlobReader>[],
  root: string,
  options: checkStores.Options,
): Promise<Outline> {
  const reader = createBlobReader(readFromAny(stores, options));
  const seen = new Set<string>();
  const [nodes, leaves, lost]: [string[], string[], string[]] = [[], [], []];
  const ahead = [root];
  for (let cid = ahead.pop(); cid !== undefined; cid = ahead.pop()) {
    if (seen.has(cid)) continue;
    seen.add(cid);
    if (parseCid(cid).codec === "raw") {
      leaves.push(cid);
      continue;
    }
    nodes.push(cid);
    try {
      const bytes = await reader.getBlock(cid, options.signal === undefined ? {} : { signal: options.signal });
      ahead.push(...dagLinks(cid, bytes).map((link) => link.cid));
    } catch (error) {
      if (isPersonaError(error, "CANCELLED")) throw error;
      lost.push(cid);
    }
  }
  return { nodes, leaves, lost };
}

async function checkOne(
  { name, store }: NamedStore<BlobReader>,
  root: string,
  { nodes, leaves }: Pick<Outline, "nodes" | "leaves">,
  { sample, random = randomBelow, stallMs = 30_000, signal }: checkStores.Options,
): Promise<StoreCheck> {
  const queue = [...nodes, ...pick(leaves, sample ?? leaves.length, random)].reverse();
  const problems: StoreReport[] = [];
  const call = signal === undefined ? {} : { signal };
  let worst: StoreStatus = "whole";
  let checked = 0;
  let silences = 0;
  const note = (cid: string, error: unknown): void => {
    const report = reportFailure(name, cid, error);
    if (report.status === "gone" || report.status === "slow") silences += 1;
    if (severity.indexOf(report.status) > severity.indexOf(worst)) worst = report.status;
    if (problems.length < MAX_PROBLEMS) problems.push(report);
  };
  const work = async (): Promise<void> => {
    for (;;) {
      const cid = silences < MAX_SILENCES ? queue.pop() : undefined;
      if (cid === undefined) return;
      checked += 1;
      try {
        await within(stallMs, call, (limited) => store.getBlock(cid, { signal: limited }));
        silences = 0;
      } catch (error) {
        requireLive(call);
        note(cid, error);
      }
    }
  };
  await Promise.all(Array.from({ length: PARALLEL_BLOCKS }, work));
  if (worst === "whole") {
    try {
      const { pinned } = (await within(stallMs, call, (limited) =>
        store.stat(root, { signal: limited }),
      )) as Partial<BlobStore.Stat>;
      if (pinned === false) worst = "unpinned";
    } catch (error) {
      requireLive(call);
      note(root, error);
    }
  }
  return { store: name, status: worst, checked, blocks: nodes.length + leaves.length, problems };
}

/** `count` of the items, each as likely as every other (the first steps of a Fisher-Yates shuffle). */
function pick(items: readonly string[], count: number, random: (below: number) => number): string[] {
  const left = [...items];
  const picked: string[] = [];
  while (picked.length < count && left.length > 0) {
    const at = random(left.length);
    const [item] = left.splice(at, 1, left.at(-1) ?? "");
    left.pop();
    if (item !== undefined) picked.push(item);
  }
  return picked;
}

function randomBelow(below: number): number {
  const [word = 0] = crypto.getRandomValues(new Uint32Array(1));
  return Math.floor((word / 2 ** 32) * below);
}
