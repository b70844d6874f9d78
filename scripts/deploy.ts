// npm run deploy -- --network NAME: deploys the protocol, or goes on where it was interrupted; --check looks at a live one.
import { existsSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { createInterface } from "node:readline/promises";
import { parseArgs } from "node:util";
import { listTransactions } from "@nomicfoundation/ignition-core";
import type { ChainClient } from "@persona-protocol/sdk/contracts";
import { PersonaError } from "@persona-protocol/sdk/errors";
import type { Hex } from "viem";
import { createChainClient } from "../node/src/chain/connectChain.ts";
import { runCommand } from "../node/src/cli/runCommand.ts";
import { artifactResolver } from "../node/src/deploy/artifacts.ts";
import { intelRoot } from "../node/src/deploy/attestationRoot.ts";
import { type DeployedProtocol, deployProtocol } from "../node/src/deploy/deployProtocol.ts";
import { readJournal } from "../node/src/deploy/journal.ts";
import {
  addressOf,
  predictAddresses,
  protocolContracts,
  resolveArguments,
} from "../node/src/deploy/protocolContracts.ts";
import { delayOf, roles } from "../node/src/deploy/roles.ts";
import { verifyDeployment } from "../node/src/deploy/verifyDeployment.ts";
import { repositoryRoot } from "../node/src/dev/repositoryRoot.ts";
import { readBuild, settingsHash } from "./deploy/build.ts";
import {
  addressesOf,
  type DeploymentRecord,
  readRecord,
  recordFile,
  transactionsOf,
} from "./deploy/deploymentRecord.ts";
import { localDeployer, readDeployer, readNetwork, type TargetNetwork } from "./deploy/network.ts";
import { commitOf, preflight } from "./deploy/preflight.ts";

const usage = `npm run deploy -- --network local|NAME [--check | --dry-run] [--rpc-url URL] [--keystore FILE --passphrase-file FILE] [--yes]

NAME is that of ignition/parameters/NAME.json; the URL may also come from PERSONA_RPC_URL. docs/deployment.md is the recipe.`;

await runCommand(main, { json: false });

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      network: { type: "string" },
      "rpc-url": { type: "string" },
      keystore: { type: "string" },
      "passphrase-file": { type: "string" },
      check: { type: "boolean", default: false },
      "dry-run": { type: "boolean", default: false },
      yes: { type: "boolean", default: false },
      // For rehearsals: the record then says "-dirty", and nobody can compile what is on the chain.
      "allow-dirty": { type: "boolean", default: false },
      // Where parameters, journal and record are: another folder in tests.
      root: { type: "string" },
    },
  });
  if (values.network === undefined) throw new PersonaError("USAGE", usage);
  const root = resolve(values.root ?? repositoryRoot);
  const network = await readNetwork(root, values.network);
  // What a local chain holds is gone with it, and no business of git.
  const state = network.simulated && values.root === undefined ? join(root, ".run") : root;
  const file = recordFile(state, network.chainId);
  const rpcUrl =
    values["rpc-url"] ?? process.env["PERSONA_RPC_URL"] ?? (network.simulated ? "http://127.0.0.1:8545" : "");
  if (rpcUrl === "") throw new PersonaError("USAGE", "Give --rpc-url or PERSONA_RPC_URL.");

  if (values.check) {
    const client = await connect(rpcUrl, network, localDeployer); // reads only
    return report(client, network, await readRecord(file));
  }
  const { keystore, "passphrase-file": passphraseFile } = values;
  if (!network.simulated && (keystore === undefined || passphraseFile === undefined))
    throw new PersonaError("USAGE", "A public chain needs --keystore and --passphrase-file of the deployer.");
  const account =
    keystore === undefined || passphraseFile === undefined
      ? localDeployer
      : await readDeployer(keystore, passphraseFile);
  const client = await connect(rpcUrl, network, account);
  const journalDir = join(state, "ignition/deployments", `chain-${network.chainId}`);
  if (network.simulated) await forgetOtherChain(client, journalDir);
  if (existsSync(file) && !network.simulated)
    throw new PersonaError(
      "DEPLOYMENT_FAILED",
      "This chain has a deployment already; a second one is another protocol.",
      {
        data: { file },
      },
    );
  await announce(client, network, journalDir);
  if (!network.simulated) {
    const { stakeToken } = network.constructors(account.address);
    const governance = network.governance(account.address);
    const problems = await preflight({
      client,
      stakeToken,
      governance,
      root: repositoryRoot,
      allowDirty: values["allow-dirty"],
    });
    if (problems.length > 0) throw new PersonaError("DEPLOYMENT_FAILED", problems.join("\n"));
  }
  if (values["dry-run"]) return;
  if (!network.simulated && !values.yes) await confirm(network);

  const deployed = await deployProtocol({
    client,
    simulated: network.simulated,
    constructors: network.constructors(account.address),
    governance: network.governance(account.address),
    confirmations: network.confirmations,
    journalDir,
    onProgress: (text) => process.stderr.write(`${text}\n`),
  });
  const record = await recordOf(client, network, deployed, journalDir);
  await report(client, network, record);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `${JSON.stringify(record, null, 2)}\n`);
  process.stdout.write(
    `${file} written.${network.simulated ? "" : " Commit it with ignition/deployments, then: npm run abis"}\n`,
  );
}

async function connect(
  rpcUrl: string,
  { chainId }: TargetNetwork,
  account: typeof localDeployer | Awaited<ReturnType<typeof readDeployer>>,
) {
  const client = createChainClient({ rpcUrl, chainId, account });
  const got = await client.getChainId().catch((cause) => {
    throw new PersonaError("CHAIN_UNREACHABLE", "The chain endpoint does not answer.", { cause });
  });
  if (got !== chainId)
    throw new PersonaError("CHAIN_WRONG", "The endpoint serves another chain.", { data: { got, wanted: chainId } });
  return client;
}

/** A local chain that was started anew knows nothing of what the last one's journal says. */
async function forgetOtherChain(client: ChainClient, journalDir: string): Promise<void> {
  if (!existsSync(journalDir)) return;
  const { startNonce } = await readJournal(journalDir);
  const nonce = await client.getTransactionCount({ address: client.account.address, blockTag: "pending" });
  if (startNonce !== undefined && nonce > startNonce) return;
  await rm(journalDir, { recursive: true });
}

async function announce(client: ChainClient, network: TargetNetwork, journalDir: string): Promise<void> {
  const deployer = client.account.address;
  const { startNonce: journaled } = await readJournal(journalDir);
  const startNonce = journaled ?? (await client.getTransactionCount({ address: deployer, blockTag: "pending" }));
  const contracts = protocolContracts(network);
  const addresses = predictAddresses(contracts, deployer, startNonce);
  const governance = network.governance(deployer);
  const { stakeToken, claimBond, raceUnit, tcbEvaluation, quorumThreshold, ...root } = network.constructors(deployer);
  const lines = [
    `${journaled === undefined ? "Deploying" : "Going on with the deployment"} to ${network.name} (chain ${network.chainId}) by ${deployer} from nonce ${startNonce}:`,
    ...contracts.map(({ name }) => `  ${name.padEnd(26)} ${addressOf(addresses, name)}`),
    `  for ever: stakes in ${stakeToken ?? "the DevToken above"}, bond ${claimBond} of its smallest unit, race unit ${raceUnit} blocks`,
    `  for ever: evidence under ${root.rootX === intelRoot.rootX ? "Intel's root" : "a DEVELOPMENT root"}, or by ${quorumThreshold} verifier nodes; TCB evaluation ${tcbEvaluation} at first`,
    `  ADMIN    ${governance.admin}, waits ${governance.adminDelaySeconds} s`,
    ...roles.map((role) => `  ${role.name.padEnd(8)} ${governance[role.holder]}, waits ${delayOf(role, governance)} s`),
    ...governance.measurements.map((measurement) => `  allowed from the start: measurement ${measurement}`),
    ...governance.verifiers.map((verifier) => `  allowed from the start: verifier ${verifier}`),
    ...governance.advisories.map((name) => `  allowed from the start: advisory ${name}`),
    ...governance.quorumMembers.map((member) => `  allowed from the start: verifier node ${member}`),
    ...governance.tokens.map(
      ({ token, protocolFeeBps, burnedUnit }) =>
        `  allowed from the start: token ${token}, protocol fee ${protocolFeeBps} bps, burned unit ${burnedUnit}`,
    ),
  ];
  process.stdout.write(`${lines.join("\n")}\n`);
}

async function confirm({ name }: TargetNetwork): Promise<void> {
  if (!process.stdin.isTTY) throw new PersonaError("USAGE", "Nobody is here to confirm: give --yes.");
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await lines.question(`This cannot be undone. Type ${name} to go on: `);
  lines.close();
  if (answer.trim() !== name) throw new PersonaError("CANCELLED", "Not confirmed; nothing was sent.");
}

async function recordOf(
  client: ChainClient,
  network: TargetNetwork,
  { contracts, addresses, startNonce }: DeployedProtocol,
  journalDir: string,
): Promise<DeploymentRecord> {
  const deployer = client.account.address;
  const constructors = network.constructors(deployer);
  const sent = await listTransactions(journalDir, artifactResolver({ withBuildInfo: false }));
  const transactionOf = (name: string) =>
    sent.find((transaction) => transaction.name === name && transaction.address !== undefined)?.txHash as
      | Hex
      | undefined;
  const first = transactionOf("AccessManager");
  if (first === undefined) throw new PersonaError("INTERNAL", "The journal does not say what created AccessManager.");
  const { blockNumber } = await client.getTransactionReceipt({ hash: first });
  const { compiler, input } = await readBuild(repositoryRoot, "JobMarket");
  return {
    chainId: network.chainId,
    network: network.name,
    simulated: network.simulated,
    deployer,
    startNonce,
    fromBlock: Number(blockNumber),
    contracts: Object.fromEntries(
      contracts.map((contract) => [
        contract.name,
        {
          address: addressOf(addresses, contract.name),
          transaction: transactionOf(contract.name),
          constructorArguments: resolveArguments(contract, addresses, constructors).map((value) =>
            typeof value === "bigint" ? String(value) : (value as string | number | boolean),
          ),
        },
      ]),
    ),
    stakeToken: constructors.stakeToken ?? addressOf(addresses, "DevToken"),
    build: { commit: commitOf(repositoryRoot), compiler, settingsHash: settingsHash(input) },
  };
}

/** @throws PersonaError DEPLOYMENT_FAILED with every difference between the chain and what it should be */
async function report(client: ChainClient, network: TargetNetwork, record: DeploymentRecord): Promise<void> {
  const problems = await verifyDeployment(client, {
    chainId: record.chainId,
    simulated: record.simulated,
    addresses: addressesOf(record),
    fromBlock: BigInt(record.fromBlock),
    constructors: network.constructors(record.deployer),
    governance: network.governance(record.deployer),
    transactions: transactionsOf(record),
  });
  if (problems.length > 0) throw new PersonaError("DEPLOYMENT_FAILED", problems.join("\n"));
  process.stdout.write("Code, wiring and roles are what they must be.\n");
}
