import { rmSync, statSync } from "node:fs";
import { chmod, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { PersonaError } from "@persona-protocol/sdk/errors";
import { closeServer } from "../listen.ts";
import { askDaemon } from "./askDaemon.ts";
import { lockFile } from "./lockFile.ts";
import { shortSocketPath } from "./socketPath.ts";

/** What `persona node status`, `drain` and `exit` may ask of the running daemon; answers are JSON. */
export type AdminRoutes = {
  status(): Promise<object>;
  /** Begins, and does not wait. */
  drain(): void;
  /** Ends the daemon gracefully, as a signal does. */
  stop(): void;
};

/**
 * Listens at a Unix socket that only this user may open: whoever can, could read the node's keys' files as well. With the file
 * `….lock` beside it, it is the lock of the data directory, too: two daemons over one journal would claim and settle each other's jobs.
 * @throws PersonaError NODE_RUNNING when another daemon holds the lock or answers there, CONFIG_INVALID
 */
export async function startAdminServer(path: string, routes: AdminRoutes): Promise<{ close(): Promise<void> }> {
  const isRunning = () =>
    new PersonaError("NODE_RUNNING", "Another daemon runs over this data directory.", { data: { socket: path } });
  let lock: ReturnType<typeof lockFile>;
  try {
    lock = lockFile(`${path}.lock`);
  } catch (cause) {
    throw cannotOpen(path, cause);
  }
  if (lock === undefined) throw isRunning();
  try {
    // One of a build that knew no lock.
    if (await someoneAnswers(path)) throw isRunning();
    const { close } = await listenAt(path, routes);
    return { close: () => close().finally(lock.release) };
  } catch (error) {
    lock.release();
    throw error;
  }
}

async function listenAt(path: string, routes: AdminRoutes): Promise<{ close(): Promise<void> }> {
  // What a killed daemon left; nobody else is here between this and the next.
  await rm(path, { force: true });
  const server = createServer({ connectionsCheckingInterval: 1_000 }, (request, response) => {
    request.resume();
    const end = (status: number, body: object) =>
      response.writeHead(status, { "content-type": "application/json" }).end(`${JSON.stringify(body)}\n`);
    switch (`${request.method} ${request.url}`) {
      case "GET /status":
        routes.status().then(
          (body) => end(200, body),
          () => end(500, {}),
        );
        return;
      case "POST /drain":
        routes.drain();
        end(202, {});
        return;
      case "POST /stop":
        routes.stop();
        end(202, {});
        return;
      default:
        end(404, {});
    }
  });
  server.requestTimeout = 5_000;
  const shortened = shortSocketPath(path);
  try {
    await bind(server, shortened.path);
    await chmod(path, 0o600);
  } finally {
    shortened.close();
  }
  const { ino } = statSync(path);
  return {
    async close() {
      await closeServer(server);
      // Node has removed it by its name, unless that was the handle's; another daemon's stays.
      if (statSync(path, { throwIfNoEntry: false })?.ino === ino) rmSync(path, { force: true });
    },
  };
}

async function someoneAnswers(path: string): Promise<boolean> {
  try {
    await askDaemon(path, "GET", "/status");
    return true;
  } catch (error) {
    if (error instanceof PersonaError && error.code === "NODE_NOT_RUNNING") return false;
    throw error;
  }
}

function bind(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (cause) => reject(cannotOpen(path, cause)));
    // Made for its owner alone from the first instant, not only after the chmod.
    const before = process.umask(0o177);
    server.listen(path, resolve);
    process.umask(before);
  });
}

function cannotOpen(path: string, cause: unknown): PersonaError {
  const why = cause instanceof Error ? cause.message : "unknown";
  return new PersonaError("CONFIG_INVALID", `The admin socket cannot be opened: ${why}.`, {
    data: { socket: path },
    cause,
  });
}
