import { spawnSync } from "node:child_process";
import { canSeal } from "./sealedProcess.ts";

/** How processes are held by the operating system: "sealed" is "namespaces", and sandboxes as in sealedProcess.ts. */
export type Isolation = "sealed" | "namespaces" | "none";

/**
 * Does this system let us make user, network and process namespaces, and seal a sandbox in them? Where it does not (some containers), processes are
 * still apart, but a native escape from an engine could open sockets and read files: the daemon logs it at start.
 */
export function detectIsolation(): Isolation {
  const tried = spawnSync("unshare", [...sandboxNamespaces, "true"], { stdio: "ignore" });
  if (tried.status !== 0) return "none";
  return canSeal() ? "sealed" : "namespaces";
}

/** What the host said to the enclave it started. */
export function isolationOf(text: string | undefined): Isolation {
  return text === "sealed" || text === "namespaces" ? text : "none";
}

/** An enclave has no network: its host carries every byte. */
export const enclaveNamespaces = ["--map-root-user", "--net"];

/**
 * Where it cannot be sealed, a sandbox sees no other process, cannot trace its parent (it lives in a user namespace below), and dies with it.
 */
export const sandboxNamespaces = ["--map-root-user", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"];

/** The command line that starts `command` so held. */
export function isolated(isolation: Isolation, namespaces: readonly string[], command: readonly string[]): string[] {
  if (isolation === "none") return [...command];
  // The first process of a process namespace cannot kill itself: a shell is the first, and the command the second.
  const held = namespaces.includes("--pid") ? ["/bin/sh", "-c", '"$@"; exit $?', "sh", ...command] : command;
  return ["unshare", ...namespaces, "--", ...held];
}
