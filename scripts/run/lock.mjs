import { randomUUID } from "node:crypto";
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { hostname } from "node:os";
import { dirname, join } from "node:path";

/**
 * @typedef {object} Owner
 * @property {number} pid
 * @property {string} started when that process started, as the kernel counts it; empty where it cannot be known
 * @property {number} [child] the step it runs: outlives its parent when that one is killed hard
 * @property {string} host
 */

/** A machine that we cannot ask, or a container that is gone, is believed for so long; no install takes longer. */
const FOREIGN_LOCK_MS = 30 * 60_000;

/** @typedef {{ noteChild(pid: number): void, release(): void }} Lock */

/**
 * One lock for a folder, held by a process and released by its death.
 *
 * The lock is a folder with one file in it, named after its owner by a random id. It is taken by renaming a ready-made folder
 * to the lock's name, which the system refuses while that name holds a folder with something in it: there is no moment
 * at which a lock exists without an owner. A dead owner's lock is opened by deleting *that owner's* file, so a slow process
 * that has seen the dead owner cannot break the lock that a faster one has taken since.
 *
 * @param {string} path
 * @param {{ onWait(pid: number): void, pollMs?: number }} options
 * @returns {Promise<Lock>}
 */
export async function acquireLock(path, { onWait, pollMs = 150 }) {
  const id = `${process.pid}-${randomUUID()}.json`;
  const mine = { pid: process.pid, started: processStat(process.pid)?.started ?? "", host: hostname() };
  const ready = `${path}.${id}`;
  mkdirSync(dirname(path), { recursive: true });
  mkdirSync(ready);
  writeFileSync(join(ready, id), JSON.stringify(mine));

  const discard = () => rmSync(ready, { recursive: true, force: true });
  process.on("exit", discard);
  let waitingFor = "";
  while (!tryRename(ready, path)) {
    const held = readOwner(path);
    if (held === undefined) continue; // free by now
    if (!isAlive(held.owner, join(path, held.file))) {
      removeQuietly(join(path, held.file));
      continue;
    }
    if (waitingFor !== held.file) {
      waitingFor = held.file;
      onWait(held.owner.pid);
    }
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
  process.off("exit", discard);

  const release = () => {
    process.off("exit", release);
    removeQuietly(join(path, id));
    try {
      rmdirSync(path);
    } catch {
      // Already taken by the next one.
    }
  };
  // process.exit() on a signal must not leave the lock to be found stale by the next.
  process.on("exit", release);
  return { noteChild: (pid) => writeFileSync(join(path, id), JSON.stringify({ ...mine, child: pid })), release };
}

/**
 * @param {string} from
 * @param {string} to
 */
function tryRename(from, to) {
  try {
    // Windows does not rename onto an empty folder; rmdir takes an empty one only, so this is safe everywhere.
    if (process.platform === "win32") rmdirSync(to);
  } catch {
    // Absent, or held.
  }
  try {
    renameSync(from, to);
    return true;
  } catch (error) {
    const code = codeOf(error);
    if (code === "ENOTEMPTY" || code === "EEXIST" || (process.platform === "win32" && code === "EPERM")) return false;
    throw error;
  }
}

/**
 * @param {string} path
 * @returns {{ file: string, owner: Owner } | undefined} undefined when nobody holds it
 */
function readOwner(path) {
  /** @type {string | undefined} */
  let file;
  try {
    file = readdirSync(path)[0];
    return file === undefined ? undefined : { file, owner: JSON.parse(readFileSync(join(path, file), "utf8")) };
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    if (file === undefined || !(error instanceof SyntaxError)) throw error;
    // Being rewritten by noteChild: the name says whose it is. What has no such name is nobody's we could ask.
    const pid = Number.parseInt(file, 10);
    return { file, owner: { pid, started: "", host: Number.isNaN(pid) ? "" : hostname() } };
  }
}

/**
 * @param {Owner} owner
 * @param {string} file
 */
function isAlive(owner, file) {
  if (owner.host !== hostname()) return Date.now() - mtimeOf(file) < FOREIGN_LOCK_MS;
  if (owner.child !== undefined && groupExists(owner.child)) return true;
  if (!exists(owner.pid)) return false;
  // A process id is used again after a while; the start time tells the two apart.
  const now = processStat(owner.pid);
  if (now === undefined) return true;
  return now.state !== ZOMBIE && (owner.started === "" || now.started === owner.started);
}

/** Dead, but not yet asked for by its parent; in a container without an init that can be for ever. */
const ZOMBIE = "Z";

/** @param {number} pid negative: a process group */
function exists(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === "EPERM";
  }
}

/** @param {number} group */
function groupExists(group) {
  if (!exists(-group)) return false;
  if (process.platform !== "linux") return true;
  return readdirSync("/proc").some((name) => {
    const stat = /^\d+$/.test(name) ? processStat(Number(name)) : undefined;
    return stat !== undefined && stat.group === group && stat.state !== ZOMBIE;
  });
}

/**
 * Fields 3, 5 and 22 of /proc/<pid>/stat; the second field may itself hold spaces and brackets.
 *
 * @param {number} pid
 */
function processStat(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return { state: fields[0], group: Number(fields[2]), started: fields[19] ?? "" };
  } catch {
    return undefined; // gone, or a system without /proc
  }
}

/** @param {string} file */
function mtimeOf(file) {
  try {
    return statSync(file).mtimeMs;
  } catch {
    return Date.now(); // gone: the next look finds the lock free
  }
}

/** @param {string} path */
function removeQuietly(path) {
  try {
    unlinkSync(path);
  } catch {
    // Another process was faster.
  }
}

/** @param {unknown} error */
function codeOf(error) {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
