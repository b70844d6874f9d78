import type { Command } from "commander";

/** `persona program build | test | publish`. Each loads its own code when it is called. */
export function addProgramCommand(parent: Command, { json }: { readonly json: boolean }): void {
  const program = parent.command("program").description("programs that owners can grant: build, try, publish");
  program
    .command("build")
    .description("make one file of a program's manifest and code, and say its id")
    .argument("<folder>", "folder with program.json and the code that it names; docs/programs.md says what is in it")
    .option("--out <file>", "the new file (default: <folder>.program here)")
    .option("--json", "print ids and digests as one line of JSON")
    .action(async (folder, options) => (await import("./programBuild.ts")).programBuild(folder, { ...options, json }));
  program
    .command("test")
    .description("run a program on sample data here, in the sandbox and under the output policy of an enclave")
    .argument("<program>", "file that `persona program build` has made, or the folder of one")
    .option(
      "--data <sample>",
      "records of a table, as TABLE=FILE or FILE, in Parquet, CSV, JSON or NDJSON; once more for another owner",
      (value: string, all: string[]) => [...all, value],
      [],
    )
    .option("--args <json>", "the arguments, as JSON", "{}")
    .option("--min-owners <number>", "owners behind each row that the grant would ask for", "1")
    .option("--max-output-bytes <number>", "of the sealed result, that the job would allow", "2048")
    .option("--json", "print result, time, memory and the policy's word as one line of JSON")
    .action(async (file, options) => (await import("./programTest.ts")).programTest(file, { ...options, json }));
  program
    .command("publish")
    .description("put a program into the store, so that jobs need to name it only")
    .argument("<program>", "file that `persona program build` has made, or the folder of one")
    .option("--network <folder>", "run folder of `persona dev`: its ipfs")
    .option("--stores <file>", "JSON file with the stores to publish to")
    .option("--json", "print what was stored as one line of JSON")
    .action(async (file, options) => (await import("./programPublish.ts")).programPublish(file, { ...options, json }));
}
