import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const fetchScript = fileURLToPath(new URL("../../scripts/fetchServers.ts", import.meta.url));

/**
 * A server that is built from its Go module; or why there is none. CI builds it when it is not there, geth its suite; a person
 * is told how instead of waiting minutes in a test run.
 */
export function findServer(name: "kubo" | "s3" | "geth"): { readonly binary: string } | { readonly reason: string } {
  const run = (...args: string[]) => spawnSync(process.execPath, [fetchScript, name, ...args], { encoding: "utf8" });
  const cached = run("--cached");
  if (cached.status === 0) return { binary: cached.stdout.trim() };
  // Only its own suite is about geth: nothing else waits for minutes for it.
  const isWanted = name === "geth" ? process.env["PERSONA_SUITE"] === "chains" : process.env["CI"] === "true";
  if (!isWanted) return { reason: cached.stderr.trim() };
  process.stderr.write(`\n  Building ${name} from its Go module, once; on two cores this takes minutes ...\n`);
  const built = run();
  return built.status === 0 ? { binary: built.stdout.trim() } : { reason: built.stderr.trim() };
}
