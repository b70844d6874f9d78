import type { Command } from "commander";

/** `persona attest …`: evidence of enclaves, judged by docs/attestation.md. Loaded when it is called. */
export function addAttestCommand(program: Command, { json }: { readonly json: boolean }): void {
  const attest = program.command("attest").description("evidence of enclaves: SGX, TDX, AWS Nitro and AMD SEV-SNP");
  const command = (name: string, description: string) =>
    attest
      .command(name)
      .description(description)
      .argument("<file>", "the evidence, as bytes or as hex; its kind is found by itself")
      .option("--collateral <file>", "SGX and TDX: TCB info, identity and revocation lists, as one JSON")
      .option("--root <file>", "another root than the maker's, DER or PEM")
      .option("--vcek <file>", "SNP: certificate of the chip's key, DER or PEM")
      .option("--ask <file>", "SNP: certificate of AMD's signing key, DER or PEM")
      .option("--ark <file>", "SNP: AMD's root certificate, DER or PEM")
      .option("--at <seconds>", "Unix time to judge it at (default: now; a Nitro document's own)")
      .option("--json", "print the verdict as one line of JSON");
  command("verify", "judge it: exit code 0 accepted, 2 rejected, 1 unreadable").action(async (file, flags) =>
    (await import("./attestVerify.ts")).attestVerify(file, { ...flags, json }),
  );
  command("show", "say what it is, what it measures, whether to believe it, and why not").action(async (file, flags) =>
    (await import("./attestShow.ts")).attestShow(file, { ...flags, json }),
  );
}
