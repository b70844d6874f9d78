import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { PersonaError } from "@persona-protocol/sdk/errors";
import { sealKeystore } from "@persona-protocol/sdk/storage";
import { hexToBytes } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import type { ChainKind } from "../dev/chainProcess.ts";
import { repositoryRoot } from "../dev/repositoryRoot.ts";
import { type Network, startNetwork } from "../dev/startNetwork.ts";
import { plainDeployment } from "../enclave/runtime/deploymentSchema.ts";
import { devFund, devKill, devWarp, type NetworkState } from "./devFaults.ts";
import { jsonLine } from "./jsonLine.ts";
import { networkStateName } from "./networkFolder.ts";
import { parseWhole } from "./parse.ts";
import { createProgress } from "./progress.ts";
import { aborted, untilStopped } from "./untilStopped.ts";

/** `persona dev`: the local network of all four layers, left running until Ctrl-C. */
export async function dev(options: {
  readonly chain: string;
  readonly port: string;
  readonly dir?: string;
  readonly throwAway?: boolean;
  readonly warp?: string;
  readonly kill?: string;
  readonly fund?: string;
  readonly pages?: string;
  readonly json: boolean;
}): Promise<void> {
  const { warp, kill, fund, dir } = options;
  if (warp !== undefined || kill !== undefined || fund !== undefined) {
    if (dir === undefined) throw new PersonaError("USAGE", "Say which network: --dir of the one that runs.");
    if (kill !== undefined) await devKill(kill, dir, options.json);
    if (warp !== undefined) await devWarp(warp, dir, options.json);
    if (fund !== undefined) await devFund(fund, dir, options.json);
    return;
  }
  const signal = untilStopped();
  const progress = createProgress({ quiet: options.json });
  const port = parseWhole(options.port, "--port", 0, 65_535);
  // Where a new app of the template looks, unless it is told otherwise.
  const nextPort = port === 0 || port === 65_535 ? 0 : port + 1;
  const pagesPort = options.pages === undefined ? nextPort : parseWhole(options.pages, "--pages", 0, 65_535);
  const runDir = options.dir === undefined ? await newRunDir() : resolve(options.dir);

  const step = progress.step("starting the network");
  const network = await startNetwork({
    runDir,
    chain: parseChain(options.chain),
    port,
    pagesPort,
    guardians: 3,
    workers: 2,
    signal,
    onProgress: step.update,
  }).catch((error: unknown) => {
    step.fail();
    throw error;
  });
  step.done();
  const wallets = await seedWallets(network);
  const state: NetworkState = {
    rpcUrl: network.rpcUrl,
    pagesUrl: network.pagesUrl,
    nodes: [...network.guardians, ...network.workers],
  };
  await writeFile(join(runDir, networkStateName), `${JSON.stringify(state)}\n`, { mode: 0o600 });
  print(network, wallets, options.json);
  await aborted(signal);
  await network.close();
  await rm(join(runDir, networkStateName), { force: true });
  if (options.throwAway === true) await rm(runDir, { recursive: true, force: true });
  process.exitCode = 0;
}

export function parseChain(text: string): ChainKind {
  if (text === "hardhat" || text === "anvil" || text === "geth") return text;
  throw new PersonaError("USAGE", "--chain takes hardhat, anvil or geth.", { data: { chain: text } });
}

type Wallets = {
  readonly passphraseFile: string;
  readonly accounts: readonly { name: string; address: string; file: string }[];
};

/** Two accounts with ether and test money, as keystores that every command takes: to try things with. */
async function seedWallets({ runDir, fund }: Network): Promise<Wallets> {
  const folder = join(runDir, "wallets");
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const passphrase = randomBytes(16).toString("hex");
  const passphraseFile = join(folder, "passphrase");
  await writeFile(passphraseFile, passphrase, { mode: 0o600 });
  const accounts: { name: string; address: string; file: string }[] = [];
  for (const name of ["owner", "dapp"]) {
    const key = generatePrivateKey();
    const { address } = privateKeyToAccount(key);
    const file = join(folder, `${name}.json`);
    const keystore = await sealKeystore({ kind: "account", secret: hexToBytes(key), passphrase });
    await writeFile(file, `${JSON.stringify(keystore, null, 2)}\n`, { mode: 0o600 });
    await fund(address);
    accounts.push({ name, address, file });
  }
  return { passphraseFile, accounts };
}

async function newRunDir(): Promise<string> {
  const parent = join(repositoryRoot, ".run");
  await mkdir(parent, { recursive: true, mode: 0o700 });
  return mkdtemp(join(parent, "network-"));
}

function print(
  { rpcUrl, pagesUrl, runDir, deployment, processes, guardians, workers }: Network,
  { accounts, passphraseFile }: Wallets,
  json: boolean,
): void {
  const nodes = [...guardians, ...workers];
  if (json) {
    process.stdout.write(
      jsonLine({
        ok: true,
        rpcUrl,
        pagesUrl,
        chainId: deployment.chainId,
        runDir,
        deployment: plainDeployment(deployment),
        nodes,
        accounts,
        passphraseFile,
      }),
    );
    return;
  }
  const lines = [
    "",
    `chain       ${rpcUrl} (chain id ${deployment.chainId}, pid ${processes.pids()[0]?.pid})`,
    ...nodes.map(
      ({ name, nodeId, pid, enclavePid }) => `${name.padEnd(12)}node ${nodeId}, pid ${pid}, enclave pid ${enclavePid}`,
    ),
    ...accounts.map(({ name, address, file }) => `${name.padEnd(12)}${address}, with ether and test money: ${file}`),
    `pages       ${pagesUrl}/network.json: store and faucet for pages of this machine`,
    `passphrase  of both: ${passphraseFile}`,
    `deployment  ${join(runDir, "deployment.json")}`,
    `logs        ${join(runDir, "logs")}`,
    "",
    "The TEE is SIMULATED: this network protects nothing. Ctrl-C stops it.",
    "",
  ];
  process.stdout.write(lines.join("\n"));
}
