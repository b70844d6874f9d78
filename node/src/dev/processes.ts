import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { PersonaError } from "@persona-protocol/sdk/errors";

export type ManagedProcess = {
  readonly name: string;
  readonly pid: number;
  /** The first line of stdout that `isReady` accepts. @throws PersonaError PROCESS_FAILED when it ends before, or is too slow */
  readonly ready: Promise<string>;
  readonly running: () => boolean;
  stop(): Promise<void>;
};

/** The processes of one network: each with a log file, and none outlives us. */
export type Processes = {
  start(options: StartOptions): ManagedProcess;
  /** Ends all, what was started first (the chain) last. */
  stopAll(): Promise<void>;
  pids(): readonly { readonly name: string; readonly pid: number }[];
};

type StartOptions = {
  readonly name: string;
  readonly command: readonly string[];
  readonly isReady: (line: string) => boolean;
  readonly readyTimeoutMs: number;
  readonly env?: NodeJS.ProcessEnv;
};

const stopTimeoutMs = 5_000;
/** The kernel ends the child when we die, however we die; where this tool is missing, only our own clean-up does. */
const withLifeline = spawnSync("setpriv", ["--pdeathsig", "TERM", "true"], { stdio: "ignore" }).status === 0;

export function createProcesses(logDir: string): Processes {
  const started: ManagedProcess[] = [];
  let closed = false;
  return {
    start(options) {
      if (closed) throw new PersonaError("CANCELLED", "The network is being closed.");
      const managed = startProcess(options, join(logDir, `${options.name}.log`));
      started.push(managed);
      return managed;
    },
    async stopAll() {
      closed = true;
      // Nodes first: a chain that goes away under them makes them complain.
      const [chain, ...nodes] = started;
      await Promise.all(nodes.map((node) => node.stop()));
      await chain?.stop();
    },
    pids: () => started.map(({ name, pid }) => ({ name, pid })),
  };
}

function startProcess(options: StartOptions, logFile: string): ManagedProcess {
  const { name, isReady, readyTimeoutMs, env = process.env } = options;
  const [command = "", ...args] = withLifeline
    ? ["setpriv", "--pdeathsig", "TERM", ...options.command]
    : options.command;
  const log = createWriteStream(logFile, { mode: 0o600 });
  // Its own process group: the terminal's Ctrl-C comes to us, and we end our children in order.
  const child: ChildProcess = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], env, detached: true });
  const { stdout, stderr, pid } = child;
  if (stdout === null || stderr === null || pid === undefined)
    throw new PersonaError("PROCESS_FAILED", `${name} did not start.`);
  stdout.pipe(log, { end: false });
  stderr.pipe(log, { end: false });

  let running = true;
  const ended = new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("exit", (code, signal) => resolve(signal ?? `exit code ${code}`));
  });
  void ended.then(() => {
    running = false;
    log.end();
  });

  const ready = new Promise<string>((resolve, reject) => {
    const fail = (how: string) =>
      reject(new PersonaError("PROCESS_FAILED", `${name} is not ready: ${how}.`, { data: { name, log: logFile } }));
    const timer = setTimeout(() => fail(`it took longer than ${readyTimeoutMs} ms`), readyTimeoutMs);
    const lines = createInterface({ input: stdout });
    lines.on("line", (line) => {
      if (!isReady(line)) return;
      clearTimeout(timer);
      lines.close();
      // Closing the reader pauses the stream it read; the log still wants the rest.
      stdout.resume();
      resolve(line);
    });
    void ended.then((how) => {
      clearTimeout(timer);
      fail(how);
    });
  });
  ready.catch(() => {}); // Whoever waits for it hears of it; nobody has to.

  return {
    name,
    pid,
    ready,
    running: () => running,
    async stop() {
      if (running) child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), stopTimeoutMs);
      await ended;
      clearTimeout(timer);
    },
  };
}
