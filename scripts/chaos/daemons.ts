import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import type { NodeConfig } from "../../node/src/config/nodeConfig.ts";
import { commandOf, descendantsOf, enclaveIn } from "../../node/src/dev/processTree.ts";
import { repositoryRoot } from "../../node/src/dev/repositoryRoot.ts";
import { type Daemon, daemonNames } from "./schedule.ts";

type Part = "daemon" | "enclave" | "sandbox";

/** What starts daemons again when they end, as systemd does: never after exit codes 1 and 2. */
export type Supervisor = {
  /** Ends it at once, by SIGKILL; a daemon is started again after `downMs`. */
  kill(name: Daemon, part: Part, downMs?: number): void;
  /** Stops all, gracefully, and starts them again with other settings. */
  restart(change: (name: Daemon) => Partial<NodeConfig>): Promise<void>;
  /** Resolves when all serve. @throws when one does not within the time */
  allServe(timeoutMs: number): Promise<void>;
  /** Graceful; nothing is started again. */
  stop(): Promise<void>;
  /** Daemons that ended so that nothing starts them again, and stops that did not come to an end by themselves. */
  readonly complaints: readonly string[];
  readonly starts: () => number;
};

type State = { child: ChildProcess | undefined; serves: boolean; downMs: number; ended: Promise<void> };

const restartMs = 300;
/** As long as a daemon gives itself, and what follows. */
const stopMs = 45_000;

export function superviseDaemons(runDir: string, log: (text: string) => void): Supervisor {
  const complaints: string[] = [];
  const states = new Map<Daemon, State>(
    daemonNames.map((name) => [name, { child: undefined, serves: false, downMs: 0, ended: Promise.resolve() }]),
  );
  const stateOf = (name: Daemon): State => {
    const state = states.get(name);
    if (state === undefined) throw new RangeError(name);
    return state;
  };
  let starts = 0;
  /** Counts up with each wanted stop: who was started before is not started again. */
  let era = 0;

  const start = (name: Daemon): void => {
    const state = stateOf(name);
    const startedIn = era;
    const child = spawnDaemon(runDir, name);
    starts += 1;
    state.child = child;
    state.serves = false;
    if (child.stdout !== null)
      createInterface({ input: child.stdout }).on("line", (line) => {
        if (line.includes('"nodeId"')) state.serves = true;
      });
    state.ended = once(child, "exit").then(async ([code, signal]) => {
      state.child = undefined;
      state.serves = false;
      if (startedIn !== era) {
        // It was asked to stop.
        if (code !== 0 && code !== 75) complaints.push(`${name} stopped with ${signal ?? code}`);
        return;
      }
      if (code !== null && code !== 75) {
        complaints.push(`${name} ended with exit code ${code}: nothing starts it again`);
        log(`${name} ended with exit code ${code}`);
        return;
      }
      log(`${name} ended (${signal ?? code})`);
      const waitMs = state.downMs || restartMs;
      state.downMs = 0;
      await sleep(waitMs);
      if (startedIn === era) start(name);
    });
  };
  const stop = async (): Promise<void> => {
    era += 1;
    await Promise.all(
      [...states].map(async ([name, state]) => {
        const { child } = state;
        if (child === undefined) return;
        child.kill("SIGTERM");
        const timer = setTimeout(() => {
          complaints.push(`${name} did not stop within ${stopMs / 1_000} seconds`);
          child.kill("SIGKILL");
        }, stopMs);
        await state.ended;
        clearTimeout(timer);
      }),
    );
  };

  return {
    complaints,
    starts: () => starts,
    kill(name, part, downMs = 0) {
      const state = stateOf(name);
      const pid = state.child?.pid;
      if (pid === undefined) return;
      if (part === "daemon") state.downMs = downMs;
      killQuietly(part === "daemon" ? pid : partOf(pid, part));
    },
    async restart(change) {
      await stop();
      for (const name of daemonNames) {
        const file = configFileOf(runDir, name);
        const config = JSON.parse(await readFile(file, "utf8")) as object;
        await writeFile(file, JSON.stringify({ ...config, ...change(name) }, null, 2));
      }
      for (const name of daemonNames) start(name);
    },
    async allServe(timeoutMs) {
      const deadline = AbortSignal.timeout(timeoutMs);
      for (;;) {
        const missing = daemonNames.filter((name) => !stateOf(name).serves);
        if (missing.length === 0) return;
        if (deadline.aborted) throw new Error(`after ${timeoutMs / 1_000} s these do not serve: ${missing.join(", ")}`);
        await sleep(50);
      }
    },
    stop,
  };
}

const configFileOf = (runDir: string, name: Daemon): string => join(runDir, name, "config.json");

function spawnDaemon(runDir: string, name: Daemon): ChildProcess {
  const persona = join(repositoryRoot, "node/src/cli/persona.ts");
  const command = [process.execPath, "--no-warnings", persona, "node", "start", "--config", configFileOf(runDir, name)];
  // The kernel ends it when the harness dies, however that dies.
  const child = spawn("setpriv", ["--pdeathsig", "KILL", ...command, "--json"], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, NODE_COMPILE_CACHE: join(repositoryRoot, ".cache/node") },
    detached: true,
  });
  child.stderr.pipe(createWriteStream(join(runDir, "logs", `${name}.log`), { flags: "a", mode: 0o600 }));
  return child;
}

/** The enclave, or one of the sandboxes below it; undefined where there is none just now. */
function partOf(pid: number, part: Exclude<Part, "daemon">): number | undefined {
  try {
    const enclave = enclaveIn(pid);
    if (part === "enclave") return enclave;
    return descendantsOf(enclave).find((one) => commandOf(one).some((word) => word.endsWith("sandbox.cjs")));
  } catch {
    return undefined; // It is starting.
  }
}

function killQuietly(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended by itself meanwhile.
  }
}
