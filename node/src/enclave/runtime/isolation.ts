import { spawnSync } from "node:child_process";

/** How a process is held by the operating system. */
export type Isolation = "namespaces" | "none";

/**
 * Does this system let us make user, network and process namespaces? Where it does not (some containers), processes are
 * still apart, but a native escape from the SQL engine could open sockets: the daemon logs it at start.
 */
export function detectIsolation(): Isolation {
  const tried = spawnSync("unshare", [...sandboxNamespaces, "true"], { stdio: "ignore" });
  return tried.status === 0 ? "namespaces" : "none";
}

/** An enclave has no network: its host carries every byte. */
export const enclaveNamespaces = ["--map-root-user", "--net"];

/**
 * A sandbox sees no other process, cannot trace its parent (it lives in a user namespace below), and dies with it.
 */
export const sandboxNamespaces = ["--map-root-user", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"];

/** The command line that starts `command` so held. */
export function isolated(isolation: Isolation, namespaces: readonly string[], command: readonly string[]): string[] {
  if (isolation === "none") return [...command];
  // The first process of a process namespace cannot kill itself: a shell is the first, and the command the second.
  const held = namespaces.includes("--pid") ? ["/bin/sh", "-c", '"$@"; exit $?', "sh", ...command] : command;
  return ["unshare", ...namespaces, "--", ...held];
}
