import { PersonaError } from "@persona-protocol/sdk/errors";
import { z } from "zod";
import { askDaemon } from "../../operations/askDaemon.ts";
import { adminSocketOf } from "../../operations/socketPath.ts";
import { jsonLine } from "../jsonLine.ts";
import { printable } from "../runCommand.ts";
import { type ConfigOptions, configOf } from "./configOf.ts";

const status = z.looseObject({
  role: z.string(),
  nodeId: z.number().optional(),
  signer: z.string().optional(),
  pid: z.number(),
  uptimeSeconds: z.number(),
  metricsPort: z.number().optional(),
  ready: z.boolean(),
  draining: z.enum(["no", "under way", "done"]),
  checks: z.array(z.object({ name: z.string(), ok: z.boolean(), reason: z.string(), tookMs: z.number() })),
  work: z.looseObject({ jobs: z.record(z.string(), z.number()), claims: z.string() }).optional(),
});
export type DaemonStatus = z.infer<typeof status>;

/** @throws PersonaError NODE_NOT_RUNNING, NODE_UNANSWERED */
export async function askStatus(socket: string): Promise<DaemonStatus> {
  const parsed = status.safeParse(await askDaemon(socket, "GET", "/status"));
  if (parsed.success) return parsed.data;
  throw new PersonaError("NODE_UNANSWERED", "The daemon speaks another version.", {
    data: { socket },
    cause: parsed.error,
  });
}

/** `persona node status`: exit code 0 when the daemon is ready, 75 when it is not or does not run. */
export async function nodeStatus(options: ConfigOptions & { readonly json: boolean }): Promise<void> {
  const found = await askStatus(adminSocketOf(configOf(options).config));
  const { role, nodeId, signer, pid, uptimeSeconds, metricsPort, ready, draining, checks, work } = found;
  const lines = [
    `${role} ${nodeId ?? "(starting)"}: ${ready ? "ready" : "not ready"}, pid ${pid}, up ${uptimeSeconds} s, drain: ${draining}`,
    ...(signer === undefined ? [] : [`enclave key ${signer}`]),
    ...(metricsPort === undefined ? [] : [`metrics at port ${metricsPort}`]),
    ...checks.map(({ name, ok, reason }) => `  ${ok ? "ok  " : "FAIL"} ${name}${ok ? "" : `: ${reason}`}`),
    ...(work === undefined
      ? []
      : [
          `jobs: ${Object.entries(work.jobs)
            .map(([state, count]) => `${state} ${count}`)
            .join(", ")}; claims: ${work.claims}`,
        ]),
  ];
  process.stdout.write(options.json ? jsonLine({ ok: true, ...found }) : `${printable(lines.join("\n"))}\n`);
  process.exitCode = ready ? 0 : 75;
}
