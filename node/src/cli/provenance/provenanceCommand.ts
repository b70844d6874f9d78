import type { Command } from "commander";
import { chainOptions } from "../sharedOptions.ts";

/** `persona provenance …`; its code is loaded when it is called. */
export function addProvenanceCommand(program: Command, { json }: { readonly json: boolean }): void {
  const provenance = program.command("provenance").description("where data comes from, and who says so");
  chainOptions(
    provenance
      .command("show")
      .description(
        "of a dataset: where each segment comes from, who says so, what it is worth; of an ended job: a tree",
      ),
  )
    .argument("<what>", "the id of a dataset or a job, or your private record of a dataset")
    .option("--keystore <file>", "with a record: keystore with your root key, to see what is sealed")
    .option("--keystore-passphrase-file <file>", "its passphrase")
    .action(async (what, flags) => (await import("./provenanceShow.ts")).provenanceShow(what, { ...flags, json }));
  provenance
    .command("verify")
    .description("check a proof of origin: a Reclaim proof (JSON) or the DKIM signatures of an e-mail (.eml); offline")
    .argument("<file>", "the proof, an array of proofs, or the message")
    .option("--at <seconds>", "the time of asking, Unix seconds (default: now)")
    .option("--max-age <seconds>", "oldest proof that is taken (default: any age)")
    .option("--attestors <addresses>", "Reclaim: whose signatures count (default: Reclaim's own attestor)")
    .option("--owner <address>", "Reclaim: whose claim it must be")
    .option("--provider-hash <hashes>", "Reclaim: the requests that may have been made, by their hash")
    .option("--context-address <address>", "Reclaim: what the context must name under contextAddress")
    .option("--keys <file>", "e-mail: key records of the signing domains; docs/provenance.md says how they are written")
    .option("--domain <name>", "e-mail: the domain that must have signed")
    .option("--min-rsa-bits <number>", "e-mail: shortest RSA key that counts", "1024")
    .option("--json", "print the verdict as one line of JSON")
    .action(async (file, options) =>
      (await import("./provenanceVerify.ts")).provenanceVerify(file, { ...options, json }),
    );
}
