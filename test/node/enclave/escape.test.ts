import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { allGone, descendantsOf, LOOK_MS, openFilesOf } from "../../../node/src/dev/processTree.ts";
import { enclaveBundle } from "../../../node/src/enclave/bundle/enclaveBundle.ts";
import { detectIsolation } from "../../../node/src/enclave/runtime/isolation.ts";
import { sandboxCodeOf } from "../../../node/src/enclave/runtime/measuredBundle.ts";
import { runUnderPolicy } from "../../../node/src/enclave/runtime/worker/runUnderPolicy.ts";
import { createSandboxPool, type SandboxPool } from "../../../node/src/enclave/runtime/worker/sandboxPool.ts";
import { duckParquet } from "../../helpers/duckParquet.ts";
import { createProgram } from "../../helpers/programs.ts";

const here = fileURLToPath(new URL("escape/", import.meta.url));
const compiler = ["cc", "gcc", "clang"].find(
  (name) => spawnSync(name, ["--version"], { stdio: "ignore" }).status === 0,
);
const isolation = detectIsolation();
const missing =
  compiler === undefined
    ? "no C compiler"
    : isolation === "sealed"
      ? undefined
      : `processes cannot be sealed here (${isolation})`;
const endless = "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT 1 FROM t) SELECT count(*)::BIGINT AS n FROM t";
/** As escape.c puts it together. */
const canary = ["canary", "of", "another", "job", "7f3a"].join("-");

describe("sealed sandbox", function () {
  this.timeout(120_000);
  if (missing !== undefined) {
    it.skip(`error: native code finds no key, no other job and no way out (skipped: ${missing})`);
    return;
  }
  let folder: string;
  let other: SandboxPool;
  let pids: readonly number[] = [];
  /** Lines of escape.c, by their first word. */
  let report: Map<string, string[]>;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "persona-escape-"));
    const library = join(folder, "escape.so");
    const source = join(here, "escape.c");
    const built = spawnSync(
      compiler ?? "",
      ["-shared", "-fPIC", "-O1", `-DSUPERVISOR=${process.pid}`, "-Wl,-z,nodelete", "-o", library, source, "-lpthread"],
      { encoding: "utf8" },
    );
    expect(built.status, built.stderr).to.equal(0);
    const main = join(folder, "escapeMain.mjs");
    await copyFile(join(here, "escapeMain.mjs"), main);

    // Another job, with data that must not be found, at work all the while.
    other = createSandboxPool(isolation, sandboxCodeOf(enclaveBundle().folder));
    const parquet = await duckParquet(`SELECT '${canary}' AS content FROM range(1000)`, "codec 'uncompressed'");
    const program = createProgram({ statement: endless, limits: { timeMs: 100_000, memoryMb: 64 } });
    void runUnderPolicy(
      other,
      { program, code: undefined, args: {}, tables: [{ table: "posts", owner: "aa", parquet }] },
      { minOwners: 1, maxBytes: 1_000 },
    ).catch(() => {});
    const isAtWork = (pid: number) => openFilesOf(pid).some((path) => path.startsWith("/data/"));
    while (!descendantsOf(process.pid).some(isAtWork)) await new Promise((resolve) => setTimeout(resolve, LOOK_MS));

    const pool = createSandboxPool(isolation, { main, readable: [main, library] });
    try {
      await pool.warm();
      pids = descendantsOf(process.pid);
      const job = {
        kind: "sql" as const,
        code: new TextEncoder().encode("SELECT 1"),
        args: {},
        tables: [],
        reads: [],
        maxRows: 1,
        memoryMb: 128,
        fuel: 0,
        outputBytes: 64 * 1024,
        countGroups: false,
      };
      const { result } = await pool.run({ job, tables: [] }, 60_000);
      const lines = new TextDecoder().decode(result).trimEnd().split("\n");
      const words = lines.map((line) => [line.split(" ", 1)[0] ?? "", line.slice(line.indexOf(" ") + 1)] as const);
      report = new Map();
      for (const [name, rest] of words) report.set(name, [...(report.get(name) ?? []), rest]);
    } finally {
      pool.close();
    }
  });
  after(async () => {
    other?.close();
    await allGone(pids);
    await rm(folder, { recursive: true, force: true });
  });

  const refused = (...names: readonly string[]) => {
    for (const name of names)
      expect(report.get(name)?.[0], name).to.be.oneOf([
        "EPERM",
        "ENOSYS",
        "ENOENT",
        "EROFS",
        "ESRCH",
        "EACCES",
        "ENOTDIR",
      ]);
  };

  it("error: no other file: neither the host's, nor another job's, nor one of the supervisor", () => {
    const files = report.get("file") ?? [];
    const isCode = (path: string) =>
      path === process.execPath || /\.(so(\.\d+)*|node)$/.test(path) || path.startsWith(folder);
    expect(files.filter((path) => !isCode(path) && path !== "/data/report")).to.deep.equal([]);
    expect(files.length).to.be.lessThan(20);
    expect(report.get("found")).to.deep.equal(["0"]);
    refused("open-passwd", "open-proc", "open-shm", "open-above", "write-code", "write-root");
  });

  it("error: nothing in its environment, its descriptors or its memory", () => {
    expect(report.get("environment")).to.equal(undefined);
    const inherited = (report.get("descriptor") ?? []).filter((line) => /^[012] /.test(line));
    expect(inherited).to.have.lengthOf(3);
    // What else is open is its own: event loop, pipes between its threads, this report. No file, socket or device of others.
    const sockets = (report.get("descriptor") ?? []).filter((line) => line.endsWith(" 140000"));
    expect(sockets.every((line) => /^[012] /.test(line))).to.equal(true);
    expect(report.get("memory-canaries")).to.deep.equal(["0"]);
  });

  it("error: no socket, no other process, no fork", () => {
    refused("socket-inet", "socket-unix", "socket-netlink", "socketpair");
    expect(report.get("pid")).to.deep.equal(["1"]);
    expect(report.get("parent")).to.deep.equal(["0"]);
    refused("kill-supervisor", "ptrace-supervisor", "read-supervisor", "fork", "vfork", "clone", "clone3");
  });

  it("error: no namespace, mount, device or capability", () => {
    refused(
      "unshare-user",
      "setns",
      "chroot",
      "mount",
      "umount",
      "pivot",
      "mount-setattr",
      "mknod",
      "setgroups",
      "raise-limit",
    );
    expect(report.get("no-new-privileges")).to.deep.equal(["1"]);
    expect(report.get("capability-bounding")).to.deep.equal(["0"]);
    if (process.arch === "x64") expect(report.get("seccomp")).to.deep.equal(["2"]);
    refused("memfd", "shmget", "shared-memory", "bpf", "io_uring", "keyctl", "perf", "userfaultfd", "newer-call");
  });

  it("error: memory, files and threads end within the limits", () => {
    expect(Number(report.get("memory-mib")?.[0])).to.be.within(64, 1_024 + 512);
    expect(Number(report.get("files-mib")?.[0])).to.be.within(1, 1_024);
    expect(Number(report.get("threads")?.[0])).to.be.within(1, 400);
  });

  it("behavior: it leaves no process and no file", async () => {
    const [root] = [process.pid];
    const left = descendantsOf(root).filter((pid) => openFilesOf(pid).some((path) => path.includes("report")));
    await allGone(left);
    expect(readdirSync("/dev/shm").filter((name) => name.startsWith("persona"))).to.deep.equal([]);
  });
});
