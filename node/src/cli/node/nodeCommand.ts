import type { Command } from "commander";
import type { NodeSetting } from "../../config/nodeSettings.ts";
import type { ConfigOptions } from "./configOf.ts";

/** `persona node …`. The settings are loaded by the caller, and only where one of these commands is called. */
export function addNodeCommand(
  program: Command,
  { json, settings }: { readonly json: boolean; readonly settings: readonly NodeSetting[] },
): void {
  const node = program
    .command("node")
    .description("run a node: make it, start it, look at it, drain it, take it from the network");
  const command = (name: string, description: string, jsonHelp: string) => {
    const made = node
      .command(name)
      .description(description)
      .option("--config <file>", "JSON file with its settings; docs/node-config.md explains them");
    for (const { flag, type, choices, preset, description: about, variable } of settings) {
      const value = choices?.join("|") ?? (type === "boolean" ? "true|false" : type === "list" ? "a,b,…" : type);
      const given = preset === undefined ? "" : ` (default: ${JSON.stringify(preset)})`;
      made.option(`${flag} <${value}>`, `${about}${given} [${variable}]`);
    }
    return made.option("--json", jsonHelp);
  };

  command(
    "init",
    "make a node's folder: keystore, configuration with an explanation of each setting; and check the chain",
    "print what was made as one line of JSON",
  )
    .requiredOption("--dir <folder>", "the folder to make it in")
    .action(async (options: ConfigOptions & { dir: string }) =>
      (await import("./nodeInit.ts")).nodeInit({ ...options, json }),
    );
  command(
    "start",
    "run a compute node or guardian until it is asked to stop",
    "print the node's id, keys and process ids as one line of JSON",
  ).action(async (options: ConfigOptions) => (await import("./nodeStart.ts")).nodeStart({ ...options, json }));
  command(
    "status",
    "what the running daemon does, and whether it is ready; exit code 75 when it is not",
    "print it as one line of JSON",
  ).action(async (options: ConfigOptions) => (await import("./nodeStatus.ts")).nodeStatus({ ...options, json }));
  command(
    "drain",
    "have the running daemon claim nothing more, and wait until it has settled what it has",
    "print what is left as one line of JSON",
  )
    .option("--timeout <seconds>", "longest wait", "720")
    .action(async (options: ConfigOptions & { timeout: string }) =>
      (await import("./nodeDrain.ts")).nodeDrain({ ...options, json }),
    );
  command(
    "exit",
    "take the node from the network: drain, ask for the stake; called again after the unbonding time, get it",
    "print what was done as one line of JSON",
  )
    .option("--timeout <seconds>", "longest wait for the drain", "720")
    .option("--node-id <number>", "the node, where the data directory does not say it")
    .action(async (options: ConfigOptions & { timeout: string; nodeId?: string }) =>
      (await import("./nodeExit.ts")).nodeExit({ ...options, json }),
    );
  command(
    "rotate",
    "give a stopped guardian the key of its next period, and destroy the old one",
    "print both keys and what was moved as one line of JSON",
  ).action(async (options: ConfigOptions) => (await import("./nodeRotate.ts")).nodeRotate({ ...options, json }));
}
