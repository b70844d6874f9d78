import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ChainClient, callContract, devTokenAbi } from "@persona-protocol/sdk/contracts";
import { parseEther } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { createChainClient } from "../../node/src/chain/connectChain.ts";
import { type ChainKind, chainIdOf, startChain } from "../../node/src/dev/chainProcess.ts";
import type { LocalDeployment } from "../../node/src/dev/deployContracts.ts";
import { devAccount } from "../../node/src/dev/devAccount.ts";
import { createProcesses } from "../../node/src/dev/processes.ts";
import { deployOnAnvil } from "./deployedChain.ts";

export type TestChain = LocalDeployment & {
  readonly rpcUrl: string;
  /** Deployer and governance. */
  readonly governor: ChainClient;
  /** A new account with ether and test money. */
  fundedClient(): Promise<ChainClient>;
  close(): Promise<void>;
};

/** A real chain process with the protocol deployed. `close` ends it by its process id and removes its files. */
export async function startTestChain(kind: ChainKind = "anvil"): Promise<TestChain> {
  const folder = await mkdtemp(join(tmpdir(), "persona-chain-"));
  const processes = createProcesses(folder);
  const close = async () => {
    await processes.stopAll();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const signal = AbortSignal.timeout(60_000);
    const rpcUrl = await startChain(processes, kind, 0, signal);
    const account = devAccount(0);
    const governor = createChainClient({ rpcUrl, chainId: chainIdOf(kind), account });
    const deploy =
      kind === "anvil" ? deployOnAnvil : (await import("../../node/src/dev/deployContracts.ts")).deployContracts;
    const local = await deploy(governor);
    const fundedClient = async () => {
      const client = createChainClient({
        rpcUrl,
        chainId: chainIdOf(kind),
        account: privateKeyToAccount(generatePrivateKey()),
      });
      const { address } = client.account;
      const hash = await governor.sendTransaction({ to: address, value: parseEther("10") });
      await governor.waitForTransactionReceipt({ hash });
      const mint = { address: local.token, abi: devTokenAbi, functionName: "mint" } as const;
      await callContract(governor, { ...mint, args: [address, parseEther("10000")] });
      return client;
    };
    return { ...local, rpcUrl, governor, fundedClient, close };
  } catch (error) {
    await close();
    throw error;
  }
}
