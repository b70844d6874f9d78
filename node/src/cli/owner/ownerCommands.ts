import type { Command } from "commander";
import { chainOptions, withAccount } from "../sharedOptions.ts";

/** What an owner does with datasets and grants. Each command loads its own code when it is called. */
export function addOwnerCommands(program: Command, { json }: { readonly json: boolean }): void {
  const owned = "your private record of the dataset, as persona import wrote it";
  const before = "do not ask before what cannot be undone";

  chainOptions(program.command("datasets").description("what an account owns, as the chain tells it"))
    .option("--owner <address>", "whose")
    .option("--account <file>", "whose, by their keystore, which is not opened")
    .action(async (flags) => (await import("./datasets.ts")).datasets({ ...flags, json }));
  chainOptions(program.command("grants").description("whom an account has granted what"))
    .option("--owner <address>", "whose")
    .option("--account <file>", "whose, by their keystore, which is not opened")
    .option("--all", "those that are over, too")
    .action(async (flags) => (await import("./grants.ts")).grants({ ...flags, json }));
  withAccount(program.command("grant").description("let an account run one program on chosen segments"))
    .argument("<record>", owned)
    .requiredOption("--out <file>", "the grant, to hand over; it holds no key")
    .option("--request <file>", "what a dApp has sent (persona request make); - reads it from standard input")
    .option("--to <address>", "who may submit jobs")
    .option("--program <path>", "folder or file of the program, as persona program build makes it")
    .option("--segments <names>", "of the dataset, separated by commas")
    .option("--uses <number>", "how often (default: 1)")
    .option("--expires-in <span>", "such as 12h or 30d (default: 30d)")
    .option("--price <amount>", "per use, in the token's smallest unit (default: 0)")
    .option(
      "--max-age <span>",
      "later versions too, none published longer before its job, such as 1d (default: this version)",
    )
    .option("--sign", "by a signature: no gas; whoever submits a job under it pays")
    .option("--yes", before)
    .action(async (record, flags) => (await import("./grant.ts")).grant(record, { ...flags, json }));
  withAccount(program.command("revoke").description("end a grant for ever, or all of them"))
    .argument("[grant]", "the grant's file")
    .option("--all", "every grant of the account, also those that were signed and never used")
    .option("--yes", before)
    .action(async (file, flags) => (await import("./revoke.ts")).revoke(file, { ...flags, json }));
  withAccount(program.command("erase").description("stop a dataset at once, and erase it a week later"))
    .argument("<record>", owned)
    .option("--restore", "take it back, while it can be")
    .option("--conclude", "make it final, after the week")
    .option("--yes", before)
    .action(async (record, flags) => (await import("./erase.ts")).erase(record, { ...flags, json }));
  withAccount(program.command("transfer").description("hand a dataset on to another account, in two steps"))
    .argument("<record>", `${owned}; with --accept the dataset's id`)
    .option("--to <address>", "who may take it, from two days on")
    .option("--accept", "take what was offered to you")
    .option("--yes", before)
    .action(async (what, flags) => (await import("./transfer.ts")).transfer(what, { ...flags, json }));
  const guardians = program.command("guardians").description("who holds the shares of your keys");
  withAccount(guardians.command("replace").description("other guardians or another threshold, the data untouched"))
    .argument("<record>", owned)
    .requiredOption("--guardians <ids>", "node ids, separated by commas")
    .requiredOption("--threshold <number>", "how many of them together can release a key")
    .requiredOption("--keystore <file>", "keystore with your root key (kind owner-root)")
    .option("--keystore-passphrase-file <file>", "its passphrase, where it has another")
    .requiredOption("--out <file>", "your new record of the dataset")
    .option("--yes", before)
    .action(async (record, flags) =>
      (await import("./guardiansReplace.ts")).guardiansReplace(record, { ...flags, json }),
    );
}
