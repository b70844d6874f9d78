import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { cpuSeconds } from "./cpuSeconds.ts";
import type { Verdict, WorkerSetup, WorkerTask } from "./workerMessages.ts";

export type Judgement = Verdict | { readonly status: "timeout" | "crashed"; readonly by: readonly string[] };

/** A worker that can be killed: a mutant may loop for ever, and then nothing in its process can be stopped. */
export class WorkerProcess {
  readonly #root: string;
  readonly #setup: WorkerSetup;
  /** In seconds of computing, on all cores. */
  readonly #cpuLimit: number;
  #child: ChildProcess | undefined;
  #said = "";

  constructor(options: { readonly root: string; readonly setup: WorkerSetup; readonly cpuLimit: number }) {
    this.#root = options.root;
    this.#setup = options.setup;
    this.#cpuLimit = options.cpuLimit;
  }

  judge(task: WorkerTask): Promise<Judgement> {
    const child = this.#start();
    return new Promise((resolve) => {
      const end = (judgement: Judgement) => {
        clearInterval(timer);
        child.removeAllListeners("message").removeAllListeners("close");
        resolve(judgement);
      };
      const pid = child.pid ?? 0;
      const before = cpuSeconds(pid) ?? 0;
      const timer = setInterval(() => {
        if ((cpuSeconds(pid) ?? 0) - before < this.#cpuLimit) return;
        this.close();
        end({ status: "timeout", by: [] });
      }, 1_000);
      child.once("message", (verdict: Verdict) => end(verdict));
      child.once("close", () => {
        this.#child = undefined;
        end({ status: "crashed", by: [this.#said.trim().slice(-1_000)] });
      });
      child.send(task);
    });
  }

  close(): void {
    this.#child?.kill("SIGKILL");
    this.#child = undefined;
  }

  #start(): ChildProcess {
    if (this.#child !== undefined) return this.#child;
    this.#said = "";
    const child = fork(fileURLToPath(new URL("worker.ts", import.meta.url)), {
      cwd: this.#root,
      env: {
        ...process.env,
        HARDHAT_CONFIG: "hardhat.test.config.ts",
        PERSONA_TEST_ARTIFACTS: this.#setup.artifacts,
      },
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#said += text;
    });
    child.send(this.#setup);
    this.#child = child;
    return child;
  }
}
