import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Program, ProgramArgs, ResultRow } from "@persona-protocol/sdk/compute";
import { isPersonaError, PersonaError } from "@persona-protocol/sdk/errors";
import { type Isolation, isolated, sandboxNamespaces } from "../isolation.ts";
import { createPeer, type Peer } from "../peer.ts";

export type SandboxTable = { readonly table: string; readonly owner: string; readonly parquet: Uint8Array };

/** One warm process is kept ready; each serves one job and ends. */
export type SandboxPool = {
  /** @throws PersonaError PROGRAM_INVALID, PROGRAM_FAILED, LIMIT_EXCEEDED, OUTPUT_POLICY_VIOLATED */
  run(program: Program, args: ProgramArgs, tables: readonly SandboxTable[]): Promise<readonly ResultRow[]>;
  close(): void;
};

type Sandbox = { readonly peer: Peer; kill(): void };

const main = fileURLToPath(new URL("../sandbox/sandboxMain.ts", import.meta.url));
const pieceBytes = 8 * 1024 * 1024;

export function createSandboxPool(isolation: Isolation, root: string): SandboxPool {
  let warm: Sandbox | undefined = startSandbox(isolation, root);
  let closed = false;
  const take = (): Sandbox => {
    const sandbox = warm ?? startSandbox(isolation, root);
    warm = undefined;
    return sandbox;
  };
  return {
    async run(program, args, tables) {
      const sandbox = take();
      try {
        return await runIn(sandbox, program, args, tables);
      } finally {
        sandbox.kill();
        // The next one warms up after the answer, not beside the running program.
        if (!closed && warm === undefined) warm = startSandbox(isolation, root);
      }
    },
    close() {
      closed = true;
      warm?.kill();
    },
  };
}

async function runIn(
  { peer }: Sandbox,
  program: Program,
  args: ProgramArgs,
  tables: readonly SandboxTable[],
): Promise<readonly ResultRow[]> {
  for (const { table, owner, parquet } of tables) {
    const handle = await peer.call("open", { table, owner }, { timeoutMs: 10_000 });
    for (let at = 0; at < parquet.length; at += pieceBytes) {
      await peer.call("append", { handle, bytes: parquet.subarray(at, at + pieceBytes) }, { timeoutMs: 10_000 });
    }
  }
  const { timeMs, memoryMb } = program.limits;
  const request = { statement: program.statement, args, maxRows: program.result.maxRows, memoryMb };
  const timeout = new PersonaError("LIMIT_EXCEEDED", `The program ran longer than ${timeMs} ms.`);
  const { promise: tooLate, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(timeout), timeMs);
  try {
    const rows = await Promise.race([peer.call("run", request), tooLate]);
    if (!Array.isArray(rows))
      throw new PersonaError("PROGRAM_FAILED", "The sandbox answered with something else than rows.");
    return rows;
  } catch (error) {
    // The door closed: the process died under the program (out of memory, a crash of the engine).
    if (isPersonaError(error, "ENCLAVE_FAILED"))
      throw new PersonaError("LIMIT_EXCEEDED", "The program's process died.", { cause: error });
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

function startSandbox(isolation: Isolation, root: string): Sandbox {
  const node = [
    process.execPath,
    "--permission",
    "--allow-addons",
    `--allow-fs-read=${root}/*`,
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
