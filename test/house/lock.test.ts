import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { acquireLock } from "../../scripts/run/lock.mjs";
import { makeTree } from "./house.ts";

const onLinux: (title: string, test: () => Promise<void>) => unknown =
  process.platform === "linux"
    ? it
    : (title, test) => it.skip(`${title} (skipped: start times are known on Linux only)`, test);

const unexpected = { onWait: (pid: number) => expect.fail(`waited for ${pid}`), pollMs: 5 };

/** A process id that was used a moment ago and is free now. */
const deadPid = () => spawnSync(process.execPath, ["-e", ""]).pid;

function heldBy(owner: object | string, file = "4242-x.json") {
  const path = join(makeTree({}), "run.lock");
  mkdirSync(path);
  writeFileSync(join(path, file), typeof owner === "string" ? owner : JSON.stringify(owner));
  return path;
}

describe("acquireLock", () => {
  it("default: is there while held and gone when released", async () => {
    const path = join(makeTree({}), ".cache/run.lock");
    const lock = await acquireLock(path, unexpected);
    expect(readdirSync(path)).to.have.length(1);
    lock.release();
    expect(existsSync(path)).to.equal(false);
    expect(readdirSync(join(path, ".."))).to.deep.equal([]);
  });

  it("behavior: the second waits until the first releases, and is told for whom", async () => {
    const path = join(makeTree({}), "run.lock");
    const first = await acquireLock(path, unexpected);
    const order: string[] = [];
    let told = (_pid: number) => {};
    const waits = new Promise<number>((resolve) => {
      told = resolve;
    });
    const second = acquireLock(path, { onWait: told, pollMs: 5 }).then((lock) => {
      order.push("second");
      return lock;
    });
    expect(await waits).to.equal(process.pid);
    order.push("release");
    first.release();
    (await second).release();
    expect(order).to.deep.equal(["release", "second"]);
  });

  it("behavior: of several at once, one holds it at a time", async () => {
    const path = join(makeTree({}), "run.lock");
    let holders = 0;
    let most = 0;
    const once = async () => {
      const lock = await acquireLock(path, { onWait: () => {}, pollMs: 1 });
      holders += 1;
      most = Math.max(most, holders);
      await new Promise((resolve) => setImmediate(resolve));
      holders -= 1;
      lock.release();
    };
    await Promise.all(Array.from({ length: 8 }, once));
    expect(most).to.equal(1);
    expect(existsSync(path)).to.equal(false);
  });

  it("behavior: takes over from a process that is dead", async () => {
    const path = heldBy({ pid: deadPid(), started: "1", host: hostname() });
    (await acquireLock(path, unexpected)).release();
  });

  onLinux("behavior: takes over when the process id is used by another process by now", async () => {
    const path = heldBy({ pid: process.pid, started: "1", host: hostname() });
    (await acquireLock(path, unexpected)).release();
  });

  it("behavior: does not take over while the step of a dead process still runs", async () => {
    const step = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { detached: true, stdio: "ignore" });
    const path = heldBy({ pid: deadPid(), started: "1", host: hostname(), child: step.pid });
    let waits = 0;
    const onWait = () => {
      waits += 1;
      step.kill("SIGKILL");
    };
    (await acquireLock(path, { onWait, pollMs: 5 })).release();
    expect(waits).to.equal(1);
  });

  it("behavior: a broken owner file, or one of another machine, is believed for half an hour", async () => {
    for (const owner of ["{", { pid: 1, started: "", host: "elsewhere" }]) {
      const path = heldBy(owner, "unknown");
      let waits = 0;
      const lock = acquireLock(path, {
        onWait: () => {
          waits += 1;
          const longAgo = Date.now() / 1_000 - 31 * 60;
          utimesSync(join(path, "unknown"), longAgo, longAgo);
        },
        pollMs: 5,
      });
      (await lock).release();
      expect(waits).to.equal(1);
    }
  });
});
