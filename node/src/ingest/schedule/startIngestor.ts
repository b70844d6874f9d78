import { createServer, type Server } from "node:http";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { PersonaError } from "@persona-protocol/sdk/errors";
import type { Logger } from "pino";
import { type Clock, systemClock } from "../../chain/clock.ts";
import { openScheduleJournal, type ScheduleJournal } from "./scheduleJournal.ts";
import { runSchedule, type SourceRunner } from "./scheduler.ts";
import type { TokenKeeper } from "./tokenRefresh.ts";

export type Ingestor = {
  readonly journal: ScheduleJournal;
  /** Where a newer version may be asked for; undefined where nowhere. */
  readonly port: number | undefined;
  /** Rejects when the journal takes nothing any more. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
};

/** Who asks for a newer version of a dataset gets one at most so often. */
const refreshEveryMs = 60_000;
const maxBodyBytes = 1_024;

/**
 * The ingestor's duty: one process at a time runs the schedule in this folder.
 * @throws PersonaError NODE_RUNNING, JOURNAL_UNUSABLE, PORT_IN_USE
 */
export async function startIngestor(options: {
  readonly dir: string;
  readonly runner: SourceRunner;
  readonly log: Pick<Logger, "info" | "warn" | "error">;
  readonly tokens?: TokenKeeper;
  readonly clock?: Clock;
  /** Loopback; without it nobody can ask. */
  readonly port?: number | undefined;
  /** How soon what another process has changed is seen. */
  readonly lookMs?: number;
}): Promise<Ingestor> {
  const { dir, runner, log, tokens, clock = systemClock, lookMs } = options;
  const lock = takeLock(join(dir, "schedule.lock"));
  const stop = new AbortController();
  try {
    const journal = openScheduleJournal(join(dir, "schedule.sqlite"));
    const poke = createPoke(clock);
    const server =
      options.port === undefined ? undefined : await serve(options.port, { journal, clock, poke: poke.now });
    const ended = runSchedule({ journal, clock: poke.clock, runner, tokens, log, lookMs }, stop.signal).finally(() => {
      journal.close();
      lock.close();
    });
    return {
      journal,
      port: server?.port,
      ended,
      async stop() {
        await server?.close();
        stop.abort();
        await ended;
      },
    };
  } catch (error) {
    lock.close();
    throw error;
  }
}

/** The system lets go of it when the process ends, however that is. */
function takeLock(file: string): DatabaseSync {
  const db = new DatabaseSync(file);
  try {
    db.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
    return db;
  } catch (cause) {
    db.close();
    throw new PersonaError("NODE_RUNNING", "Another process runs this folder's schedule.", { data: { file }, cause });
  }
}

/** A clock whose sleepers can be woken: somebody has asked, and the schedule is to look at once. */
function createPoke(clock: Clock) {
  let poked = new AbortController();
  return {
    now(): void {
      poked.abort();
      poked = new AbortController();
    },
    clock: {
      now: () => clock.now(),
      sleep: (ms: number, signal?: AbortSignal) =>
        clock.sleep(ms, signal === undefined ? poked.signal : AbortSignal.any([signal, poked.signal])),
    } satisfies Clock,
  };
}

/**
 * `POST /refresh` with `{"datasetId": "0x…"}`: its sources are due now. Whoever asks learns only whether that was taken, and can make a person's
 * account be read once a minute at most.
 */
async function serve(
  port: number,
  { journal, clock, poke }: { readonly journal: ScheduleJournal; readonly clock: Clock; readonly poke: () => void },
): Promise<{ readonly port: number; close(): Promise<void> }> {
  const asked = new Map<string, number>();
  const refresh = (datasetId: string): number => {
    const sources = journal.sources().filter((source) => source.datasetId === datasetId);
    if (sources.length === 0) return 404;
    const now = clock.now();
    if (now - (asked.get(datasetId) ?? Number.NEGATIVE_INFINITY) < refreshEveryMs) return 429;
    asked.set(datasetId, now);
    for (const { id } of sources) journal.hasten(id, now);
    poke();
    return 202;
  };
  const server: Server = createServer((request, response) => {
    const answer = (status: number): void => {
      response.writeHead(status, { connection: "close" }).end();
    };
    if (request.method !== "POST" || request.url !== "/refresh") {
      answer(404);
      return;
    }
    let body = "";
    request.setEncoding("utf8");
    request.on("data", (piece: string) => {
      body += piece;
      if (body.length > maxBodyBytes) request.destroy();
    });
    request.on("end", () => answer(refresh(datasetIdIn(body))));
  });
  server.requestTimeout = 10_000;
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) =>
      reject(new PersonaError("PORT_IN_USE", "The port cannot be listened on.", { data: { port }, cause })),
    );
    server.listen(port, "127.0.0.1", resolve);
  });
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : port,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

function datasetIdIn(body: string): string {
  try {
    const value: unknown = JSON.parse(body);
    const id = typeof value === "object" && value !== null && "datasetId" in value ? value.datasetId : undefined;
    return typeof id === "string" ? id.toLowerCase() : "";
  } catch {
    return "";
  }
}
