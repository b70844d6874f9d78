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
  const member = (name: string, description: string) =>
    attest
      .command(name)
      .description(description)
      .requiredOption("--verifier <address>", "the QuorumVerifier that it is a member of")
      .requiredOption("--chain-id <number>", "the chain of that contract")
      .requiredOption("--keystore <file>", "keystore with the member's account (kind account)")
      .option("--passphrase-file <file>", "its passphrase (default: you are asked)")
      .option("--nitro-root <file>", "development chains only: another root than Amazon's, DER or PEM")
      .option("--snp-root <file>", "development chains only: another root than AMD's, DER or PEM");
  member("sign", "judge Nitro or SNP evidence as a verifier node, and sign the result for the chain")
    .argument("<file>", "the evidence, as bytes or as hex")
    .option("--vcek <file>", "SNP: certificate of the chip's key, DER or PEM")
    .option("--ask <file>", "SNP: certificate of AMD's signing key, DER or PEM")
    .option("--ark <file>", "SNP: AMD's root certificate, DER or PEM")
    .option("--at <seconds>", "Unix time to sign for, within a minute of now (default: now)")
    .option("--json", "print result and signature as one line of JSON")
    .action(async (file, flags) => (await import("./attestSign.ts")).attestSign(file, { ...flags, json }));
  member("serve", "be a verifier node until asked to stop: POST /judge")
    .option("--host <address>", "where to listen", "127.0.0.1")
    .option("--port <number>", "0 picks a free one", "0")
    .option("--json", "print address and port as one line of JSON")
    .action(async (flags) => (await import("./attestServe.ts")).attestServe({ ...flags, json }));
  const sender = (name: string, description: string) =>
    attest
      .command(name)
      .description(description)
      .requiredOption("--rpc <url>", "JSON-RPC endpoint of the chain")
      .requiredOption("--keystore <file>", "keystore with the account that pays (kind account)")
      .option("--passphrase-file <file>", "its passphrase (default: you are asked)");
  sender(
    "feed",
    "tell the chain what Intel has signed of a quote's platform; certificates that it has are not sent again",
  )
    .argument("<quote>", "any SGX or TDX quote of the platform, as bytes or as hex")
    .requiredOption("--verifier <address>", "the DcapVerifier")
    .option("--collateral <file>", "TCB info, identity and revocation lists, as one JSON (default: fetched)")
    .option("--pccs <url>", "where it is fetched: a PCCS (default: Intel's service)")
    .option("--root <file>", "development chains only: another root than Intel's for what is fetched, DER or PEM")
    .option("--json", "print what was sent as one line of JSON")
    .action(async (file, flags) => (await import("./attestFeed.ts")).attestFeed(file, { ...flags, json }));
  sender("poke", "end the enclave keys whose platforms are not believed any more, or not so long")
    .argument("[signers...]", "the keys (default: all that the registry ever took)")
    .requiredOption("--registry <address>", "the NodeRegistry")
    .option("--from-block <number>", "where its events begin", "0")
    .option("--json", "print which keys end sooner as one line of JSON")
    .action(async (signers, flags) => (await import("./attestPoke.ts")).attestPoke(signers, { ...flags, json }));
  command("show", "say what it is, what it measures, whether to believe it, and why not").action(async (file, flags) =>
    (await import("./attestShow.ts")).attestShow(file, { ...flags, json }),
  );
}
