import type { Command } from "commander";
import { chainOptions } from "../sharedOptions.ts";

/** `persona provenance …`; its code is loaded when it is called. */
export function addProvenanceCommand(program: Command, { json }: { readonly json: boolean }): void {
  const provenance = program.command("provenance").description("where data comes from, and who says so");
  chainOptions(provenance.command("show").description("inputs, program, node and result of an ended job, as a tree"))
    .argument("<id>", "the job's id")
    .addHelpText("after", "\nExample:\n  persona provenance show 0x… --network .run/network-abc")
    .action(async (id, flags) => (await import("./provenanceShow.ts")).provenanceShow(id, { ...flags, json }));
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
