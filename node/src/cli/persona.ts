#!/usr/bin/env node
import { PersonaError } from "@persona-protocol/sdk/errors";
import { Command, CommanderError } from "commander";
import { addAttestCommand } from "./attest/attestCommand.ts";
import { enterCallerDirectory } from "./callerDirectory.ts";
import { completion } from "./completion.ts";
import { addExamples } from "./examples.ts";
import { addNodeCommand } from "./node/nodeCommand.ts";
import { addOwnerCommands } from "./owner/ownerCommands.ts";
import { addProgramCommand } from "./program/programCommand.ts";
import { addProvenanceCommand } from "./provenance/provenanceCommand.ts";
import { addRecoveryCommand } from "./recovery/recoveryCommand.ts";
import { addRequesterCommands } from "./requester/requesterCommands.ts";
import { runCommand } from "./runCommand.ts";
import { addSourcesCommand } from "./sources/sourcesCommand.ts";

enterCallerDirectory();
const json = process.argv.includes("--json");
// Each command loads its own code when it is called: help and a mistyped flag answer at once.
const program = new Command("persona")
  .description("Persona Protocol: your data, run only by programs you have allowed.")
  .option("--json", "one JSON object on one line, the last of stdout")
  .showHelpAfterError(false)
  .exitOverride()
  .configureOutput({ writeErr: () => {} });

program
  .command("dev")
  .description("a local network of all four layers (simulated TEE), until Ctrl-C")
  .option("--chain <kind>", "hardhat, anvil or geth (built with Go)", "hardhat")
  .option("--port <number>", "port of the chain's JSON-RPC; 0 picks a free one", "8545")
  .option("--pages <port>", "port of what pages need: store, faucet, addresses (default: the next after --port's)")
  .option("--dir <folder>", "where to keep its state (default: a new folder under .run)")
  .option("--throw-away", "delete its state when it ends")
  .option("--warp <span>", "move the clock of the network that runs in --dir, such as 30d, and end")
  .option("--kill <node>", "kill a node of the network that runs in --dir, such as guardian-2, and end")
  .option("--fund <address>", "give an account of the network that runs in --dir ether and test money, and end")
  .option("--json", "print addresses and process ids as one line of JSON")
  .action(async (options) => (await import("./dev.ts")).dev({ ...options, json }));

// What the flags of these commands are made of takes a while to load.
const wantsSettings = process.argv.includes("node") || process.argv.includes("completion");
const settings = wantsSettings ? (await import("../config/nodeSettings.ts")).nodeSettings() : [];
addNodeCommand(program, { json, settings });

program
  .command("import")
  .description("read an export, and publish it encrypted as a dataset of yours")
  .argument(
    "<file...>",
    "the export: an archive as it came, the folder it was unpacked to, single files, or all its parts",
  )
  .option("--dry-run", "only show what would be imported: segments, counts, time range and remarks")
  .option("--report", "with --dry-run and --json: all there is to say, by segment, and what was changed")
  .option("--dataset <record>", "add what is new to this dataset of yours: its private record")
  .option("--network <folder>", "run folder of `persona dev`: its deployment.json and ipfs")
  .option("--stores <file>", "JSON file with the stores to publish to (default: the network's own)")
  .option(
    "--rpc <url>",
    "JSON-RPC endpoints of the chain, with commas: all must name the same guardians (default: that of the network that runs in the folder)",
  )
  .option("--keystore <file>", "keystore with your root key (kind owner-root)")
  .option("--new-keystore", "make that keystore, with a new root key")
  .option("--passphrase-file <file>", "file with the passphrase of the keystores (default: you are asked)")
  .option("--account <file>", "keystore with the account that registers the dataset (kind account)")
  .option("--account-passphrase-file <file>", "its passphrase, where it has another")
  .option("--guardians <ids>", "node ids of the guardians you trust, such as 1,2,3")
  .option("--threshold <number>", "how many guardians together can release a key")
  .option("--out <file>", "where your private record of the dataset goes (default: dataset-<id>.json here)")
  .option("--connector <id>", "read it by this connector, whatever it looks like; docs/connectors.md lists them")
  .option("--mapping <file>", "what the columns of your bank's CSV are, as JSON; docs/ingest.md says how")
  .option("--time-zone <name>", "zone of times that have none in the export, such as Europe/Oslo", "UTC")
  .option("--third-parties <policy>", "names of other people: pseudonymise, omit or keep", "pseudonymise")
  .option("--no-padding", "let anybody see the exact size of each segment, and save up to 12 %")
  .option("--max-entry-bytes <number>", "largest file of the archive that is read")
  .option("--json", "print what was found and published as one line of JSON")
  .action(async (files, options) => (await import("./import.ts")).importFiles(files, { ...options, json }));

program
  .command("convert")
  .description("take records of one schema from CSV, JSON, NDJSON or Parquet to another of them; nothing is lost")
  .argument("<file>", "the records; docs/connectors.md says how each form holds them")
  .requiredOption("--schema <id>", "their schema, such as persona:post@1; docs/schemas has them all")
  .requiredOption("--to <format>", "csv, json, ndjson or parquet")
  .option("--from <format>", "what the file is (default: by its first bytes, or the end of its name)")
  .option("--out <file>", "the new file (default: standard output)")
  .option("--json", "print what was written as one line of JSON; needs --out")
  .action(async (file, options) => (await import("./convert.ts")).convert(file, { ...options, json }));

program
  .command("rotate")
  .description(
    "a dataset of yours under new keys (a new key epoch): whatever was granted before ends, and no old key opens the new objects",
  )
  .argument("<record>", "your private record of the dataset; it is that of the new version afterwards")
  .requiredOption("--network <folder>", "run folder of `persona dev`: its deployment.json and ipfs")
  .option("--stores <file>", "JSON file with the stores to publish to (default: the network's own)")
  .option(
    "--rpc <url>",
    "JSON-RPC endpoints of the chain, with commas: all must name the same guardians (default: that of the network that runs in the folder)",
  )
  .requiredOption("--keystore <file>", "keystore with your root key (kind owner-root)")
  .option("--passphrase-file <file>", "file with the passphrase of the keystores (default: you are asked)")
  .requiredOption("--account <file>", "keystore with the account that owns the dataset (kind account)")
  .option("--account-passphrase-file <file>", "its passphrase, where it has another")
  .option("--guardians <ids>", "node ids of other guardians, such as 1,2,3 (default: those it has)")
  .option("--threshold <number>", "how many of those together can release a key")
  .option("--no-padding", "let anybody see the exact size of each segment, and save up to 12 %")
  .option("--yes", "do not ask before: every grant on it ends")
  .option("--json", "print what was published as one line of JSON")
  .action(async (record, options) => (await import("./renewKeys.ts")).renewDatasetKeys(record, { ...options, json }));

const storage = program.command("storage").description("where your datasets are kept");
const storageCommand = (name: string, description: string) =>
  storage
    .command(name)
    .description(description)
    .argument("<records...>", "your private records of the datasets, as persona import wrote them")
    .requiredOption("--stores <file>", "JSON file with the stores and the wanted number of copies")
    .option("--json", "print the report as one line of JSON");
storageCommand("check", "read what the stores hold and compare it with its digests")
  .option("--sample <number>", "blocks of each file to read at each store (default: all)")
  .action(async (records, options) => (await import("./storage.ts")).storageCheck(records, { ...options, json }));
storageCommand("repair", "check everything, and restore what is wrong or missing from any good copy").action(
  async (records, options) => (await import("./storage.ts")).storageRepair(records, { ...options, json }),
);
storageCommand("gc", "let go of what superseded and erased versions leave behind")
  .requiredOption("--network <folder>", "run folder of `persona dev`: its deployment.json")
  .option("--rpc <url>", "JSON-RPC endpoint of the chain (default: that of the network that runs in the folder)")
  .option("--confirmations <blocks>", "how deep a version must lie before it counts", "12")
  .option("--sweep", "also delete what nothing pins any more, older than a day (local stores and S3)")
  .option("--dry-run", "only say what would be let go")
  .action(async (records, options) => (await import("./storageGc.ts")).storageGc(records, { ...options, json }));
const log = program.command("log").description("what guardians have logged");
log
  .command("verify", { isDefault: true })
  .description(
    "what the guardians of a dataset of yours have released and refused, proved and held against the receipts",
  )
  .argument("<record>", "your private record of the dataset, as persona import wrote it")
  .requiredOption("--network <folder>", "run folder of `persona dev`: its deployment.json")
  .option("--rpc <url>", "JSON-RPC endpoint of the chain (default: that of the network that runs in the folder)")
  .requiredOption("--account <file>", "keystore with the account that owns the dataset (kind account)")
  .option("--passphrase-file <file>", "file with its passphrase (default: you are asked)")
  .option("--json", "print it as one line of JSON")
  .action(async (record, options) => (await import("./log.ts")).log(record, { ...options, json }));

program
  .command("who")
  .alias("who-can-read")
  .description("who could read a dataset of yours now, alone or together, and what one more grant would add")
  .argument("<record>", "your private record of the dataset, as persona import wrote it")
  .requiredOption("--network <folder>", "run folder of `persona dev`: its deployment.json")
  .option("--rpc <url>", "JSON-RPC endpoint of the chain (default: that of the network that runs in the folder)")
  .option("--segment <name>", "only what touches this segment")
  .option("--with-grant <file>", "a grant package that you have not signed yet")
  .option("--packet <file>", "any person's packet of your recovery plan: says who the people are")
  .option("--json", "print it as one line of JSON")
  .action(async (record, options) => (await import("./who.ts")).who(record, { ...options, json }));

const keystore = program.command("keystore").description("keys under a passphrase");
keystore
  .command("new")
  .description("make a random key and keep it in a new keystore file")
  .requiredOption("--kind <kind>", "account (signs transactions) or owner-root (opens your data)")
  .requiredOption("--out <file>", "the file to make")
  .option("--passphrase-file <file>", "file with the passphrase (default: you are asked, twice)")
  .option("--json", "print its file and public part as one line of JSON")
  .action(async (options) => (await import("./keystore.ts")).keystoreNew({ ...options, json }));

program
  .command("doctor")
  .description("check machine, network, chain, guardians and account, and say how to mend what is wrong")
  .option("--network <folder>", "run folder of `persona dev`")
  .option("--rpc <url>", "JSON-RPC endpoint of the chain (default: that of the network that runs in the folder)")
  .option("--account <file>", "keystore of kind account")
  .option("--passphrase-file <file>", "its passphrase (default: you are asked)")
  .option("--json", "the findings as one line of JSON")
  .action(async (options) => (await import("./doctor/doctor.ts")).doctor({ ...options, json }));
program
  .command("completion")
  .description("a script that completes commands and flags: bash, zsh or fish")
  .argument("<shell>", "bash, zsh or fish")
  .action((shell: string) => completion(program, shell));

addOwnerCommands(program, { json });
addRequesterCommands(program, { json });
addAttestCommand(program, { json });
addProgramCommand(program, { json });
addProvenanceCommand(program, { json });
addRecoveryCommand(program, { json });
addSourcesCommand(program, { json });
addExamples(program);

await runCommand(
  async () => {
    try {
      await program.parseAsync();
    } catch (error) {
      if (!(error instanceof CommanderError)) throw error;
      if (error.exitCode === 0) return; // Help was asked for, and printed.
      if (error.code === "commander.help") {
        // Called without a command: what there is, and an exit code that says that nothing was done.
        program.outputHelp();
        process.exitCode = 1;
        return;
      }
      throw new PersonaError("USAGE", error.message.replace(/^error: /, ""));
    }
  },
  { json },
);
