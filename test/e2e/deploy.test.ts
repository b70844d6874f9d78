import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ChainClient, deployments } from "@persona-protocol/sdk/contracts";
import { expect } from "chai";
import { getContractAddress } from "viem";
import { createChainClient } from "../../node/src/chain/connectChain.ts";
import { deployProtocol, requirePredicted } from "../../node/src/deploy/deployProtocol.ts";
import { localConstructors, localGovernance } from "../../node/src/deploy/protocolParameters.ts";
import { startChain } from "../../node/src/dev/chainProcess.ts";
import { createProcesses, type Processes } from "../../node/src/dev/processes.ts";
import { localDeployer } from "../../scripts/deploy/network.ts";
import { expectError } from "../helpers/errors.ts";
import { type HoldingProxy, startHoldingProxy } from "../helpers/holdingProxy.ts";
import { repository, start } from "../house/house.ts";

const script = join(repository, "scripts/deploy.ts");
const local = deployments[31337];
/** Eight contracts and the roles. */
const transactions = 11;

describe("deploy, in a process of its own", function () {
  this.timeout(120_000);
  let folder: string;
  let processes: Processes;
  let rpcUrl: string;
  let client: ChainClient;
  let proxy: HoldingProxy | undefined;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "persona-deploy-"));
    processes = createProcesses(folder);
    rpcUrl = await startChain(processes, "hardhat", 0, AbortSignal.timeout(60_000));
    client = createChainClient({ rpcUrl, chainId: 31_337, account: localDeployer });
  });

  let empty: unknown;
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(folder, "root-"));
    empty = await rpc("evm_snapshot");
  });

  afterEach(async () => {
    await proxy?.close();
    proxy = undefined;
    await rpc("evm_revert", empty);
  });

  after(async () => {
    await processes.stopAll();
    await rm(folder, { recursive: true, force: true });
  });

  const rpc = (method: string, ...params: unknown[]) => client.request({ method, params } as never) as Promise<unknown>;
  const run = (url: string, ...args: string[]) =>
    start([script, "--network", "local", "--root", root, "--rpc-url", url, ...args]);
  const nonce = () => client.getTransactionCount({ address: localDeployer.address });
  const sendAnything = async () => {
    const hash = await client.sendTransaction({ to: localDeployer.address, value: 1n });
    await client.waitForTransactionReceipt({ hash });
  };
  const record = async () => JSON.parse(await readFile(join(root, "deployments/31337.json"), "utf8"));

  /** Runs until the n-th request of this method, which is never answered, and kills the process there. */
  async function killAt(method: string, n: number, how: "lost" | "unanswered"): Promise<void> {
    let seen = 0;
    proxy = await startHoldingProxy(rpcUrl, (asked) => (asked === method && ++seen === n ? how : "no"));
    const deploying = run(proxy.url);
    await Promise.race([proxy.held, deploying.ended.then(({ stderr }) => expect.fail(`It was not held: ${stderr}`))]);
    deploying.child.kill("SIGKILL");
    await deploying.ended;
    expect(existsSync(join(root, "deployments/31337.json"))).to.equal(false);
  }

  it("default: deploys to the addresses that the SDK knows, and again on a chain that was started anew", async () => {
    expect((await run(rpcUrl).ended).code).to.equal(0);
    await rpc("evm_revert", empty);
    empty = await rpc("evm_snapshot");
    const { code, stderr } = await run(rpcUrl).ended;
    expect(code, stderr).to.equal(0);
    const { contracts, build, fromBlock } = await record();
    expect(contracts.JobMarket.address).to.equal(local.jobMarket);
    expect(contracts.AccessManager.address).to.equal(local.accessManager);
    expect(contracts.DevToken.address).to.equal(local.stakeToken);
    expect(contracts.GrantRegistry.constructorArguments).to.deep.equal([local.datasetRegistry, local.jobMarket]);
    expect(build.settingsHash).to.match(/^0x[0-9a-f]{64}$/);
    expect(fromBlock).to.equal(1);

    await rpc("hardhat_setCode", local.jobMarket, "0x00");
    const checked = await run(rpcUrl, "--check").ended;
    expect(checked.code).to.equal(1);
    expect(checked.stderr).to.include("JobMarket: the code");
  });

  it("behavior: --dry-run sends nothing", async () => {
    const { code, stdout } = await run(rpcUrl, "--dry-run").ended;
    expect(code).to.equal(0);
    expect(stdout).to.include(local.jobMarket);
    expect(await nonce()).to.equal(0);
  });

  for (const [what, method, n, how] of [
    ["between two contracts", "eth_getTransactionReceipt", 3, "lost"],
    ["before the chain has heard of the fourth contract", "eth_sendRawTransaction", 4, "lost"],
    ["after the chain has it, before it has said so", "eth_sendRawTransaction", 4, "unanswered"],
  ] as const)
    it(`behavior: killed ${what}, it goes on to the same result`, async () => {
      await killAt(method, n, how);
      const { code, stderr } = await run(rpcUrl).ended;
      expect(code, stderr).to.equal(0);
      expect((await record()).contracts.JobMarket.address).to.equal(local.jobMarket);
      expect(await nonce()).to.equal(transactions);
    });

  it("behavior: killed before the first transaction was signed, it starts from the nonce of today", async () => {
    await killAt("eth_sendRawTransaction", 1, "lost");
    await rm(join(root, "ignition/deployments/chain-31337/signed.jsonl"));
    await sendAnything();
    const { code, stderr } = await run(rpcUrl).ended;
    expect(code, stderr).to.equal(0);
    const { startNonce, contracts } = await record();
    expect(startNonce).to.equal(1);
    expect(contracts.AccessManager.address).to.equal(getContractAddress({ from: localDeployer.address, nonce: 1n }));
  });

  it("error: the deployer has sent something else in between: refused, and nothing more is deployed", async () => {
    await killAt("eth_getTransactionReceipt", 3, "lost");
    await sendAnything();
    const before = await nonce();
    const { code, stderr } = await run(rpcUrl).ended;
    expect(code).to.equal(1);
    expect(stderr).to.include("DEPLOYMENT_FAILED");
    expect(await nonce()).to.equal(before);
    expect(existsSync(join(root, "deployments/31337.json"))).to.equal(false);
  });

  it("error: a start nonce that is not the deployer's: refused before anything is sent", async () => {
    const mistaken = { ...client, getTransactionCount: async () => 7 };
    const constructors = localConstructors(localDeployer.address);
    const governance = localGovernance(localDeployer.address);
    await expectError("DEPLOYMENT_FAILED", () =>
      deployProtocol({ client: mistaken, simulated: true, constructors, governance, confirmations: 1 }),
    );
    expect(await nonce()).to.equal(0);
  });

  it("error: a contract that is not at its predicted address", async () => {
    const predicted = { JobMarket: local.jobMarket, AccessManager: local.accessManager };
    await expectError("DEPLOYMENT_FAILED", async () =>
      requirePredicted({ ...predicted, JobMarket: local.nodeRegistry }, predicted),
    );
  });
});
