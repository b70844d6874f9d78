import type { Deployment } from "@persona-protocol/sdk/dapp";
import { type Address, type Chain, defineChain } from "viem";

export type Network = {
  readonly chain: Chain;
  readonly rpcUrl: string;
  readonly storeUrl: string;
  /** ERC-20 of prices and fees. */
  readonly token: Address;
  readonly deployment: Deployment;
};

const pagesUrl: string = import.meta.env["VITE_PERSONA_NETWORK"] ?? "http://127.0.0.1:8546";

/** What `persona dev` says of itself. */
export async function findNetwork(): Promise<Network> {
  const answer = await fetch(`${pagesUrl}/network.json`).catch(() => undefined);
  if (answer?.ok !== true)
    throw new Error(
      `No network at ${pagesUrl}. Start one with "persona dev", and write the address that it prints beside "pages" into .env.local.`,
    );
  const { rpcUrl, storeUrl, token, deployment } = await answer.json();
  const chain = defineChain({
    id: deployment.chainId,
    name: "Persona local network",
    nativeCurrency: { name: "Ether", symbol: "ETH", decimals: 18 },
    rpcUrls: { default: { http: [rpcUrl] } },
    blockTime: 1_000,
    testnet: true,
  });
  return { chain, rpcUrl, storeUrl, token, deployment: { ...deployment, fromBlock: BigInt(deployment.fromBlock) } };
}

/** Ether and test money, on the local network. */
export async function faucet(address: Address): Promise<void> {
  const { ok } = await fetch(`${pagesUrl}/faucet/${address}`, { method: "POST" });
  if (!ok) throw new Error("The faucet of the local network failed.");
}
