/** The admin socket as the lock of a data directory. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { startAdminServer } from "../../../node/src/operations/adminServer.ts";
import { askDaemon } from "../../../node/src/operations/askDaemon.ts";
import { lockFile } from "../../../node/src/operations/lockFile.ts";
import { expectError } from "../../helpers/errors.ts";

const routes = { status: async () => ({ pid: process.pid }), drain() {}, stop() {} };

/** A program that takes the lock as `got`, if it can. */
function codeThat(path: string, then: string): string {
  const module = fileURLToPath(new URL("../../../node/src/operations/lockFile.ts", import.meta.url));
  return `const { lockFile } = await import(${JSON.stringify(module)}); const got = lockFile(${JSON.stringify(path)}); ${then};`;
}

describe("startAdminServer", () => {
  let folder: string;
  let socket: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "persona-admin-"));
    socket = join(folder, "admin.sock");
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it("default: answers at a socket of its user alone, and leaves none behind", async () => {
    const server = await startAdminServer(socket, routes);
    expect(await askDaemon(socket, "GET", "/status")).to.deep.equal({ pid: process.pid });
    for (const path of [socket, `${socket}.lock`]) expect((await stat(path)).mode & 0o077, path).to.equal(0);
    await server.close();
    await expectError("NODE_NOT_RUNNING", () => askDaemon(socket, "GET", "/status"));
    await (await startAdminServer(socket, routes)).close();
  });

  it("error: NODE_RUNNING: of many that start at once over what a killed daemon left, one runs", async () => {
    for (let round = 0; round < 5; round++) {
      await writeFile(socket, "left behind");
      const starts = await Promise.allSettled(Array.from({ length: 8 }, () => startAdminServer(socket, routes)));
      const running = starts.flatMap((start) => (start.status === "fulfilled" ? [start.value] : []));
      expect(running).to.have.length(1);
      for (const start of starts) if (start.status === "rejected") expect(start.reason.code).to.equal("NODE_RUNNING");
      await askDaemon(socket, "GET", "/status");
      await running[0]?.close();
    }
  });

  it("error: NODE_RUNNING: another process holds it, also one that has lost its socket, until it is killed", async () => {
    const code = codeThat(`${socket}.lock`, 'console.log("held"); setInterval(() => {}, 1e6)');
    const holder = spawn(process.execPath, ["--no-warnings", "--input-type=module", "-e", code], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    try {
      await once(holder.stdout, "data");
      await expectError("NODE_RUNNING", () => startAdminServer(socket, routes));
    } finally {
      const ended = once(holder, "exit");
      holder.kill("SIGKILL");
      await ended;
    }
    await (await startAdminServer(socket, routes)).close();
  });

  it("error: CONFIG_INVALID: a folder that is not there; a socket that cannot be bound lets go of the lock", async () => {
    await expectError("CONFIG_INVALID", () => startAdminServer(join(folder, "none", "admin.sock"), routes));
    await rm(folder, { recursive: true });
    await expectError("CONFIG_INVALID", () => startAdminServer(socket, routes));
  });

  it("behavior: who asks again in the process that holds it does not let another process in", async () => {
    const path = join(folder, "a.lock");
    const held = lockFile(path);
    expect(lockFile(path)).to.equal(undefined);
    const asking = spawn(process.execPath, [
      "--no-warnings",
      "--input-type=module",
      "-e",
      codeThat(path, "process.exit(got ? 0 : 3)"),
    ]);
    expect(await once(asking, "exit")).to.deep.equal([3, null]);
    held?.release();
  });

  it("behavior: a lock that is let go of can be taken again, and never twice", () => {
    const path = join(folder, "a.lock");
    const held = lockFile(path);
    expect(lockFile(path)).to.equal(undefined);
    held?.release();
    const again = lockFile(path);
    expect(again).not.to.equal(undefined);
    again?.release();
  });
});
