import { isPersonaError, PersonaError } from "@persona-protocol/sdk/errors";
import { Pool, type PoolClient } from "pg";
import { PgBoss } from "pg-boss";
import type { Logger } from "pino";
import type { Hex } from "viem";
import type { StreamPoint } from "../../chain/stream/chainEvent.ts";
import { isOver, type JobEvent, type JobState, type JobStatus, jobMachine } from "../jobMachine.ts";
import { type Journal, type JournalRow, keptJobs, type OpenJob, pruneEvery, type Suspect } from "../journal.ts";
import { openSharedSchema } from "./sharedSchema.ts";

/**
 * One journal of several workers of one operator, in PostgreSQL. Each job is handed to one of them at a time by pg-boss: a worker
 * that says nothing for a while has lost what it had, and another goes on where the journal says. So a receipt that one has signed
 * another settles; a claim dies with the enclave that made it, here as everywhere.
 */
export type SharedJournal = Journal & {
  readonly suspects: readonly Suspect[];
  /** Called when there is something to do. */
  onNews(wake: () => void): void;
};

const queue = "persona-jobs";
/** A worker that is silent for so long has lost its jobs: pg-boss takes no less. */
const silentSeconds = 10;
/** A job that is held for so long, the longest that pg-boss takes, is handed out again: it waits for its turn, or nobody can do it. */
const longestSeconds = 86_400;
/** A job is handed out again as often as it must be. */
const manyTimes = 1_000_000;
/** One hand-out each. A worker hears of new ones; those of a worker that fell silent it finds when it looks. */
const places = { heartbeatRefreshSeconds: 3, pollingIntervalSeconds: 1, notifyPollingIntervalSeconds: 2 } as const;
/** Steps while a job wants something of a worker. */
const wanting = ["seen", "claiming", "running", "settling"];

/** The oldest of those that are over go first. */
const prune = `DELETE FROM persona.jobs WHERE place IN
  (SELECT place FROM persona.jobs WHERE status IN ('done', 'left') ORDER BY place DESC OFFSET $1)`;

type Row = {
  readonly job_id: Hex;
  readonly state: JobState;
  readonly params: Buffer;
  readonly receipt: Buffer | null;
  readonly receipt_signer: string | null;
  readonly owner: string | null;
  readonly begun: string | null;
  readonly crashes: number;
  readonly handout: number;
};

/** What pg-boss carries: which job, and which of its hand-outs: one that a later one has followed is nobody's any more. */
type Handout = { readonly jobId: Hex; readonly handout: number };

/** A job that was handed to this worker, until it wants nothing more. */
type Holding = { taken: boolean; done(): void; lost(why: Error): void };

/**
 * @param options.worker names this worker for ever: its folder's name will do
 * @param options.atOnce jobs that it holds at a time
 * @throws PersonaError JOURNAL_UNUSABLE
 */
export async function openSharedJournal(options: {
  readonly url: string;
  readonly worker: string;
  readonly atOnce: number;
  readonly limit: number;
  readonly log: Pick<Logger, "warn">;
}): Promise<SharedJournal> {
  const { url: connectionString, worker, limit, log } = options;
  const pool = new Pool({ connectionString, max: 4 });
  pool.on("error", (error) => log.warn({ message: error.message }, "a connection to the shared journal has ended"));
  try {
    await openSharedSchema(pool);
  } catch (error) {
    await pool.end();
    throw isPersonaError(error) ? error : unreachable(error);
  }
  await pool.query("INSERT INTO persona.workers VALUES ($1) ON CONFLICT DO NOTHING", [worker]);
  const boss = new PgBoss({
    connectionString,
    max: 3,
    useListenNotify: true,
    superviseIntervalSeconds: 2,
    monitorIntervalSeconds: 2,
  });
  boss.on("error", (error) => log.warn({ message: error.message }, "the queue of the shared journal fails"));
  await boss.start();
  await boss.createQueue(queue, {
    notify: true,
    retryLimit: manyTimes,
    heartbeatSeconds: silentSeconds,
    expireInSeconds: longestSeconds,
    deleteAfterSeconds: 3_600,
  });
  let wake = () => {};
  let closing = false;
  let added = 0;
  const held = new Map<Hex, Holding>();

  const within = async <value>(work: (client: PoolClient) => Promise<value>): Promise<value> => {
    const client = await pool.connect();
    try {
      await client.query("BEGIN");
      const done = await work(client);
      await client.query("COMMIT");
      return done;
    } catch (error) {
      await client.query("ROLLBACK");
      throw error;
    } finally {
      client.release();
    }
  };
  /**
   * In the same transaction as what makes the job want something: none is seen and not handed out. A new hand-out each time: the
   * one before may just be ending, and must not stand in its way.
   */
  const handOut = async (client: PoolClient, jobId: Hex): Promise<void> => {
    const { rows } = await client.query<{ handout: number }>(
      "UPDATE persona.jobs SET owner = NULL, handout = handout + 1 WHERE job_id = $1 RETURNING handout",
      [jobId],
    );
    const data: Handout = { jobId, handout: rows[0]?.handout ?? 0 };
    await boss.send(queue, data, { db: { executeSql: (text, values) => client.query(text, values as unknown[]) } });
  };
  const write = async (client: PoolClient, jobId: Hex, next: JobState, receipt?: Uint8Array): Promise<void> => {
    const block = "block" in next ? next.block : 0;
    const signer = receipt !== undefined && "signer" in next ? next.signer : null;
    await client.query(
      `UPDATE persona.jobs SET status = $2, state = $3, block = $4, crashes = 0,
         receipt = coalesce($5, receipt), receipt_signer = coalesce($6, receipt_signer) WHERE job_id = $1`,
      [jobId, next.status, JSON.stringify(next), block, receipt === undefined ? null : Buffer.from(receipt), signer],
    );
  };
  const locked = async (client: PoolClient, jobId: Hex): Promise<Row | undefined> =>
    (await client.query<Row>("SELECT * FROM persona.jobs WHERE job_id = $1 FOR UPDATE", [jobId])).rows[0];
  const applyTo = async (client: PoolClient, row: Row, event: JobEvent, receipt?: Uint8Array) => {
    const next = jobMachine(row.state, event);
    if (next === undefined) return undefined;
    await write(client, row.job_id, next, receipt);
    // What wanted nothing wants something again: one of us is to have it.
    if (!wanting.includes(row.state.status) && wanting.includes(next.status)) await handOut(client, row.job_id);
    return next;
  };
  /** Whoever has ended it: another worker hears the same news of the chain, perhaps before us. */
  const release = (jobId: Hex, state: JobState | undefined): void => {
    if (state === undefined || wanting.includes(state.status)) return;
    held.get(jobId)?.done();
    held.delete(jobId);
  };

  /** Our own steps of before, where we ended in the middle; and every step of a worker that has lost its job to us. */
  const crashed = (client: PoolClient, row: Row): Promise<Suspect> => {
    const crashes = row.crashes + 1;
    return (async () => {
      await client.query("UPDATE persona.jobs SET begun = NULL, crashes = $2 WHERE job_id = $1", [row.job_id, crashes]);
      const next = await applyTo(client, row, { type: "crashed", crashes, limit });
      return { jobId: row.job_id, crashes, quarantined: next !== undefined };
    })();
  };
  const suspects = await within(async (client) => {
    const { rows } = await client.query<Row>("SELECT * FROM persona.jobs WHERE begun = $1 FOR UPDATE", [worker]);
    const all: Suspect[] = [];
    for (const row of rows) all.push(await crashed(client, row));
    return all;
  });

  /** @returns whether there is something to do for us */
  const take = ({ jobId, handout }: Handout): Promise<boolean> =>
    within(async (client) => {
      const row = await locked(client, jobId);
      if (row === undefined || row.handout !== handout) return false;
      await client.query("UPDATE persona.jobs SET owner = $2 WHERE job_id = $1", [jobId, worker]);
      const { begun, state } = row;
      if (begun !== null && begun !== worker) {
        // It was somebody's who is gone.
        const { crashes, quarantined } = await crashed(client, row);
        log.warn({ jobId, crashes, quarantined, worker: begun }, "a worker ended during this job; another goes on");
        if (quarantined) return false;
      }
      return !isOver(state) && state.status !== "settled";
    });

  /** Holds what was handed out until it wants nothing more. What is thrown here is handed out again. */
  const hold = async (data: Handout, signal: AbortSignal): Promise<void> => {
    if (closing) throw new Error("the worker ends");
    const { promise, resolve: done, reject: lost } = Promise.withResolvers<void>();
    const holding: Holding = { taken: false, done, lost };
    // Before it is ours by the journal: news may end it at once.
    held.get(data.jobId)?.lost(new Error("it was handed out anew"));
    held.set(data.jobId, holding);
    signal.addEventListener("abort", () => lost(new Error("it is another's now")), { once: true });
    promise.catch(() => {});
    try {
      if (!(await take(data))) return;
      holding.taken = true;
      wake();
      await promise;
    } finally {
      if (held.get(data.jobId) === holding) held.delete(data.jobId);
    }
  };
  for (let place = 0; place < options.atOnce; place++) {
    const id = await boss.work<Handout>(queue, places, async (handed) => {
      for (const { data, signal } of handed) await hold(data, signal);
      // What waits was told of while this place was taken: it looks again at once.
      boss.notifyWorker(id);
    });
  }

  const meta = async <value>(column: string): Promise<value | undefined> => {
    const { rows } = await pool.query(`SELECT ${column} AS value FROM persona.workers WHERE worker = $1`, [worker]);
    return rows[0]?.value ?? undefined;
  };
  const setMeta = async (column: string, value: string): Promise<void> => {
    await pool.query(`UPDATE persona.workers SET ${column} = $2 WHERE worker = $1`, [worker, value]);
  };

  return {
    suspects,
    onNews(listener) {
      wake = listener;
    },
    add: (jobId, params) =>
      within(async (client) => {
        const { rowCount } = await client.query(
          "INSERT INTO persona.jobs (job_id, status, state, params) VALUES ($1, 'seen', $2, $3) ON CONFLICT DO NOTHING",
          [jobId, JSON.stringify({ status: "seen" } satisfies JobState), Buffer.from(params)],
        );
        if (rowCount !== 1) return false;
        await handOut(client, jobId);
        if (++added % pruneEvery === 0) await client.query(prune, [keptJobs]);
        return true;
      }),
    async get(jobId) {
      const { rows } = await pool.query<Row>("SELECT * FROM persona.jobs WHERE job_id = $1", [jobId]);
      return rows[0] === undefined ? undefined : rowOf(rows[0]);
    },
    async apply(jobId, event, receipt) {
      const { next, now } = await within(async (client) => {
        const row = await locked(client, jobId);
        if (row === undefined || !(isNews(event) || row.owner === worker)) return { next: undefined, now: row?.state };
        const changed = await applyTo(client, row, event, receipt);
        return { next: changed, now: changed ?? row.state };
      });
      release(jobId, now);
      return next;
    },
    async open() {
      const holdings = new Map(held);
      const { rows } = await pool.query<OpenJob & { readonly owner: string | null }>(
        `SELECT job_id AS "jobId", status, crashes, owner FROM persona.jobs WHERE job_id = ANY($1) ORDER BY place`,
        [[...holdings.keys()]],
      );
      return rows.flatMap(({ jobId, status, crashes, owner }) => {
        const wants = wanting.includes(status);
        const holding = holdings.get(jobId);
        // Ended by news that another worker has heard, or another's since we were silent.
        if (!wants) holding?.done();
        else if (owner !== worker && holding?.taken === true) holding.lost(new Error("it is another's now"));
        return wants && owner === worker ? [{ jobId, status, crashes }] : [];
      });
    },
    async settled(block, most) {
      const { rows } = await pool.query<Row>(
        "SELECT * FROM persona.jobs WHERE status = 'settled' AND block <= $1 ORDER BY block, place LIMIT $2",
        [block, most],
      );
      return rows.map(rowOf);
    },
    reorganised: (block) =>
      within(async (client) => {
        const { rows } = await client.query<Row>(
          "SELECT * FROM persona.jobs WHERE block >= $1 AND status IN ('running', 'settled', 'left') ORDER BY place FOR UPDATE",
          [block],
        );
        const changed: Hex[] = [];
        for (const row of rows)
          if ((await applyTo(client, row, { type: "reorg", block })) !== undefined) changed.push(row.job_id);
        return changed;
      }),
    async counts() {
      const counts = { seen: 0, claiming: 0, running: 0, settling: 0, settled: 0, done: 0, left: 0, quarantined: 0 };
      // Of this worker, where a job is somebody's.
      const { rows } = await pool.query<{ status: JobStatus; jobs: string }>(
        "SELECT status, count(*) AS jobs FROM persona.jobs WHERE owner = $1 OR owner IS NULL GROUP BY status",
        [worker],
      );
      for (const { status, jobs } of rows) counts[status] = Number(jobs);
      return counts;
    },
    async began(jobId) {
      await pool.query("UPDATE persona.jobs SET begun = $2 WHERE job_id = $1", [jobId, worker]);
    },
    async ended(jobId) {
      await pool.query("UPDATE persona.jobs SET begun = NULL WHERE job_id = $1 AND begun = $2", [jobId, worker]);
    },
    async waiting() {
      const { rows } = await pool.query("SELECT count(*) AS jobs FROM persona.jobs WHERE status = 'seen'");
      return Number(rows[0]?.jobs ?? 0);
    },
    point: () => meta<StreamPoint>("point"),
    setPoint: (point) => setMeta("point", JSON.stringify(point)),
    async nodeId() {
      const value = await meta<string>("node_id");
      return value === undefined ? undefined : Number(value);
    },
    setNodeId: (nodeId) => setMeta("node_id", String(nodeId)),
    async registeringSince() {
      const value = await meta<string>("registering_since");
      return value === undefined ? undefined : BigInt(value);
    },
    setRegisteringSince: (block) => setMeta("registering_since", String(block)),
    async close() {
      closing = true;
      // What we hold goes to others at once: it is not done.
      for (const { lost } of held.values()) lost(new Error("the worker ends"));
      await boss.stop({ graceful: true, timeout: 5_000 });
      await pool.end();
    },
  };
}

/** The driver's own words may quote the URL. */
const unreachable = (cause: unknown): PersonaError =>
  new PersonaError("JOURNAL_UNREACHABLE", "The shared journal cannot be opened.", { cause });

/** What the chain says, whoever heard it; all else is said by who does the job's steps. */
const isNews = ({ type }: JobEvent): boolean =>
  type === "reopened" || type === "reorg" || type === "declined" || type === "finalized" || type === "settlementUndone";

function rowOf({ job_id: jobId, state, params, receipt, receipt_signer: signer }: Row): JournalRow {
  return {
    jobId,
    state,
    params: new Uint8Array(params),
    receipt: receipt === null || signer === null ? undefined : { bytes: new Uint8Array(receipt), signer },
  };
}
