import type { ChainBlock, ChainView } from "@persona-protocol/sdk/contracts";
import { PersonaError } from "@persona-protocol/sdk/errors";

/** The blocks at which one request is judged: permissions must hold at all of them, so a revocation counts at any. */
export type Look = {
  readonly confirmed: ChainBlock;
  readonly newest: ChainBlock;
  /**
   * The newest blocks of endpoints that are behind the newest of all; the confirmed one where it is an endpoint's newest. What one
   * endpoint alone has it could make up, and hide in it what ends a permission: each endpoint's newest block is looked at, with all
   * that have it.
   */
  readonly between: readonly ChainBlock[];
};

/** Newest first: what the endpoints have now. */
export function headsOf({ newest, between }: Look): readonly [ChainBlock, ...ChainBlock[]] {
  return [newest, ...between];
}

/** All at which a permission must hold, each once, the newest first. */
export function blocksOf(look: Look): readonly ChainBlock[] {
  const heads = headsOf(look);
  return heads.some(({ number }) => number === look.confirmed.number) ? heads : [...heads, look.confirmed];
}

/**
 * The chain as a guardian believes it: what all of its endpoints that have a block say alike. An answer is asked for once a
 * block.
 */
export type GuardianChain = {
  readonly view: ChainView;
  /**
   * The newest block that any endpoint has, and the newest confirmed one that all of them have. Read after the call was made.
   * @throws PersonaError CHAIN_DISAGREES, CHAIN_UNREACHABLE
   */
  look(): Promise<Look>;
  /**
   * Begins to read at the blocks of the last look, while a new look is on its way: where that finds the same ones, which it does
   * but once a block, the answers are there already. Of other blocks they count for nothing, and nobody hears of a failure.
   */
  foresee(read: (view: ChainView, blockNumber: bigint) => Promise<unknown>): void;
};

/** Answers kept of one block. */
const maxAnswers = 4_096;
const defaultMaxLagBlocks = 16n;

export function createGuardianChain(
  views: readonly [ChainView, ...ChainView[]],
  options: {
    /** Blocks behind the newest at which permissions must hold. */
    readonly confirmations: bigint;
    /** How far the slowest endpoint may be behind the fastest. */
    readonly maxLagBlocks?: bigint;
  },
): GuardianChain {
  const { confirmations, maxLagBlocks = defaultMaxLagBlocks } = options;
  /** Newest block of each endpoint, as of the last look. */
  let heads: readonly ChainBlock[] = [];
  /** A confirmed block is never behind an earlier one: a host that turns the chain back brings no revoked grant to life. */
  let floor = 0n;
  let answers = new Map<string, Map<string, Promise<unknown>>>();

  const readHeads = async (): Promise<Look> => {
    const found = await Promise.all(views.map((view) => view.block("latest")));
    const newest = found.reduce((a, b) => (b.number > a.number ? b : a));
    const lowest = found.reduce((a, b) => (b.number < a.number ? b : a));
    if (newest.number - lowest.number > maxLagBlocks)
      throw disagree("One endpoint is far behind another.", { newest: newest.number, lowest: lowest.number });
    const deep = newest.number > confirmations ? newest.number - confirmations : 0n;
    const number = deep < lowest.number ? deep : lowest.number;
    const same = await Promise.all(
      views.map((view, i) => (found[i]?.number === number ? (found[i] as ChainBlock) : view.block(number))),
    );
    const [confirmed] = same as [ChainBlock, ...ChainBlock[]];
    if (same.some(({ hash }) => hash !== confirmed.hash))
      throw disagree("The endpoints have different blocks of one number.", { block: number });
    if (confirmed.number < floor)
      throw disagree("The chain is behind a block that was confirmed before.", { got: confirmed.number, floor });
    floor = confirmed.number;
    heads = found;
    const heights = new Map(found.map((block) => [block.number, block]));
    heights.delete(newest.number);
    const between = [...heights.values()].sort((a, b) => (a.number > b.number ? -1 : 1));
    const kept = [confirmed, newest, ...between].map(({ number: at, hash }) => [`${at}`, hash] as const);
    answers = new Map(kept.map(([at, hash]) => [`${at}:${hash}`, answers.get(`${at}:${hash}`) ?? new Map()]));
    byNumber = new Map(kept.map(([at, hash]) => [at, `${at}:${hash}`]));
    return { confirmed, newest, between };
  };
  let byNumber = new Map<string, string>();
  let last: Look | undefined;
  const look = shareNext(async () => {
    last = await readHeads();
    return last;
  });

  /** What every endpoint that has the block says. */
  const agreed = async <value>(number: bigint, read: (view: ChainView) => Promise<value>): Promise<value> => {
    const having = views.filter((_, i) => (heads[i]?.number ?? 0n) >= number);
    const [first, ...others] = await Promise.all((having.length > 0 ? having : views).map(read));
    const wanted = fingerprint(first);
    if (others.some((other) => fingerprint(other) !== wanted))
      throw disagree("The endpoints answer differently.", { block: number });
    return first as value;
  };
  const once = <value>(number: bigint, key: string, read: (view: ChainView) => Promise<value>): Promise<value> => {
    const block = answers.get(byNumber.get(`${number}`) ?? "");
    const known = block?.get(key) as Promise<value> | undefined;
    if (known !== undefined) return known;
    const asked = agreed(number, read);
    if (block !== undefined && block.size < maxAnswers) {
      block.set(key, asked);
      asked.catch(() => block.delete(key));
    }
    return asked;
  };

  const [{ deployment }] = views;
  const view: ChainView = {
    deployment,
    block: async (tag) => (tag === "latest" ? (await look()).newest : agreed(tag, (view) => view.block(tag))),
    // The parameters come with each request and may be anybody's: nothing to keep.
    releasable: (job, input, signer, at) => agreed(at, (view) => view.releasable(job, input, signer, at)),
    readable: (jobId, order, at) => agreed(at, (view) => view.readable(jobId, order, at)),
    dataset: (datasetId, at) => once(at, `dataset ${datasetId}`, (view) => view.dataset(datasetId, at)),
    enclaveKey: (signer, at) => once(at, `key ${signer}`, (view) => view.enclaveKey(signer, at)),
    node: (nodeId, at) => once(at, `node ${nodeId}`, (view) => view.node(nodeId, at)),
    // As above.
    signedBy: (account, digest, signature, at) => agreed(at, (view) => view.signedBy(account, digest, signature, at)),
    // As above: the job names the place.
    publishedAt: (publication, place) =>
      agreed(place.blockNumber, async (view) => view.publishedAt?.(publication, place)),
    job: (jobId, at) => once(at, `job ${jobId}`, (view) => view.job(jobId, at)),
  };
  return {
    look,
    view,
    foresee(read) {
      if (last === undefined) return;
      for (const { number } of blocksOf(last)) read(view, number).catch(() => {});
    },
  };
}

/**
 * Calls share one run of `work`, and only one that began after they were made: who asks now must not be given what was
 * read before.
 */
function shareNext<value>(work: () => Promise<value>): () => Promise<value> {
  let running: Promise<unknown> | undefined;
  let next: Promise<value> | undefined;
  const start = (): Promise<value> => {
    next = undefined;
    const run = work();
    const settled = run.then(
      () => {},
      () => {},
    );
    running = settled;
    void settled.then(() => {
      if (running === settled) running = undefined;
    });
    return run;
  };
  return () => {
    if (running === undefined) return start();
    next ??= running.then(start);
    return next;
  };
}

function fingerprint(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => (typeof part === "bigint" ? `${part}n` : part)) ?? "";
}

function disagree(message: string, data: Record<string, string | number | bigint>): PersonaError {
  return new PersonaError("CHAIN_DISAGREES", message, { data });
}
