/**
 * The owner's portal (portal/) over a local network with an invented owner's data, in one command:
 *
 *   npm run portal [-- --port 5173] [--chain hardhat|anvil|geth] [--chain-port 8545]
 *   npm run portal -- --build          only install and build it, into portal/dist
 *
 * Loopback only. The network is simulated and its keys are public: docs/portal.md says how the page is put before a real one.
 */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { parseChain } from "../node/src/cli/dev.ts";
import { createProgress } from "../node/src/cli/progress.ts";
import { aborted, untilStopped } from "../node/src/cli/untilStopped.ts";
import { repositoryRoot } from "../node/src/dev/repositoryRoot.ts";
import { startNetwork } from "../node/src/dev/startNetwork.ts";
import { localMedium } from "../node/src/storage/index.ts";
import { runCommand, wholeNumber } from "./command/runCommand.ts";
import { buildPortal, installPortal, portalDist } from "./portal/installPortal.ts";
import { seedPortal } from "./portal/seedPortal.ts";
import { servePortal } from "./portal/servePortal.ts";
import { storeRoute } from "./portal/storeRoute.ts";
import { testWalletScript } from "./portal/testWalletScript.ts";

const usage = `
npm run portal [-- options]

  --port NUMBER        of the page (5173; 0 picks a free one)
  --chain NAME         hardhat (default), anvil or geth
  --chain-port NUMBER  of the chain (8545; 0 picks a free one)
  --build              only install what it needs and build it, into portal/dist
`;

const temporary = 75;

await runCommand(
  {
    usage,
    options: {
      port: { type: "string", default: "5173" },
      chain: { type: "string", default: "hardhat" },
      "chain-port": { type: "string", default: "8545" },
      build: { type: "boolean", default: false },
    },
  },
  async (values) => {
    if (!installPortal()) return temporary;
    if (!buildPortal()) return 1;
    if (values.build) return 0;
    const ports = { page: wholeNumber("port", values.port), chain: wholeNumber("chain-port", values["chain-port"]) };
    await run(values.chain, ports);
    return 0;
  },
);

async function run(chain: string, ports: { readonly page: number; readonly chain: number }): Promise<void> {
  const signal = untilStopped();
  const progress = createProgress({ quiet: false });
  const parent = join(repositoryRoot, ".run");
  await mkdir(parent, { recursive: true, mode: 0o700 });
  const runDir = await mkdtemp(join(parent, "portal-"));
  const starting = progress.step("starting chain, guardians, nodes and enclaves");
  const network = await startNetwork({
    runDir,
    chain: parseChain(chain),
    port: ports.chain,
    guardians: 3,
    workers: 2,
    signal,
    onProgress: starting.update,
  });
  starting.done();
  try {
    const seeding = progress.step("an invented owner's data, grants and jobs");
    const seed = await seedPortal(network, { onProgress: seeding.update });
    seeding.done();
    const wallet = { rpcUrl: network.rpcUrl, chainId: network.deployment.chainId, asks: true } as const;
    const server = await servePortal({
      dist: portalDist,
      port: ports.page,
      config: seed.config,
      scripts: [
        await testWalletScript({ ...wallet, privateKey: seed.ownerKey, name: "Test owner" }),
        await testWalletScript({ ...wallet, privateKey: seed.dappKey, name: "Test dApp" }),
      ],
      routes: { store: storeRoute(await localMedium({ path: network.storeDir })) },
    });
    process.stdout.write(
      [
        "",
        // By its name: browsers give no passkeys to addresses.
        `page        http://localhost:${server.port}/`,
        `chain       ${network.rpcUrl} (chain id ${network.deployment.chainId})`,
        `test owner  ${seed.owner.client.account.address}`,
        `            for a wallet of your own: ${seed.ownerKey}`,
        `test dApp   ${seed.dapp.client.account.address}`,
        `            for a wallet of your own: ${seed.dappKey}`,
        `kit         ${join(runDir, "recovery-kit.txt")}, which the page fills in under “I have a recovery kit”`,
        "",
        "Connect “Test owner”, a wallet that is only in this page. Both keys are known to everybody, and the TEE is SIMULATED:",
        "this network protects nothing. Ctrl-C stops it.",
        "",
      ].join("\n"),
    );
    await aborted(signal);
    await server.close();
  } finally {
    await network.close();
    await rm(runDir, { recursive: true, force: true });
  }
}
