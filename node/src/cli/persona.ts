#!/usr/bin/env node
import { PersonaError } from "@persona-protocol/sdk/errors";
import { Command, CommanderError } from "commander";
import { dev } from "./dev.ts";
import { nodeStart } from "./nodeStart.ts";
import { runCommand } from "./runCommand.ts";

const json = process.argv.includes("--json");
const program = new Command("persona")
  .description("Persona Protocol: your data, run only by programs you have allowed.")
  .option("--json", "one JSON object on one line, the last of stdout")
  .showHelpAfterError(false)
  .exitOverride()
  .configureOutput({ writeErr: () => {} });

program
  .command("dev")
  .description("a local network of all four layers (simulated TEE), until Ctrl-C")
  .option("--chain <kind>", "hardhat or anvil", "hardhat")
  .option("--port <number>", "port of the chain's JSON-RPC; 0 picks a free one", "8545")
  .option("--dir <folder>", "where to keep its state (default: a new folder under .run)")
  .option("--json", "print addresses and process ids as one line of JSON")
  .action((options) => dev({ ...options, json }));

const node = program.command("node").description("run a node");
node
  .command("start")
  .description("run a compute node or guardian until it is asked to stop")
  .requiredOption("--config <file>", "JSON configuration; docs/node-config.md lists its settings")
  .option("--json", "print the node's id, keys and process ids as one line of JSON")
  .action((options) => nodeStart({ ...options, json }));

await runCommand(
  async () => {
    try {
      await program.parseAsync();
    } catch (error) {
      if (!(error instanceof CommanderError)) throw error;
      if (error.exitCode === 0) return; // Help was asked for, and printed.
      if (error.code === "commander.help") {
        process.exitCode = 1;
        return;
      }
      throw new PersonaError("USAGE", error.message.replace(/^error: /, ""));
    }
  },
  { json },
);
