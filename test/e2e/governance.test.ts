import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ChainClient, measurementPolicyAbi, nodeRegistryAbi } from "@persona-protocol/sdk/contracts";
import { expect } from "chai";
import {
  type Abi,
  type Address,
  BaseError,
  ContractFunctionRevertedError,
  encodeFunctionData,
  type Hex,
  toFunctionSelector,
  toHex,
} from "viem";
import { mnemonicToAccount } from "viem/accounts";
import { createChainClient } from "../../node/src/chain/connectChain.ts";
import { accessManagerAbi } from "../../node/src/deploy/accessManagerAbi.ts";
import { readArtifact } from "../../node/src/deploy/artifacts.ts";
import { deployProtocol } from "../../node/src/deploy/deployProtocol.ts";
import { addressOf, type ContractName, type ProtocolAddresses } from "../../node/src/deploy/protocolContracts.ts";
import {
  type GovernanceParameters,
  localConstructors,
  localGovernance,
} from "../../node/src/deploy/protocolParameters.ts";
import { roles, selectorOf } from "../../node/src/deploy/roles.ts";
import { type DeploymentToVerify, verifyDeployment } from "../../node/src/deploy/verifyDeployment.ts";
import { startChain } from "../../node/src/dev/chainProcess.ts";
import { createProcesses, type Processes } from "../../node/src/dev/processes.ts";

const day = 86_400;
const measurement = toHex(1, { size: 32 });
const other = toHex(2, { size: 32 });
/** Made once: deriving a key takes 30 ms. */
const accounts = Array.from({ length: 6 }, (_, addressIndex) =>
  mnemonicToAccount("test test test test test test test test test test test junk", { addressIndex }),
);

describe("governance", function () {
  this.timeout(60_000);
  let folder: string;
  let processes: Processes;
  let rpcUrl: string;
  const account = (index: number) => accounts[index] ?? expect.fail(`There is no account ${index}.`);
  const clients = new Map<number, ChainClient>();
  const client = (index: number) => {
    const known = clients.get(index) ?? createChainClient({ rpcUrl, chainId: 31_337, account: account(index) });
    clients.set(index, known);
    return known;
  };
  const [deployer, admin, governor, guard, pauser, stranger] = [0, 1, 2, 3, 4, 5] as const;
  const rpc = (method: string, ...params: unknown[]) =>
    client(0).request({ method, params } as never) as Promise<unknown>;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "persona-governance-"));
    processes = createProcesses(folder);
    rpcUrl = await startChain(processes, "hardhat", 0, AbortSignal.timeout(60_000));
  });

  let snapshot: unknown;
  beforeEach(async () => {
    snapshot = await rpc("evm_snapshot");
  });
  afterEach(() => rpc("evm_revert", snapshot));

  after(async () => {
    await processes.stopAll();
    await rm(folder, { recursive: true, force: true });
  });

  async function send(
    by: number,
    address: Address,
    abi: Abi,
    functionName: string,
    args: readonly unknown[],
  ): Promise<void> {
    const hash = await client(by).writeContract({ address, abi, functionName, args, chain: client(by).chain });
    const { status } = await client(by).waitForTransactionReceipt({ hash });
    expect(status).to.equal("success");
  }

  /** The name of the custom error that the call reverts with. */
  async function refusal(work: Promise<unknown>): Promise<string> {
    const error = await work.then(
      () => expect.fail("It was not refused."),
      (problem: unknown) => problem,
    );
    const reverted =
      error instanceof BaseError && error.walk((cause) => cause instanceof ContractFunctionRevertedError);
    if (!(reverted instanceof ContractFunctionRevertedError)) throw error;
    return reverted.data?.errorName ?? reverted.signature ?? "unknown";
  }

  async function deployed(governance: GovernanceParameters): Promise<DeploymentToVerify> {
    const constructors = localConstructors(account(deployer).address);
    const fromBlock = await client(deployer).getBlockNumber();
    const { addresses } = await deployProtocol({
      client: client(deployer),
      simulated: true,
      constructors,
      governance,
      confirmations: 1,
    });
    return { chainId: 31_337, simulated: true, addresses, fromBlock, constructors, governance };
  }

  /** What stands on a public chain: four accounts, and seven days for whatever widens. */
  const apart = (): GovernanceParameters => ({
    admin: account(admin).address,
    governor: account(governor).address,
    guard: account(guard).address,
    pauser: account(pauser).address,
    adminDelaySeconds: 7 * day,
    wideningDelaySeconds: 7 * day,
    measurements: [measurement],
    verifiers: [],
    tokens: [],
    advisories: [],
    quorumMembers: [],
  });

  const isAllowed = (addresses: ProtocolAddresses, wanted: Hex) =>
    client(stranger).readContract({
      address: addressOf(addresses, "MeasurementPolicy"),
      abi: measurementPolicyAbi,
      functionName: "isAllowed",
      args: [wanted],
    });

  describe("with delays and four accounts", () => {
    let deployment: DeploymentToVerify;
    before(async () => {
      deployment = await deployed(apart());
    });

    it("default: what was allowed from the start is, and the chain is as the table says", async () => {
      expect(await isAllowed(deployment.addresses, measurement)).to.equal(true);
      expect(await verifyDeployment(client(stranger), deployment)).to.deep.equal([]);
    });

    it("behavior: widening waits for its delay", async () => {
      const { addresses } = deployment;
      const policy = addressOf(addresses, "MeasurementPolicy");
      const manager = addressOf(addresses, "AccessManager");
      const data = encodeFunctionData({ abi: measurementPolicyAbi, functionName: "allow", args: [other] });
      const execute = () => send(governor, manager, accessManagerAbi, "execute", [policy, data]);

      expect(await refusal(execute())).to.equal("AccessManagerNotScheduled");
      await send(governor, manager, accessManagerAbi, "schedule", [policy, data, 0]);
      expect(await refusal(execute())).to.equal("AccessManagerNotReady");
      await rpc("evm_increaseTime", 7 * day - 60);
      await rpc("evm_mine");
      expect(await refusal(execute())).to.equal("AccessManagerNotReady");
      expect(await isAllowed(addresses, other)).to.equal(false);
      await rpc("evm_increaseTime", 60);
      await execute();
      expect(await isAllowed(addresses, other)).to.equal(true);
    });

    it("behavior: the guard cancels what is scheduled", async () => {
      const { addresses } = deployment;
      const policy = addressOf(addresses, "MeasurementPolicy");
      const manager = addressOf(addresses, "AccessManager");
      const data = encodeFunctionData({ abi: measurementPolicyAbi, functionName: "allow", args: [other] });
      const cancel = (by: number) =>
        send(by, manager, accessManagerAbi, "cancel", [account(governor).address, policy, data]);

      await send(governor, manager, accessManagerAbi, "schedule", [policy, data, 0]);
      expect(await refusal(cancel(pauser))).to.equal("AccessManagerUnauthorizedCancel");
      await cancel(guard);
      await rpc("evm_increaseTime", 7 * day);
      expect(await refusal(send(governor, manager, accessManagerAbi, "execute", [policy, data]))).to.equal(
        "AccessManagerNotScheduled",
      );
    });

    it("behavior: a ban does not wait", async () => {
      const { addresses } = deployment;
      await send(guard, addressOf(addresses, "MeasurementPolicy"), measurementPolicyAbi, "ban", [measurement]);
      expect(await isAllowed(addresses, measurement)).to.equal(false);
    });

    it("behavior: whoever removed a verifier at once cannot bring it back at once", async () => {
      const { addresses } = deployment;
      const nodes = addressOf(addresses, "NodeRegistry");
      const verifier = addressOf(addresses, "DcapVerifier");
      await send(guard, nodes, nodeRegistryAbi, "removeVerifier", [verifier]);
      const again = (by: number) => send(by, nodes, nodeRegistryAbi, "allowVerifier", [verifier]);
      for (const by of [guard, admin, deployer, governor]) await refusal(again(by));
    });

    it("behavior: no role can call at once more than its row, the pauser nothing else", async () => {
      const { addresses } = deployment;
      const manager = { address: addressOf(addresses, "AccessManager"), abi: accessManagerAbi } as const;
      const holders = { deployer, ADMIN: admin, GOVERNOR: governor, GUARD: guard, PAUSER: pauser, stranger };
      const possible: string[] = [];
      for (const target of Object.keys(addresses) as ContractName[]) {
        if (target === "AccessManager") continue;
        const { abi } = await readArtifact(target);
        for (const entry of abi) {
          if (entry.type !== "function" || ["view", "pure"].includes(entry.stateMutability)) continue;
          for (const [holder, index] of Object.entries(holders)) {
            const args = [account(index).address, addressOf(addresses, target), toFunctionSelector(entry)] as const;
            const [immediate] = await client(stranger).readContract({ ...manager, functionName: "canCall", args });
            if (immediate) possible.push(`${holder} ${target}.${entry.name}`);
          }
        }
      }
      const instant = roles
        .filter(({ delay }) => delay === "none")
        .flatMap(({ name, functions }) =>
          Object.entries(functions).flatMap(([target, names]) => names.map((fn) => `${name} ${target}.${fn}`)),
        );
      expect(possible.sort()).to.deep.equal(instant.sort());
    });

    it("behavior: the deployer has no right left, and ADMIN waits too", async () => {
      const { addresses } = deployment;
      const manager = addressOf(addresses, "AccessManager");
      const grant = (by: number) =>
        send(by, manager, accessManagerAbi, "grantRole", [1n, account(stranger).address, 0]);
      expect(await refusal(grant(deployer))).to.equal("AccessManagerUnauthorizedAccount");
      expect(await refusal(grant(admin))).to.equal("AccessManagerNotScheduled");
    });
  });

  describe("verifyDeployment", () => {
    const tamperings: readonly [string, (addresses: ProtocolAddresses) => Promise<void>, RegExp][] = [
      [
        "a second holder of a role",
        (addresses) => manage(addresses, "grantRole", [2n, account(stranger).address, 0]),
        /^GUARD is also held by 0x9965/,
      ],
      [
        "a second ADMIN",
        (addresses) => manage(addresses, "grantRole", [0n, account(stranger).address, 0]),
        /^ADMIN is also held by/,
      ],
      [
        "a role without its holder",
        (addresses) => manage(addresses, "renounceRole", [3n, account(deployer).address]),
        /^PAUSER is not held by/,
      ],
      [
        "another delay",
        (addresses) => manage(addresses, "grantRole", [1n, account(deployer).address, 5]),
        /^GOVERNOR of .* waits 5 seconds, not 0/,
      ],
      [
        "a function that has changed hands",
        async (addresses) => {
          const policy = addressOf(addresses, "MeasurementPolicy");
          const { abi } = await readArtifact("MeasurementPolicy");
          await manage(addresses, "setTargetFunctionRole", [policy, [selectorOf(abi, "allow")], 2n]);
        },
        /^MeasurementPolicy.allow belongs to GUARD, not to GOVERNOR/,
      ],
      [
        "a guardian that has changed",
        (addresses) => manage(addresses, "setRoleGuardian", [1n, 3n]),
        /^What GOVERNOR schedules is cancelled by PAUSER, not GUARD/,
      ],
      [
        "other code",
        async (addresses) => {
          const address = addressOf(addresses, "JobMarket");
          const code = (await client(0).getCode({ address })) ?? "0x";
          await rpc("hardhat_setCode", address, `${code.slice(0, -2)}00`);
        },
        /^JobMarket: the code at .* is not what this repository compiles to/,
      ],
      [
        "another immutable",
        async (addresses) => {
          const address = addressOf(addresses, "GrantRegistry");
          const code = (await client(0).getCode({ address })) ?? "0x";
          const market = addressOf(addresses, "JobMarket").slice(2).toLowerCase();
          await rpc("hardhat_setCode", address, code.replaceAll(market, "1".repeat(40)));
        },
        /^GrantRegistry.MARKET is 0x1{40}, not/,
      ],
    ];
    const manage = (addresses: ProtocolAddresses, functionName: string, args: readonly unknown[]) =>
      send(deployer, addressOf(addresses, "AccessManager"), accessManagerAbi, functionName, args);

    let deployment: DeploymentToVerify;
    before(async () => {
      deployment = await deployed(localGovernance(account(deployer).address));
    });

    it("default: nothing differs", async () => {
      expect(await verifyDeployment(client(stranger), deployment)).to.deep.equal([]);
    });

    for (const [what, tamper, said] of tamperings)
      it(`error: ${what}`, async () => {
        await tamper(deployment.addresses);
        const problems = await verifyDeployment(client(stranger), deployment);
        expect(problems, problems.join("\n")).to.have.length(1);
        expect(problems[0]).to.match(said);
      });
  });
});
