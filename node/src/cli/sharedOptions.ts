import type { Command } from "commander";

/** Where chain, contracts and store are. */
export const chainOptions = (command: Command): Command =>
  command
    .requiredOption("--network <folder>", "run folder of `persona dev`: its deployment.json and ipfs")
    .option(
      "--rpc <url>",
      "JSON-RPC endpoints, with commas: all must name the same guardians (default: that of the network in the folder)",
    )
    .option("--token <address>", "ERC-20 of prices and fees (default: a local chain's test money)")
    .option("--json", "the result as one line of JSON");

/** And who signs. */
export const withAccount = (command: Command): Command =>
  chainOptions(command)
    .requiredOption("--account <file>", "keystore of kind account, which signs and pays")
    .option("--passphrase-file <file>", "its passphrase (default: you are asked)");
