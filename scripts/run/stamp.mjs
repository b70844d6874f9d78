import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";

/**
 * @param {string} root
 * @param {string[]} files paths under the root; one that is absent counts as such
 */
export function hashFiles(root, files) {
  const hash = createHash("sha256");
  for (const file of files) {
    const content = readOrUndefined(join(root, file));
    hash.update(`${file}\0${content === undefined ? "absent" : content.length}\0`);
    if (content !== undefined) hash.update(content);
  }
  return hash.digest("hex");
}

/**
 * Every file below a folder, sorted, as paths under the root with forward slashes.
 *
 * @param {string} root
 * @param {string} folder
 * @returns {string[]}
 */
export function listFiles(root, folder) {
  const found = [];
  const pending = [join(root, folder)];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    for (const entry of readDirectory(next)) {
      const path = join(next, entry.name);
      if (entry.isDirectory()) pending.push(path);
      else found.push(relative(root, path).split(sep).join("/"));
    }
  }
  return found.sort();
}

/**
 * Names, sizes and times: enough to notice that someone else has written there, and cheap enough for every start.
 *
 * @param {string} root
 * @param {string[]} files
 */
export function fingerprint(root, files) {
  const hash = createHash("sha256");
  for (const file of files) {
    const { size, mtimeMs } = statSync(join(root, file));
    hash.update(`${file}\0${size}\0${mtimeMs}\0`);
  }
  return hash.digest("hex");
}

/** @param {string} path */
export function readStamp(path) {
  return readOrUndefined(path)?.toString("utf8").trim();
}

/**
 * @param {string} path
 * @param {string} value
 */
export function writeStamp(path, value) {
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}`;
  writeFileSync(temporary, `${value}\n`);
  renameSync(temporary, path);
}

/** @param {string} path */
function readOrUndefined(path) {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}

/** @param {string} path */
function readDirectory(path) {
  try {
    return readdirSync(path, { withFileTypes: true });
  } catch {
    return [];
  }
}
