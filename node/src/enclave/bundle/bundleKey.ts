import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

/** Folders whose files can be part of an enclave. */
const sourceFolders = {
  runtime: ["node/src/enclave/runtime", "sdk/src"],
  ingest: ["node/src/enclave/runtime", "node/src/enclave/ingest", "sdk/src"],
};
const builderFolder = fileURLToPath(new URL(".", import.meta.url));

/**
 * Names a build by all that goes into it: sources, the locked packages, the platform of the native code, and how it is built.
 * @param root folder of a repository
 * @returns 32 hexadecimal digits
 */
export function bundleKey(root: string, kind: keyof typeof sourceFolders = "runtime"): string {
  const hash = createHash("sha256").update(`${process.platform} ${process.arch}\0`);
  const files = sourceFolders[kind].flatMap((folder) => filesBelow(join(root, folder)));
  for (const file of [...files, join(root, "package-lock.json"), join(root, "sdk/package.json")])
    hash.update(`${relative(root, file)}\0`).update(contentOf(file));
  for (const file of filesBelow(builderFolder)) hash.update(contentOf(file));
  return hash.digest("hex").slice(0, 32);
}

const contentOf = (file: string) => createHash("sha256").update(readFileSync(file)).digest();

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
