import { spawn } from "node:child_process";
import { PersonaError } from "@persona-protocol/sdk/errors";
import { type Isolation, isolated, sandboxNamespaces } from "../isolation.ts";
import {
  decodeAnswer,
  encodeJobHead,
  maxAnswerBytes,
  readyByte,
  type SandboxAnswer,
  type SandboxJob,
} from "../sandbox/sandboxWire.ts";
import { ownProgram, sealed, sealedFolder } from "../sealedProcess.ts";

/** `tables` are in the order of their heads in the job. */
export type SandboxWork = { readonly job: SandboxJob; readonly tables: readonly Uint8Array[] };

/** One warm process is kept ready; each serves one job and ends. */
export type SandboxPool = {
  /**
   * @param timeLimitMs by the wall clock, from when the sandbox is warm; what is longer is ended.
   * @throws PersonaError TIME_LIMIT_EXCEEDED and ENCLAVE_FAILED, which a host could have brought about; OUTPUT_TOO_LARGE when the
   * sandbox said more than it may
   */
  run(work: SandboxWork, timeLimitMs: number): Promise<SandboxAnswer>;
  /** Resolves when a sandbox is warm. */
  warm(): Promise<void>;
  close(): void;
};

/** What a sandbox runs, and all that it may read. */
export type SandboxCode = { readonly main: string; readonly readable: readonly string[] };

type Sandbox = {
  readonly ready: Promise<void>;
  answer(work: SandboxWork): Promise<SandboxAnswer>;
  kill(): void;
};

/** Memory of programs that a warm sandbox can serve; one that needs more gets one of its own. */
const warmMemoryMb = 512;
/** For Node, its engines and their threads, before a program has anything. */
const engineMemoryMb = 1_024;
/** All of a job's Parquet files. */
const filesMb = 1_024;
const startMs = 20_000;
/** Starting a process stops this one for some milliseconds. Who comes before this starts its own. */
const spareAfterMs = 20;
const pieceBytes = 1024 * 1024;

export function createSandboxPool(isolation: Isolation, code: SandboxCode): SandboxPool {
  /** The last job's: the next one is most likely of the same kind, and its sandbox prepares for it. */
  let kind: SandboxJob["kind"] = "sql";
  const start = (memoryMb = warmMemoryMb) => startSandbox(isolation, code, { memoryMb, kind });
  const running = new Set<Sandbox>();
  let warm: Sandbox | undefined = start();
  let closed = false;

  const spare = () => {
    if (!closed) warm ??= start();
  };

  const take = (memoryMb: number): Sandbox => {
    if (memoryMb > warmMemoryMb) return start(memoryMb);
    const sandbox = warm ?? start();
    warm = undefined;
    return sandbox;
  };

  return {
    async run(work, timeLimitMs) {
      if (closed) throw new PersonaError("ENCLAVE_FAILED", "The enclave ends.");
      ({ kind } = work.job);
      const sandbox = take(work.job.memoryMb);
      running.add(sandbox);
      try {
        await sandbox.ready;
        return await within(timeLimitMs, sandbox.answer(work));
      } finally {
        running.delete(sandbox);
        sandbox.kill();
        // The next one warms up after the answer: neither beside the running program, nor before what it said is sealed.
        setTimeout(spare, spareAfterMs);
      }
    },
    async warm() {
      warm ??= start();
      await warm.ready;
    },
    close() {
      closed = true;
      for (const sandbox of running) sandbox.kill();
      warm?.kill();
      warm = undefined;
    },
  };
}

async function within<value>(timeLimitMs: number, work: Promise<value>): Promise<value> {
  const { promise: tooLate, reject } = Promise.withResolvers<never>();
  const error = new PersonaError("TIME_LIMIT_EXCEEDED", "The program did not end in time.", { data: { timeLimitMs } });
  const timer = setTimeout(() => reject(error), timeLimitMs);
  try {
    return await Promise.race([work, tooLate]);
  } finally {
    clearTimeout(timer);
  }
}

type Prepared = { readonly memoryMb: number; readonly kind: SandboxJob["kind"] };

function startSandbox(isolation: Isolation, code: SandboxCode, prepared: Prepared): Sandbox {
  const [command = "", ...args] = commandOf(isolation, code, prepared);
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "ignore"], env: {} });
  const { stdin, stdout } = child;
  const { promise: ready, resolve: isReady, reject: notReady } = Promise.withResolvers<void>();
  const { promise: answered, resolve: answer, reject: notAnswered } = Promise.withResolvers<SandboxAnswer>();
  // Where nobody waits for it any more, it is no news.
  ready.catch(() => {});
  answered.catch(() => {});
  const fail = (error: PersonaError) => {
    notReady(error);
    notAnswered(error);
    child.kill("SIGKILL");
  };
  const timer = setTimeout(
    () => fail(new PersonaError("ENCLAVE_FAILED", "The sandbox did not start in time.")),
    startMs,
  );
  timer.unref();
  void ready.then(
    () => clearTimeout(timer),
    () => clearTimeout(timer),
  );

  let outputBytes = 0;
  let most = 0;
  let isWarm = false;
  let received = Buffer.alloc(0);
  stdout.on("data", (chunk: Buffer) => {
    if (!isWarm) {
      if (chunk[0] !== readyByte)
        return fail(new PersonaError("ENCLAVE_FAILED", "The sandbox began with something else."));
      isWarm = true;
      isReady();
    }
    const piece = received.length === 0 && most === 0 ? chunk.subarray(1) : chunk;
    if (received.length + piece.length > most) {
      // Before its job it has nothing to say.
      if (piece.length > 0)
        fail(new PersonaError(most === 0 ? "ENCLAVE_FAILED" : "OUTPUT_TOO_LARGE", "The sandbox says too much."));
      return;
    }
    received = Buffer.concat([received, piece]);
    const whole = decodeAnswer(received, outputBytes);
    if (whole === "broken") fail(new PersonaError("OUTPUT_TOO_LARGE", "The sandbox claims more than it may."));
    else if (whole !== undefined) answer(whole);
  });
  const gone = () => fail(new PersonaError("ENCLAVE_FAILED", "The sandbox ended without an answer."));
  stdout.on("close", gone);
  child.on("error", gone);
  // It may be gone while a job is being written.
  stdin.on("error", () => {});

  return {
    ready,
    answer(work) {
      const { job, tables } = work;
      outputBytes = job.outputBytes;
      most = maxAnswerBytes(job.outputBytes, job.maxRows);
      stdin.write(encodeJobHead(job));
      for (const table of tables)
        for (let at = 0; at < table.length; at += pieceBytes) stdin.write(table.subarray(at, at + pieceBytes));
      return answered;
    },
    kill() {
      stdin.destroy();
      stdout.destroy();
      child.kill("SIGKILL");
    },
  };
}

function commandOf(isolation: Isolation, { main, readable }: SandboxCode, { memoryMb, kind }: Prepared): string[] {
  const isSealed = isolation === "sealed";
  const folder = isSealed ? sealedFolder : "/dev/shm";
  const node = [
    process.execPath,
    "--permission",
    "--allow-addons",
    ...readable.map((path) => `--allow-fs-read=${path}`),
    `--allow-fs-read=${folder}/*`,
    `--allow-fs-write=${folder}/*`,
    "--max-old-space-size=512",
    // A module's frames, and an interpreter's: their own limits are within it.
    "--stack-size=60000",
    // Ten times V8's own: optimising QuickJS in the background cost a short script a third of its time, and is done for a long one soon enough.
    "--wasm-tiering-budget=100000000",
    "--no-warnings",
    main,
    isSealed ? sealedFolder : "",
    kind,
  ];
  if (!isSealed) return isolated(isolation, sandboxNamespaces, node);
  return sealed({ filesMb, memoryMb: engineMemoryMb + memoryMb, readable: [...ownProgram(), ...readable] }, node);
}
