import type { Command } from "commander";

/** `persona recovery …`: the way back to a root key (docs/protocol.md 3.4). Each command loads its own code when called. */
export function addRecoveryCommand(program: Command, { json }: { readonly json: boolean }): void {
  const recovery = program.command("recovery").description("the way back to your root key and your data");
  const kit = () => import("./recoveryKitCommands.ts");
  const plan = () => import("./recoveryPlanCommands.ts");
  const steps = () => import("./recoverySteps.ts");
  const step = (name: string, description: string) =>
    recovery.command(name).description(description).option("--json", "the result as one line of JSON");
  const withKey = (command: Command) =>
    command
      .requiredOption("--keystore <file>", "keystore of kind owner-root")
      .option("--passphrase-file <file>", "its passphrase (default: you are asked)");
  const withAccount = (command: Command) =>
    command
      .requiredOption("--account <file>", "keystore of kind account")
      .option("--account-passphrase-file <file>", "its passphrase (default: you are asked)");
  const withChain = (command: Command) =>
    withAccount(command)
      .requiredOption("--network <folder>", "run folder of `persona dev`: its deployment.json and ipfs")
      .option(
        "--rpc <urls>",
        "JSON-RPC endpoints that must agree, separated by commas (default: that of the network that runs in the folder)",
      );

  withKey(step("kit", "print the root key to a file, to be kept on paper"))
    .alias("create")
    .requiredOption("--network <folder>", "run folder of `persona dev`")
    .requiredOption("--owner <address>", "the wallet that owns the data")
    .requiredOption("--out <file>", "the file to make")
    .option("--kit-passphrase-file <file>", "seal the kit under this passphrase")
    .option("--plain", "do not: whoever reads the kit can read your data")
    .action(async (flags) => (await kit()).recoveryKit({ ...flags, json }));
  withKey(step("restore", "make a keystore from a recovery kit"))
    .requiredOption("--kit <file>", "the kit, or its numbered lines as typed from paper")
    .option("--kit-passphrase-file <file>", "the passphrase of a sealed kit")
    .action(async (flags) => (await kit()).recoveryRestore({ ...flags, json }));
  withAccount(withKey(step("card", "what others need to seal something to your key, or to a new device's")))
    .requiredOption("--out <file>", "the file to make")
    .action(async (flags) => (await kit()).recoveryCard({ ...flags, json }));

  withKey(withChain(step("plan", "name people who hold shares of your root key, and a second wallet")))
    .requiredOption("--people <files>", "their cards, separated by commas")
    .requiredOption("--threshold <number>", "how many of them together give the key back")
    .requiredOption("--delay-days <number>", "2 to 60 days in which you can veto")
    .option("--second-wallet <address>", "may ask by itself, veto, and take over your datasets")
    .requiredOption("--out-dir <folder>", "where each person's packet goes")
    .action(async (flags) => (await plan()).recoveryPlan({ ...flags, json }));
  for (const name of ["conclude", "cancel"] as const) {
    withChain(step(name, name === "conclude" ? "make an announced plan count" : "end an announced plan"))
      .requiredOption("--owner <address>", "whose plan")
      .action(async (flags) => (await plan()).recoveryChange({ ...flags, json }, name));
  }
  withKey(withChain(step("backup", "keep datasets' records, encrypted, where the root key alone finds them")))
    .requiredOption("--records <files>", "records that import has written, separated by commas")
    .action(async (flags) => (await plan()).recoveryBackup({ ...flags, json }));

  withChain(step("request", "ask for a recovery, as a person of the plan or as the second wallet"))
    .requiredOption("--owner <address>", "whose root key")
    .requiredOption("--device <file>", "card of the owner's new device")
    .option("--packet <file>", "the person's packet; not for the second wallet")
    .action(async (flags) => (await steps()).recoveryRequest({ ...flags, json }));
  withChain(step("veto", "stop a recovery that you do not want"))
    .requiredOption("--owner <address>", "whose root key")
    .requiredOption("--requester <address>", "who asked")
    .action(async (flags) => (await steps()).recoveryVeto({ ...flags, json }));
  withChain(step("status", "what the chain says of a plan and a request"))
    .requiredOption("--owner <address>", "whose root key")
    .option("--requester <address>", "who asked (default: the account)")
    .action(async (flags) => (await steps()).recoveryStatus({ ...flags, json }));
  withKey(withChain(step("approve", "release your share to the new device. Call the owner before")))
    .requiredOption("--owner <address>", "whose root key")
    .requiredOption("--requester <address>", "who asked")
    .requiredOption("--packet <file>", "your packet")
    .requiredOption("--device <file>", "card of the owner's new device")
    .requiredOption("--out <file>", "the answer to make")
    .option("--confirmations <number>", "blocks behind the newest at which the request must stand", "0")
    .action(async (flags) => (await steps()).recoveryApprove({ ...flags, json }));
  withKey(withChain(step("finish", "put the answers together on the new device")))
    .requiredOption("--owner <address>", "whose root key")
    .requiredOption("--requester <address>", "who asked")
    .requiredOption("--answers <files>", "people's answers, separated by commas")
    .requiredOption("--device <file>", "keystore of the new device (kind owner-root)")
    .option("--device-passphrase-file <file>", "its passphrase (default: you are asked)")
    .requiredOption("--records-dir <folder>", "where the datasets' records go")
    .action(async (flags) => (await steps()).recoveryFinish({ ...flags, json }));
  withKey(withChain(step("records", "bring datasets' records back from the backup, with the root key")))
    .requiredOption("--owner <address>", "whose")
    .requiredOption("--records-dir <folder>", "where they go")
    .action(async (flags) => (await steps()).recoveryRecords({ ...flags, json }));
  withChain(step("take-over", "as the second wallet, become the owner of a dataset"))
    .requiredOption("--dataset <id>", "its id")
    .action(async (flags) => (await steps()).recoveryTakeOver({ ...flags, json }));
}
