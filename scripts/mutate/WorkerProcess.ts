import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { ToolError } from "../command/ToolError.ts";
import { cpuSeconds } from "./cpuSeconds.ts";
import type { PreparedTests, PrepareTask, Verdict, WorkerSetup, WorkerTask } from "./workerMessages.ts";

type Stopped = { readonly status: "timeout" | "crashed"; readonly by: readonly string[] };
/** A verdict, or why there is none. `passed` is not the last word: the random tests are left. */
export type Finding = Verdict | Stopped;
export type Judgement = (Verdict & { readonly status: Exclude<Verdict["status"], "passed"> }) | Stopped;

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

  judge(task: WorkerTask): Promise<Finding> {
    return this.#ask(task, this.#cpuLimit);
  }

  /** @throws ToolError when tests fail, or cannot be compiled */
  async prepare(task: PrepareTask): Promise<PreparedTests> {
    const answer = await this.#ask<PreparedTests | Stopped>(task, Number.POSITIVE_INFINITY);
    const failed = "status" in answer ? answer.by : answer.failed;
    if ("status" in answer || failed.length > 0) {
      throw new ToolError(`${failed.join("\n")}\n\nThe Solidity tests must pass before mutants can be judged.`);
    }
    return answer;
  }

  close(): void {
    this.#child?.kill("SIGKILL");
    this.#child = undefined;
  }

  #ask<Answer>(task: WorkerTask | PrepareTask, cpuLimit: number): Promise<Answer | Stopped> {
    const child = this.#start();
    return new Promise((resolve) => {
      const end = (answer: Answer | Stopped) => {
        clearInterval(timer);
        child.removeAllListeners("message").removeAllListeners("close");
        resolve(answer);
      };
      const pid = child.pid ?? 0;
      const before = cpuSeconds(pid) ?? 0;
      const timer = setInterval(() => {
        if ((cpuSeconds(pid) ?? 0) - before < cpuLimit) return;
        this.close();
        end({ status: "timeout", by: [] });
      }, 1_000);
      child.once("message", (answer: Answer) => end(answer));
      child.once("close", () => {
        this.#child = undefined;
        end({ status: "crashed", by: [this.#said.trim().slice(-1_000)] });
      });
      child.send(task);
    });
  }

  #start(): ChildProcess {
    if (this.#child !== undefined) return this.#child;
    this.#said = "";
    const child = fork(fileURLToPath(new URL("worker.ts", import.meta.url)), {
      cwd: this.#root,
      env: { ...process.env, HARDHAT_CONFIG: "hardhat.test.config.ts" },
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
