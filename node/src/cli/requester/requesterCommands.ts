import type { Command } from "commander";
import { chainOptions, withAccount } from "../sharedOptions.ts";

/** What a requester does without a dApp: asks, runs jobs, keeps receipts. Each command loads its own code when called. */
export function addRequesterCommands(program: Command, { json }: { readonly json: boolean }): void {
  const request = program.command("request").description("ask an owner for access, and read who asks");
  withAccount(request.command("make").description("ask, by a signature; nothing is sent, no gas is paid"))
    .requiredOption("--program <path>", "folder or file of the program, as persona program build makes it")
    .requiredOption("--segments <names>", "what it reads, separated by commas")
    .requiredOption("--why <text>", "for the owner to read: what the result is used for")
    .option("--uses <number>", "how often", "1")
    .option("--expires-in <span>", "how long, from the grant on", "30d")
    .option("--price <amount>", "offered per use, in the token's smallest unit", "0")
    .option("--out <file>", "the file to make (default: standard output)")
    .action(async (flags) => (await import("./request.ts")).requestMake({ ...flags, json }));
  chainOptions(request.command("show").description("who asks for what: signature checked, texts harmless"))
    .argument("<file>", "the request; - reads it from standard input")
    .action(async (file, flags) => (await import("./request.ts")).requestShow(file, { ...flags, json }));

  const job = program.command("job").description("run programs that owners have granted");
  withAccount(job.command("run").description("post a job, wait, verify the receipt and print the result"))
    .requiredOption("--grant <files...>", "what owners have handed over")
    .requiredOption("--program <path>", "the granted program: its folder or file")
    .requiredOption("--max-fee <amount>", "all that may leave the account, in the token's smallest unit")
    .option("--args <json>", "arguments, as a JSON object", "{}")
    .option("--wait <seconds>", "how long to wait", "600")
    .option(
      "--min-provenance <level>",
      "none, ingest-enclave or third-party: lower origins end the job, and prices come back",
    )
    .action(async (flags) => (await import("./job.ts")).jobRun({ ...flags, json }));
  chainOptions(job.command("status").description("where a job stands"))
    .argument("<id>", "its id")
    .action(async (id, flags) => (await import("./job.ts")).jobStatus(id, { ...flags, json }));

  const receipt = program.command("receipt").description("what a node has signed for a result");
  chainOptions(receipt.command("get").description("receipt and signature of a settled job, to keep"))
    .argument("<id>", "the job's id")
    .requiredOption("--out <file>", "the file to make")
    .action(async (id, flags) => (await import("./receipt.ts")).receiptGet(id, { ...flags, json }));
  chainOptions(receipt.command("verify").description("does it stand? By its signature, the market and the registry"))
    .argument("<file>", "the receipt; - reads it from standard input")
    .option("--job <id>", "of which job it must be")
    .action(async (file, flags) => (await import("./receipt.ts")).receiptVerify(file, { ...flags, json }));

  const app = program.command("app").description("apps, whose names owners are shown");
  withAccount(app.command("register").description("register an app; its domain is claimed until it is proved"))
    .requiredOption("--name <text>", "shown to owners")
    .requiredOption("--domain <name>", "lower case, such as score.example.org")
    .requiredOption("--metadata <file>", "the document whose sha256 is registered")
    .action(async (flags) => (await import("./app.ts")).appRegister({ ...flags, json }));
}
