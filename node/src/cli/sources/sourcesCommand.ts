import type { Command } from "commander";
import { withAccount } from "../sharedOptions.ts";

/** `persona sources …`: what is read anew on schedule, and the process that does it. Each command loads its own code when it is called. */
export function addSourcesCommand(program: Command, { json }: { readonly json: boolean }): void {
  const sources = program
    .command("sources")
    .description("sources that are read on schedule: what is due, what was done, and what was not");
  const inFolder = (name: string, description: string) =>
    sources
      .command(name)
      .description(description)
      .requiredOption("--dir <folder>", "where the schedule's journal is")
      .option("--json", "the result as one line of JSON");

  withConsent(inFolder("add", "add a source, and say when it is due; of an account with its owner's consent"))
    .argument("<name>", "letters, digits, hyphens and underscores")
    .requiredOption("--dataset <id>", "where its records go")
    .option(
      "--kind <kind>",
      "folder, or an account: github, google-gmail, google-calendar, google-youtube, x, discord, spotify, reddit, imap",
      "folder",
    )
    .option("--path <path>", "folder or file of the export that is replaced now and then (folder)")
    .option("--connector <id>", "who reads it (folder; default: the surest one)")
    .option("--keep-third-parties", "publish what is known of other people, too (default: leave it out)")
    .option("--every <span>", "such as 6h or 1d, from now on")
    .option("--cron <expression>", "five fields, such as '30 3 * * *'")
    .option("--time-zone <name>", "of the cron expression", "UTC")
    .option("--jitter <span>", "spread its starts over so long", "5m")
    .requiredOption("--grant <file>", "the owner's Read grant to this writer, as persona sources delegate made it")
    .requiredOption(
      "--writer-keystore <file>",
      "the writer's keystore of kind owner-root, whose public key that grant names",
    )
    .option("--writer-passphrase-file <file>", "its passphrase (accounts: what is fetched is sealed to that key)")
    .action(async (name, flags) => (await import("./sourcesAdd.ts")).sourcesAdd(name, { ...flags, json }));
  withConsent(inFolder("consent", "give an account's consent anew where it has ended, and go on"))
    .argument("<name>", "the source")
    .requiredOption("--writer-passphrase-file <file>", "of the writer's keystore")
    .action(async (name, flags) => (await import("./sourcesAdd.ts")).sourcesConsent(name, { ...flags, json }));
  inFolder("list", "every source: when it is due, and how its last runs ended")
    .option("--runs <number>", "so many runs of each", "1")
    .action(async (flags) => (await import("./sourcesEdit.ts")).sourcesList({ ...flags, json }));
  inFolder("pause", "leave a source alone until it is resumed; slots that pass meanwhile are not made up for")
    .argument("<name>", "the source")
    .action(async (name, flags) => (await import("./sourcesEdit.ts")).sourcesPause(name, { ...flags, json }));
  inFolder("resume", "read it again, from its next slot on")
    .argument("<name>", "the source")
    .action(async (name, flags) => (await import("./sourcesEdit.ts")).sourcesResume(name, { ...flags, json }));
  inFolder("remove", "forget a source, and end an account's consent; what it has published stays")
    .argument("<name>", "the source")
    .action(async (name, flags) => (await import("./sourcesAdd.ts")).sourcesRemove(name, { ...flags, json }));

  withAccount(
    sources
      .command("run")
      .description("the ingestor: reads what is due and publishes it as the owners' writer, until Ctrl-C"),
  )
    .requiredOption("--dir <folder>", "where the schedule's journal is")
    .requiredOption("--writer-passphrase-file <file>", "of the writer's keystores")
    .option("--port <number>", "where requesters may ask for a newer version (default: nowhere)")
    .action(async (flags) => (await import("./sourcesRun.ts")).sourcesRun({ ...flags, json }));
  sources
    .command("key")
    .description("the writer's public key, for the owner's delegation")
    .requiredOption("--writer-keystore <file>", "keystore of kind owner-root (persona keystore new)")
    .requiredOption("--writer-passphrase-file <file>", "its passphrase")
    .requiredOption("--out <file>", "the file to make")
    .option("--json", "the result as one line of JSON")
    .action(async (flags) => (await import("./sourcesDelegate.ts")).sourcesKey({ ...flags, json }));
  withAccount(
    sources
      .command("delegate")
      .description("as the owner: let a writer publish chosen segments until a date, so many versions"),
  )
    .argument("<record>", "your private record of the dataset")
    .requiredOption("--to <address>", "the writer's account")
    .requiredOption("--writer-key <file>", "the writer's public key (persona sources key)")
    .requiredOption("--segments <names>", "of the dataset, separated by commas")
    .option("--until <span>", "how long, such as 90d", "90d")
    .option("--versions <number>", "how many versions it may publish", "100")
    .option("--starts <number>", "how often it may ask the guardians for the keys: once a start", "20")
    .requiredOption("--out <file>", "the Read grant, for the writer; it holds no key")
    .option("--yes", "do not ask before what cannot be undone")
    .action(async (record, flags) =>
      (await import("./sourcesDelegate.ts")).sourcesDelegate(record, { ...flags, json }),
    );
}

/** How the owner of an account lets it be read. */
const withConsent = (command: Command): Command =>
  command
    .option("--client-id <id>", "the application that you have registered at the service (accounts)")
    .option("--client-secret-file <file>", "its secret, where the service gives one")
    .option("--server <file>", "the service's authorization server (default: its own, as documented)")
    .option("--scopes <names>", "what to ask for, separated by commas (default: what the source needs)")
    .option("--device-code", "by a code that is typed in elsewhere, instead of a page that comes back here")
    .option("--redirect-uri <url>", "as it was registered: http://127.0.0.1:PORT/PATH (default: /callback, any port)")
    .option("--mail-host <host[:port]>", "where the mailbox is (imap)")
    .option("--mail-user <name>", "whose it is (imap)")
    .option("--mail-password-file <file>", "a password made for this application, instead of --client-id (imap)")
    .option("--starttls", "plain at first, then TLS, or nothing (imap)");
