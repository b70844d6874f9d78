import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { jobMarketAbi } from "@persona-protocol/sdk/contracts";
import { PersonaError } from "@persona-protocol/sdk/errors";
import { parseGwei } from "viem";
import { systemClock } from "../chain/clock.ts";
import { followChain } from "../chain/stream/followChain.ts";
import { createTransactions } from "../chain/transactions/createTransactions.ts";
import { ownWrites } from "../chain/transactions/ownWrites.ts";
import { sqliteTransactionStore } from "../chain/transactions/sqliteTransactionStore.ts";
import type { Transactions } from "../chain/transactions/Transactions.ts";
import type { Context } from "../context.ts";
import { openEnclave } from "../enclave/openEnclave.ts";
import { parseEnclaveKeys, registerEnclaveKey } from "../enclave/registerEnclave.ts";
import { relayChain } from "../enclave/relayChain.ts";
import { plainDeployment } from "../enclave/runtime/deploymentSchema.ts";
import { restingAfterWork } from "../enclave/runtime/releaseMemory.ts";
import type { RunningDuty } from "../startNode.ts";
import { createReceiptBringer } from "./bringReceipts.ts";
import { createCapacity } from "./capacity.ts";
import { carryBytes } from "./carryBytes.ts";
import { isAboutUs } from "./claimStep.ts";
import { advanceJob, type WorkerContext } from "./jobSteps.ts";
import { openWorkerJournal } from "./openWorkerJournal.ts";
import { openOwnNode } from "./ownNode.ts";
import { takeNews } from "./takeNews.ts";
import { watchFinality } from "./watchFinality.ts";
import { readKey, watchKey } from "./watchKey.ts";
import type { WorkerStatus, WorkerView } from "./workerStatus.ts";
import { workJobs } from "./workJobs.ts";

/** As long as an enclave may take for one job, and its settlement. */
const maxDrainMs = 11 * 60_000;
/** A step that waits for the chain is not waited for longer: it is safe to do again. */
const maxStopMs = 5_000;

/** For those who must stand between a worker and what it uses: a test that ends it there. */
export type WorkerHooks = {
  readonly around?: (worker: WorkerContext) => WorkerContext;
  readonly sending?: (send: Transactions["send"]) => Transactions["send"];
};

/** A compute node: claims jobs, carries bytes for its enclave, and settles receipts. It holds no data key and no plaintext. */
export async function startWorker(context: Context, hooks: WorkerHooks = {}): Promise<RunningDuty> {
  const { config, log, deployment, isolation } = context;
  const { around = (worker) => worker, sending = (send) => send } = hooks;
  const journal = await openWorkerJournal(config, log);
  for (const { jobId, crashes, quarantined } of journal.suspects)
    if (quarantined)
      log.error({ jobId, crashes }, "job quarantined: the daemon or its enclave ended during it each time");
    else log.warn({ jobId, crashes }, "the daemon or its enclave ended during this job; it is done again, alone");
  const { relays, endpoints, untilNews } = context.chain;
  const enclave = await openEnclave(context, {
    role: "worker",
    methods: { ...relayChain(...relays.map(({ request }) => request)), ...carryBytes(context) },
  });
  const stopping = new AbortController();
  let hasCrashed = false;
  void enclave.ended.then(() => {
    hasCrashed = !stopping.signal.aborted;
  });
  const store = new DatabaseSync(join(config.dataDir, "transactions.sqlite"));
  // As the journal: a store that lost its end with the power is one from a backup, and asks the chain.
  store.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;");
  const { account } = context.client;
  if (account.type !== "local") throw new PersonaError("INTERNAL", "The operator's account signs nothing here.");
  const transactions = createTransactions({
    client: context.client,
    account,
    store: sqliteTransactionStore(store),
    limits: { maxFeePerGas: parseGwei(config.maxFeeGwei), maxPriorityFeePerGas: parseGwei(config.maxPriorityFeeGwei) },
    floor: BigInt(config.gasFloorWei),
    pollMs: config.pollMs,
    clock: systemClock,
    log,
    onAlarm: context.alarm,
    signal: stopping.signal,
  });
  const client = ownWrites(context.client, transactions);
  let working: Promise<void> = transactions.ended;
  const stop = async () => {
    stopping.abort();
    await enclave.stop();
    const tooLate = new AbortController();
    await Promise.race([working, sleep(maxStopMs, undefined, { signal: tooLate.signal }).catch(() => {})]);
    tooLate.abort();
    store.close();
    await journal.close();
  };

  try {
    const { signer } = parseEnclaveKeys(
      await enclave.call(
        "start",
        { deployment: plainDeployment(deployment), endpoints: relays.length },
        { timeoutMs: 30_000 },
      ),
    );
    const nodeId = await openOwnNode({ ...context, client }, journal);
    await registerEnclaveKey({ ...context, client }, enclave, { signer, nodeId, role: "worker" });
    const registered = await readKey(context, signer);
    // An endpoint that lags behind its own answers does not know the key yet: then the market alone judges.
    let openUntil = registered.nodeId === 0 ? Number.MAX_SAFE_INTEGER : registered.openUntil;
    const raceUnit = await client.readContract({
      address: deployment.jobMarket,
      abi: jobMarketAbi,
      functionName: "RACE_UNIT",
    });
    const capacity = createCapacity(config);
    const market = { send: sending(transactions.send), deployment };
    const worker = around({
      ...context,
      ...market,
      limits: config,
      // Until it is renewed.
      get openUntil() {
        return openUntil;
      },
      raceUnit,
      journal,
      enclave,
      signer,
      declines: capacity.declines,
      took: capacity.took,
      bring: createReceiptBringer(market, log).bring,
    });
    /** For ever; what passes by itself is asked when it counts. */
    let closed: "draining" | "keyEnds" | undefined;
    const claims = (): WorkerStatus["claims"] => {
      if (stopping.signal.aborted) return "stopping";
      if (closed !== undefined) return closed;
      if (!transactions.mayClaim()) return "balanceLow";
      return capacity.hasMemory() ? "open" : "memoryLow";
    };
    const worked = restingAfterWork();
    const jobs = workJobs({
      journal: worker.journal,
      log,
      maxJobs: config.maxJobs,
      mayClaim: () => claims() === "open",
      hasCrashed: () => hasCrashed,
      async advance(row) {
        worked();
        try {
          return await advanceJob(worker, row);
        } catch (error) {
          if (isAboutUs(error)) key.lookNow();
          throw error;
        }
      },
      signal: stopping.signal,
    });
    journal.onNews(jobs.wake);
    const key = watchKey(context, signer, {
      signal: stopping.signal,
      registerAgain: () => registerEnclaveKey({ ...context, client }, enclave, { signer, nodeId, role: "worker" }),
    });
    const drained = async (signal: AbortSignal): Promise<void> => {
      const isDone = async () => {
        const { claiming, running, settling } = await journal.counts();
        return claiming + running + settling === 0;
      };
      while (!signal.aborted && !(await isDone())) await sleep(drainLookMs, undefined, { signal }).catch(() => {});
    };
    const view: WorkerView = {
      async status() {
        const [counts, point] = await Promise.all([journal.counts(), journal.point()]);
        const nextBlock = point === undefined ? undefined : BigInt(point.nextBlock);
        const balanceWei = transactions.status().balance;
        const expectedRunMs = capacity.expectedMs();
        return {
          nodeId,
          signer,
          jobs: counts,
          underWay: jobs.underWay(),
          claims: claims(),
          nextBlock,
          expectedRunMs,
          balanceWei,
        };
      },
      async drain(signal) {
        closed ??= "draining";
        log.info("draining: no more jobs are claimed");
        await drained(signal === undefined ? stopping.signal : AbortSignal.any([signal, stopping.signal]));
      },
    };
    const following = followChain({
      source: endpoints,
      market: deployment.jobMarket,
      fromBlock: deployment.fromBlock,
      point: await journal.point(),
      confirmations: config.confirmations,
      pollMs: config.pollMs,
      untilNews,
      clock: systemClock,
      log,
      signal: stopping.signal,
      async deliver(batch) {
        if (batch.events.length > 0) worked();
        if (batch.events.some(({ type }) => type === "reorg")) key.lookNow();
        if (await takeNews(worker.journal, batch, { maxQueue: config.maxQueue, log })) jobs.wake();
      },
    });
    const keyEnded = key.ended.then(async (end) => {
      // Stopped by the signal: whoever gave it waits for nothing else.
      if (end === undefined) return new Promise<never>(() => {});
      closed = "keyEnds";
      log.warn(
        { signer, why: end.why },
        "the enclave must be replaced: no more jobs are claimed, and the daemon ends with exit code 75 so that its supervisor (systemd: Restart=on-failure) starts it with a fresh key",
      );
      if (!end.atOnce) await drained(AbortSignal.any([stopping.signal, AbortSignal.timeout(maxDrainMs)]));
      return end.why;
    });
    const finality = { ...context, confirmations: config.confirmations };
    const closing = watchFinality(finality, worker.journal, jobs.wake, stopping.signal);
    working = Promise.all([jobs.ended, following, closing, transactions.ended]).then(() => {});
    log.info({ nodeId, signer, isolation, openUntil }, "worker serves");
    worked();
    const ended = Promise.race([enclave.ended, keyEnded]);
    return {
      nodeId,
      signer,
      port: undefined,
      enclavePid: enclave.pid,
      enclave,
      client,
      ended,
      worker: view,
      renewed(until) {
        openUntil = until;
        jobs.wake();
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

const drainLookMs = 250;
