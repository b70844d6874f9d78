import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import type { Program, ProgramArgs, ResultRow } from "@persona-protocol/sdk/compute";
import { isPersonaError, PersonaError } from "@persona-protocol/sdk/errors";
import { type Isolation, isolated, sandboxNamespaces } from "../isolation.ts";
import { bundleMains, readBundle, sandboxFilesOf } from "../measuredBundle.ts";
import { createPeer, type Peer } from "../peer.ts";

export type SandboxTable = { readonly table: string; readonly owner: string; readonly parquet: Uint8Array };

/** One warm process is kept ready; each serves one job and ends. */
export type SandboxPool = {
  /**
   * @param timeLimitMs by the wall clock; what is longer is ended.
   * @throws PersonaError PROGRAM_INVALID, PROGRAM_FAILED, LIMIT_EXCEEDED, OUTPUT_POLICY_VIOLATED, which prove something about
   * the program, or TIME_LIMIT_EXCEEDED and ENCLAVE_FAILED, which a host could have brought about.
   */
  run(
    program: Program,
    args: ProgramArgs,
    tables: readonly SandboxTable[],
    timeLimitMs?: number,
  ): Promise<readonly ResultRow[]>;
  close(): void;
};

type Sandbox = { readonly peer: Peer; kill(): void };

const pieceBytes = 8 * 1024 * 1024;

/** @param folder the enclave's bundle, whose files the caller has compared with what was measured */
export function createSandboxPool(isolation: Isolation, folder: string): SandboxPool {
  const readable = sandboxFilesOf(readBundle(folder).files).map((file) => join(folder, file));
  const start = () => startSandbox(isolation, join(folder, bundleMains.sandbox), readable);
  const running = new Set<Sandbox>();
  let warm: Sandbox | undefined = start();
  let closed = false;
  return {
    async run(program, args, tables, timeLimitMs = program.limits.timeMs) {
      const sandbox = warm ?? start();
      warm = undefined;
      running.add(sandbox);
      try {
        return await runIn(sandbox, program, args, tables, timeLimitMs);
      } finally {
        running.delete(sandbox);
        sandbox.kill();
        // The next one warms up after the answer, not beside the running program.
        if (!closed && warm === undefined) warm = start();
      }
    },
    close() {
      closed = true;
      for (const sandbox of running) sandbox.kill();
      warm?.kill();
    },
  };
}

async function runIn(
  { peer }: Sandbox,
  program: Program,
  args: ProgramArgs,
  tables: readonly SandboxTable[],
  timeLimitMs: number,
): Promise<readonly ResultRow[]> {
  const { memoryMb } = program.limits;
  const request = { statement: program.statement, args, maxRows: program.result.maxRows, memoryMb };
  const { promise: tooLate, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () =>
      reject(new PersonaError("TIME_LIMIT_EXCEEDED", "The program did not end in time.", { data: { timeLimitMs } })),
    timeLimitMs,
  );
  try {
    await Promise.race([fill(peer, tables), tooLate]);
    const rows = await Promise.race([peer.call("run", request), tooLate]);
    if (!Array.isArray(rows))
      throw new PersonaError("ENCLAVE_FAILED", "The sandbox answered with something else than rows.");
    return rows;
  } catch (error) {
    throw isPersonaError(error, "TIME_LIMIT_EXCEEDED") ? error : verdictOf(error);
  } finally {
    clearTimeout(timer);
  }
}

async function fill(peer: Peer, tables: readonly SandboxTable[]): Promise<void> {
  for (const { table, owner, parquet } of tables) {
    const handle = await peer.call("open", { table, owner }, { timeoutMs: 10_000 });
    for (let at = 0; at < parquet.length; at += pieceBytes) {
      await peer.call("append", { handle, bytes: parquet.subarray(at, at + pieceBytes) }, { timeoutMs: 10_000 });
    }
  }
}

/** What the sandbox may say of the program. */
const verdicts = ["PROGRAM_INVALID", "PROGRAM_FAILED", "LIMIT_EXCEEDED", "OUTPUT_POLICY_VIOLATED"] as const;

/**
 * A new error with a code and nothing else: the sandbox holds plaintext, and whoever has broken out of the engine writes its
 * messages. A process that died proves nothing either: hosts can kill.
 */
function verdictOf(error: unknown): PersonaError {
  const code = verdicts.find((verdict) => isPersonaError(error, verdict));
  return code === undefined
    ? new PersonaError("ENCLAVE_FAILED", "The sandbox ended without an answer.")
    : new PersonaError(code, "The program failed.");
}

function startSandbox(isolation: Isolation, main: string, readable: readonly string[]): Sandbox {
  const node = [
    process.execPath,
    "--permission",
    "--allow-addons",
    ...readable.map((path) => `--allow-fs-read=${path}`),
    "--allow-fs-read=/dev/shm/*",
    "--allow-fs-write=/dev/shm/*",
    "--max-old-space-size=512",
    "--no-warnings",
    main,
  ];
  const [command = "", ...args] = isolated(isolation, sandboxNamespaces, node);
  const child: ChildProcess = spawn(command, args, { stdio: ["pipe", "pipe", "ignore"], env: {} });
  const { stdin, stdout } = child;
  if (stdin === null || stdout === null)
    throw new PersonaError("ENCLAVE_FAILED", "The sandbox started without its door.");
  child.on("error", () => stdout.destroy());
  const peer = createPeer({ input: stdout, output: stdin, methods: {} });
  return {
    peer,
    kill() {
      peer.close();
      child.kill("SIGKILL");
    },
  };
}
