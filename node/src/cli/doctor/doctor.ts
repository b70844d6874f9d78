import { resolve } from "node:path";
import type { Deployment } from "@persona-protocol/sdk/contracts";
import { PersonaError } from "@persona-protocol/sdk/errors";
import { rpcOfNetwork } from "../networkFolder.ts";
import { show } from "../show.ts";
import { accountChecks } from "./accountChecks.ts";
import { chainChecks } from "./chainChecks.ts";
import { guardianChecks } from "./guardianChecks.ts";
import { machineChecks, networkChecks } from "./machineChecks.ts";

/** One thing that newcomers get wrong: whether it is right here, and what mends it. */
export type Finding = { readonly name: string; readonly ok: boolean; readonly found: string; readonly fix?: string };

export type DoctorFlags = {
  readonly network?: string;
  readonly rpc?: string;
  readonly account?: string;
  readonly passphraseFile?: string;
  readonly json: boolean;
};

/**
 * `persona doctor`: looks at machine, network folder, chain, contracts, guardians and account, each by really using it.
 * @throws PersonaError CONFIG_INVALID at the end, when something is wrong: for scripts
 */
export async function doctor(flags: DoctorFlags): Promise<void> {
  const findings: Finding[] = [...machineChecks()];
  const folder = flags.network === undefined ? undefined : resolve(flags.network);
  const { deployment, ...network } = await networkChecks(folder);
  findings.push(...network.findings);
  const known: Deployment | undefined = deployment;
  const rpc = flags.rpc ?? (await rpcOfNetwork(folder ?? "."));
  findings.push(...(await chainChecks(rpc, known)));
  const chainIsRight = findings.every(({ ok, name }) => ok || name === "network folder");
  if (known !== undefined && chainIsRight) {
    findings.push(...(await guardianChecks(rpc, known)), ...(await accountChecks({ ...flags, rpc }, known)));
  }
  const wrong = findings.filter(({ ok }) => !ok);
  show(flags.json, { ok: wrong.length === 0, findings }, [
    ...findings.flatMap(({ name, ok, found, fix }) => [
      `${ok ? "ok   " : "WRONG"} ${name.padEnd(16)}${found}`,
      ...(fix === undefined || ok ? [] : [`      → ${fix}`]),
    ]),
    wrong.length === 0 ? "Nothing is wrong." : `${wrong.length} to mend.`,
  ]);
  if (wrong.length === 0) return;
  throw new PersonaError("CONFIG_INVALID", `${wrong.length} of ${findings.length} checks found something to mend.`, {
    data: { wrong: wrong.map(({ name }) => name).join(", ") },
  });
}
