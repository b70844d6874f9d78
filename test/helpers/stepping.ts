import { spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const script = fileURLToPath(new URL("steppedWorker.ts", import.meta.url));

/** A worker daemon that can be ended, or held, at a point between two of its steps (steppedWorker.ts). */
export type SteppedWorker = {
  /** Address of its enclave's key. */
  readonly signer: string;
  /** @returns when it is armed */
  arm(at: string, what: "kill" | "hold"): Promise<void>;
  /** Resolves when it stands still at the armed point. */
  held(): Promise<void>;
  go(): void;
  /** Resolves with the signal or the exit code. */
  readonly ended: Promise<string>;
  stop(): Promise<void>;
};

type Line = { readonly ready?: number; readonly signer?: string; readonly armed?: string; readonly holds?: string };

/** Starts a worker that ends itself at this point, perhaps before it serves. @returns the signal, or the exit code */
export async function dieStepped(config: string, at: string): Promise<string> {
  const child = spawn(process.execPath, ["--no-warnings", script, config, at], { stdio: ["pipe", "ignore", "ignore"] });
  const [code, signal] = await once(child, "exit");
  return String(signal ?? code);
}

export async function startStepped(config: string, logFile: string): Promise<SteppedWorker> {
  const child = spawn(process.execPath, ["--no-warnings", script, config], { stdio: ["pipe", "pipe", "pipe"] });
  child.stderr.pipe(createWriteStream(logFile, { flags: "a" }));
  let last = "";
  child.stderr.on("data", (chunk) => {
    last = `${last}${chunk}`.slice(-600);
  });
  const lines = createInterface({ input: child.stdout });
  const heard: Line[] = [];
  const waiting: { readonly wanted: (line: Line) => boolean; resolve(line: Line): void; reject(error: Error): void }[] =
    [];
  const ended = once(child, "exit").then(([code, signal]) => String(signal ?? code));
  lines.on("line", (text) => {
    const line = JSON.parse(text) as Line;
    const at = waiting.findIndex(({ wanted }) => wanted(line));
    if (at < 0) heard.push(line);
    else waiting.splice(at, 1)[0]?.resolve(line);
  });
  void ended.then((how) => {
    for (const { reject } of waiting) reject(new Error(`the worker has ended: ${how}\n${last}`));
  });
  const line = (wanted: (line: Line) => boolean): Promise<Line> => {
    const at = heard.findIndex(wanted);
    const [known] = at < 0 ? [] : heard.splice(at, 1);
    if (known !== undefined) return Promise.resolve(known);
    return new Promise((resolve, reject) => waiting.push({ wanted, resolve, reject }));
  };
  const say = (value: object) => child.stdin.write(`${JSON.stringify(value)}\n`);
  // Nobody reads what is written to a process that has ended.
  child.stdin.on("error", () => {});
  const { signer = "" } = await line(({ ready }) => ready !== undefined);
  return {
    signer,
    async arm(at, what) {
      say({ at, do: what });
      await line(({ armed }) => armed === at);
    },
    held: async () => void (await line(({ holds }) => holds !== undefined)),
    go: () => void say({ go: true }),
    ended,
    async stop() {
      child.kill("SIGTERM");
      await ended;
    },
  };
}
