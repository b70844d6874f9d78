import { setTimeout as sleep } from "node:timers/promises";
import { PersonaError } from "@persona-protocol/sdk/errors";
import { askDaemon } from "../../operations/askDaemon.ts";
import { adminSocketOf } from "../../operations/socketPath.ts";
import { jsonLine } from "../jsonLine.ts";
import { aborted, untilStopped } from "../untilStopped.ts";
import { type ConfigOptions, configOf, secondsOf } from "./configOf.ts";
import { askStatus, type DaemonStatus } from "./nodeStatus.ts";

const lookEveryMs = 500;

/** `persona node drain`: the daemon runs on, and claims nothing until it is started again. */
export async function nodeDrain(
  options: ConfigOptions & { readonly timeout: string; readonly json: boolean },
): Promise<void> {
  const timeoutMs = secondsOf("--timeout", options.timeout) * 1_000;
  const { work } = await drainDaemon(adminSocketOf(configOf(options).config), timeoutMs);
  process.stdout.write(
    options.json
      ? jsonLine({ ok: true, drained: true, jobs: work?.jobs ?? {} })
      : "Drained: nothing claimed is unsettled. The daemon claims nothing until it is started again.\n",
  );
}

/** @throws PersonaError NODE_NOT_RUNNING, NODE_UNANSWERED, and NODE_DRAINING when it takes longer */
export async function drainDaemon(socket: string, timeoutMs: number): Promise<DaemonStatus> {
  const stop = untilStopped();
  const until = performance.now() + timeoutMs;
  await askDaemon(socket, "POST", "/drain");
  for (;;) {
    const found = await askStatus(socket);
    if (found.draining === "done") return found;
    if (stop.aborted || performance.now() > until) {
      const underWay = Object.entries(found.work?.jobs ?? {})
        .filter(([state]) => ["claiming", "running", "settling"].includes(state))
        .reduce((sum, [, count]) => sum + count, 0);
      throw new PersonaError("NODE_DRAINING", "The node has not settled all yet.", { data: { underWay } });
    }
    await Promise.race([sleep(lookEveryMs), aborted(stop)]);
  }
}
