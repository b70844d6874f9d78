import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import type { Hex } from "viem";

/** Repository root, seen from this file. */
const root = fileURLToPath(new URL("../../../../", import.meta.url));

/** Folders whose code runs inside an enclave: the runtime, and the SDK it is built on. */
const measuredFolders = ["node/src/enclave/runtime", "sdk/src"].map((folder) => join(root, folder));

/** All that an enclave or sandbox may read: its code and the packages it is built on, and nothing a host keeps beside them. */
export const readableCode = [
  ...measuredFolders,
  ...["", "sdk", "node"].flatMap((folder) => [join(root, folder, "package.json"), join(root, folder, "node_modules")]),
];

/** What a sandbox runs, and all that it may read. */
export const sandboxCode = {
  main: join(root, "node/src/enclave/runtime/sandbox/sandboxMain.ts"),
  readable: readableCode,
};

/**
 * SHA-256 over the sorted paths and contents of the measured code: what a simulated TEE reports as its measurement. Real
 * silicon measures the image; the reproducible bundle comes with the enclave issue.
 */
export function measureRuntime(): Hex {
  const files = measuredFolders.flatMap(filesBelow).sort();
  const hash = createHash("sha256");
  for (const file of files) {
    const content = createHash("sha256").update(readFileSync(file)).digest();
    hash.update(relative(root, file)).update("\0").update(content);
  }
  return `0x${hash.digest("hex")}`;
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => join(entry.parentPath, entry.name));
}
