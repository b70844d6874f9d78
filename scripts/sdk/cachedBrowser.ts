import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

/** Path of the Chromium in .cache, or why there is none. It is not fetched here: `npm run browser` does. */
export function cachedBrowser(): { readonly path: string } | { readonly missing: string } {
  const script = fileURLToPath(new URL("../fetchBrowser.ts", import.meta.url));
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, "--cached"], { encoding: "utf8" });
  return status === 0 ? { path: stdout.trim() } : { missing: stderr.trim() };
}
