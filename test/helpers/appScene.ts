/** A chain with an app registry, and a web server on this machine in the place of every domain. */
import { readFile } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import type { AppDeployment } from "@persona-protocol/sdk/access";
import { appIdOf } from "@persona-protocol/sdk/access";
import { appRegistryAbi, type ChainClient, callContract } from "@persona-protocol/sdk/contracts";
import { type Abi, type Address, getAddress, type Hex } from "viem";
import { createRandom, testSeed } from "./random.ts";
import { randomHex32 } from "./structs.ts";
import { startTestChain } from "./testNetwork.ts";

export type App = { readonly appId: Hex; readonly owner: ChainClient; readonly domain: string };

export async function startAppScene() {
  const chain = await startTestChain();
  try {
    const { governor } = chain;
    const manager = "@openzeppelin/contracts/access/manager/AccessManager.sol/AccessManager";
    const authority = await deploy(governor, manager, [governor.account.address]);
    const appRegistry = await deploy(governor, "contracts/access/AppRegistry.sol/AppRegistry", [authority]);
    const deployment: AppDeployment = { chainId: 31_337, appRegistry };
    const registry = { address: appRegistry, abi: appRegistryAbi } as const;
    const attestor = await chain.fundedClient();
    await callContract(governor, { ...registry, functionName: "allowAttestor", args: [attestor.account.address] });
    const random = createRandom(testSeed());
    const registerApp = async (domain: string, owner?: ChainClient): Promise<App> => {
      const client = owner ?? (await chain.fundedClient());
      const [salt, digest] = [randomHex32(random), randomHex32(random)];
      await callContract(client, {
        ...registry,
        functionName: "registerApp",
        args: [salt, "Example", domain, digest],
      });
      return { appId: appIdOf(deployment, client.account.address, salt), owner: client, domain };
    };
    return { chain, deployment, registry, attestor, random, registerApp, close: () => chain.close() };
  } catch (error) {
    await chain.close();
    throw error;
  }
}

/** Answers every request by `page`, which a test may change. */
export async function startPages() {
  const pages: { page: RequestListener; requests: string[] } = { page: (_, response) => response.end(), requests: [] };
  const server = createServer((request, response) => {
    pages.requests.push(`${request.method} ${request.url}`);
    pages.page(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return Object.assign(pages, { port, close });
}

async function deploy(client: ChainClient, path: string, args: readonly unknown[]): Promise<Address> {
  const file = new URL(`../../artifacts/${path}.json`, import.meta.url);
  const { abi, bytecode }: { abi: Abi; bytecode: Hex } = JSON.parse(await readFile(file, "utf8"));
  const { chain, account } = client;
  const hash = await client.deployContract({ abi, bytecode, args: [...args], chain, account });
  const { contractAddress } = await client.waitForTransactionReceipt({ hash });
  if (!contractAddress) throw new Error(`${path} was not deployed`);
  return getAddress(contractAddress);
}
