import { randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type ChainClient, callContract, devTokenAbi } from "@persona-protocol/sdk/contracts";
import { type BlobStore, sealKeystore } from "@persona-protocol/sdk/storage";
import { type Address, bytesToHex, hexToBytes, parseEther } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { z } from "zod";
import { createChainClient } from "../chain/connectChain.ts";
import type { NodeConfig } from "../config/nodeConfig.ts";
import { enclaveBundle } from "../enclave/bundle/enclaveBundle.ts";
import { plainDeployment } from "../enclave/runtime/deploymentSchema.ts";
import type { Listening } from "../listen.ts";
import { createLocalIpfs, localMedium } from "../storage/index.ts";
import { type ChainKind, chainIdOf, startChain } from "./chainProcess.ts";
import type { deployContracts, LocalDeployment } from "./deployContracts.ts";
import { devAccount } from "./devAccount.ts";
import { freePort } from "./freePort.ts";
import { startPageServer } from "./pageServer.ts";
import { createProcesses, type ManagedProcess, type Processes } from "./processes.ts";
import { repositoryRoot } from "./repositoryRoot.ts";

export type NetworkOptions = {
  /** Where everything is kept: made when absent. */
  readonly runDir: string;
  readonly chain: ChainKind;
  /** Port of the chain; 0 picks a free one. */
  readonly port: number;
  readonly guardians: number;
  readonly workers: number;
  readonly signal: AbortSignal;
  /** Blocks until the first claim of a job, on average. Default 0: the first claim wins. */
  readonly raceUnit?: bigint;
  readonly onProgress?: (text: string) => void;
  /** Port of the server for pages (pageServer.ts), 0 picks a free one. Default: there is none. */
  readonly pagesPort?: number;
  /** In the place of `deployContracts`, for a chain that has or gets a deployment otherwise. */
  readonly deploy?: typeof deployContracts;
  /** Puts something between everybody and the chain, for instance a recorder; returns the URL to use. */
  readonly wrapRpc?: (url: string) => Promise<string>;
};

type NodeReady = {
  readonly name: string;
  readonly nodeId: number;
  readonly signer: string;
  readonly pid: number;
  readonly enclavePid: number;
  /** Port of its trustless gateway on loopback. */
  readonly gatewayPort: number;
};

/** All four layers on one machine: a chain, guardians and compute nodes, each a process with an enclave process of its own. */
export type Network = LocalDeployment & {
  readonly runDir: string;
  readonly rpcUrl: string;
  readonly storeDir: string;
  readonly store: BlobStore;
  readonly processes: Processes;
  readonly guardians: readonly NodeReady[];
  readonly workers: readonly NodeReady[];
  /** Where pages find the network; undefined when that was not asked for. */
  readonly pagesUrl: string | undefined;
  /** Gives an account ether and test money. */
  fund(address: Address): Promise<void>;
  /** A client of a new account with ether and test money. */
  fundedClient(): Promise<ChainClient>;
  close(): Promise<void>;
};

const stake = parseEther("1000");
const readyLine = z.object({
  nodeId: z.number(),
  signer: z.string(),
  pid: z.number(),
  enclavePid: z.number(),
  gatewayPort: z.number(),
});

export async function startNetwork(options: NetworkOptions): Promise<Network> {
  const { runDir, signal, raceUnit = 0n, onProgress = () => {} } = options;
  const logDir = join(runDir, "logs");
  const storeDir = join(runDir, "ipfs");
  await mkdir(logDir, { recursive: true, mode: 0o700 });
  const processes = createProcesses(logDir);
  let ticker: NodeJS.Timeout | undefined;
  let pages: Listening | undefined;
  const close = async () => {
    clearInterval(ticker);
    await Promise.all([pages?.close(), processes.stopAll()]);
  };
  // Whatever waits for a process to be ready hears at once that it will not be.
  signal.addEventListener("abort", () => void close(), { once: true });

  try {
    onProgress("starting the chain");
    // Said at once when it is taken. None is chosen here: between the choice and the chain another process could take it.
    const port = options.port === 0 ? 0 : await freePort(options.port);
    await freePort(options.pagesPort ?? 0);
    // Ignition takes half a second to load: the chain needs longer to start, in another process.
    const [deploy, direct] = await Promise.all([
      options.deploy ?? import("./deployContracts.ts").then((module) => module.deployContracts),
      startChain(processes, options.chain, port, signal),
    ]);
    const rpcUrl = (await options.wrapRpc?.(direct)) ?? direct;
    const governor = createChainClient({
      rpcUrl,
      chainId: chainIdOf(options.chain),
      account: devAccount(0),
    });
    onProgress("deploying the contracts");
    const local = await deploy(governor, { raceUnit });
    await writeFile(join(runDir, "deployment.json"), deploymentJson(local));

    const fund = createFaucet(governor, local);
    const fundedClient = async () => {
      const account = privateKeyToAccount(generatePrivateKey());
      await fund(account.address);
      return createChainClient({ rpcUrl, chainId: local.deployment.chainId, account });
    };

    onProgress("starting guardians and nodes, each with its enclave");
    const launch = async (role: NodeConfig["role"], count: number, after: readonly ManagedProcess[] = []) => {
      const nodes: { name: string; process: ManagedProcess }[] = [];
      for (let i = 1; i <= count; i++) {
        const name = `${role}-${i}`;
        const configFile = await prepareNode({ runDir, name, role, rpcUrl, storeDir, verifier: local.verifier, fund });
        await Promise.all(after.map(({ ready }) => ready));
        nodes.push({ name, process: startDaemon(processes, name, configFile) });
      }
      return nodes;
    };
    const guardians = await launch("guardian", options.guardians);
    // Guardians are the nodes from 1 on, always: guides and people name them so.
    const after = guardians.map(({ process }) => process);
    const started = [...guardians, ...(await launch("worker", options.workers, after))];
    const ready = await Promise.all(
      started.map(
        async ({ name, process }): Promise<NodeReady> => ({
          name,
          ...readyLine.parse(JSON.parse(await process.ready)),
        }),
      ),
    );

    const { pagesPort } = options;
    if (pagesPort !== undefined) {
      const medium = await localMedium({ path: storeDir });
      pages = await startPageServer({ port: pagesPort, rpcUrl, local, medium, fund });
    }
    ticker = startTicker(governor, { always: raceUnit !== 0n });
    return {
      ...local,
      runDir,
      rpcUrl,
      storeDir,
      pagesUrl: pages === undefined ? undefined : `http://127.0.0.1:${pages.port}`,
      store: await createLocalIpfs({ path: storeDir }),
      processes,
      guardians: ready.filter(({ name }) => name.startsWith("guardian")),
      workers: ready.filter(({ name }) => name.startsWith("worker")),
      fund,
      fundedClient,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

export function startDaemon(processes: Processes, name: string, configFile: string): ManagedProcess {
  const persona = join(repositoryRoot, "node/src/cli/persona.ts");
  return processes.start({
    name,
    command: [process.execPath, "--no-warnings", persona, "node", "start", "--config", configFile, "--json"],
    // Five daemons load the same modules: what one has compiled the others need not.
    env: { ...process.env, NODE_COMPILE_CACHE: join(repositoryRoot, ".cache/node") },
    readyTimeoutMs: 60_000,
    isReady: (line) => line.startsWith("{") && line.includes('"nodeId"'),
  });
}

/** Keystore, passphrase and configuration of one node, under `runDir/name`. */
async function prepareNode(node: {
  readonly runDir: string;
  readonly name: string;
  readonly role: NodeConfig["role"];
  readonly rpcUrl: string;
  readonly storeDir: string;
  readonly verifier: string;
  readonly fund: (address: `0x${string}`) => Promise<void>;
}): Promise<string> {
  const folder = join(node.runDir, node.name);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const key = generatePrivateKey();
  await node.fund(privateKeyToAccount(key).address);
  const passphrase = bytesToHex(randomBytes(16));
  const keystore = await sealKeystore({ kind: "account", secret: hexToBytes(key), passphrase });
  const config = {
    role: node.role,
    rpcUrl: node.rpcUrl,
    deployment: "../deployment.json",
    keystore: "keystore.json",
    passphraseFile: "passphrase",
    dataDir: "data",
    storeDir: node.storeDir,
    stake: String(stake),
    pollMs: 50,
    verifier: node.verifier,
    // The one whose measurement was allowed above, whatever becomes of the sources while this network runs.
    enclaveBundle: enclaveBundle().folder,
  } satisfies Partial<NodeConfig>;
  const configFile = join(folder, "config.json");
  const secret = { mode: 0o600 };
  await writeFile(join(folder, "keystore.json"), JSON.stringify(keystore), secret);
  await writeFile(join(folder, "passphrase"), passphrase, secret);
  await writeFile(configFile, `${JSON.stringify(config, null, 2)}\n`);
  return configFile;
}

/** Ether for gas and test money for stake, fees and prices. One at a time: the governor's nonce is one. */
function createFaucet(governor: ChainClient, { token }: LocalDeployment): (address: `0x${string}`) => Promise<void> {
  let last: Promise<unknown> = Promise.resolve();
  return (address) => {
    const next = last.then(async () => {
      const hash = await governor.sendTransaction({
        to: address,
        value: parseEther("10"),
        account: governor.account,
        chain: governor.chain,
      });
      await governor.waitForTransactionReceipt({ hash });
      await callContract(governor, {
        address: token,
        abi: devTokenAbi,
        functionName: "mint",
        args: [address, parseEther("10000")],
      });
    });
    last = next.catch(() => {});
    return next;
  };
}

/**
 * A chain that mines only on demand stands still in time: an empty transaction keeps deadlines moving. Its time runs ahead when
 * it mines much, and then needs no help; a race counts blocks, and always does.
 */
function startTicker(governor: ChainClient, { always }: { readonly always: boolean }): NodeJS.Timeout {
  const everyMs = 1_000;
  const account = devAccount(9);
  const tick = async () => {
    const { timestamp } = await governor.getBlock();
    if (!always && Date.now() / 1_000 - Number(timestamp) < 1) return;
    await governor.sendTransaction({ account, to: account.address, value: 0n, chain: governor.chain });
  };
  const timer = setInterval(() => void tick().catch(() => {}), everyMs); // The chain may be going away: the next tick tells.
  timer.unref();
  return timer;
}

function deploymentJson({ deployment, token, verifier }: LocalDeployment): string {
  return `${JSON.stringify({ ...plainDeployment(deployment), token, verifier }, null, 2)}\n`;
}
