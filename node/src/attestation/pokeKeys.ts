import { type ChainClient, callContract, nodeRegistryAbi } from "@persona-protocol/sdk/contracts";
import { type Address, getAddress } from "viem";

/** A key that was given longer than its platform is believed now. */
export type PokedKey = {
  readonly signer: Address;
  readonly nodeId: number;
  readonly from: number;
  readonly to: number;
};

const active = 1;
const draining = 2;
/** Events are asked for by so many blocks: endpoints answer no more at once. */
const blocksAtOnce = 5_000n;

/**
 * Shortens every key in the registry whose platform is judged worse now than when its evidence was taken: revoked, out of date, of a verifier that was
 * removed. Anyone may; each key is asked of the chain first, and a transaction is sent only where it changes something.
 * @param signers default: all that were ever added from `fromBlock` on
 * @throws PersonaError CHAIN_UNREACHABLE, TRANSACTION_REVERTED
 */
export async function pokeKeys(
  client: ChainClient,
  {
    registry: address,
    fromBlock,
    signers,
  }: {
    readonly registry: Address;
    readonly fromBlock: bigint;
    readonly signers?: readonly Address[];
  },
): Promise<{ readonly asked: number; readonly poked: readonly PokedKey[] }> {
  const registry = { address, abi: nodeRegistryAbi } as const;
  const all = signers ?? (await signersOf(client, address, fromBlock));
  const { timestamp } = await client.getBlock();
  const poked: PokedKey[] = [];
  let asked = 0;
  for (const signer of all) {
    const { nodeId, state, openUntil } = await client.readContract({
      ...registry,
      functionName: "enclaveKeyOf",
      args: [signer],
    });
    if ((state !== active && state !== draining) || BigInt(openUntil) <= timestamp) continue;
    asked += 1;
    const { result } = await client.simulateContract({ ...registry, functionName: "poke", args: [signer] });
    if (result >= openUntil) continue;
    await callContract(client, { ...registry, functionName: "poke", args: [signer] });
    poked.push({ signer, nodeId, from: openUntil, to: result });
  }
  return { asked, poked };
}

async function signersOf(client: ChainClient, address: Address, fromBlock: bigint): Promise<readonly Address[]> {
  const newest = await client.getBlockNumber();
  const found = new Set<Address>();
  for (let from = fromBlock; from <= newest; from += blocksAtOnce) {
    const last = from + blocksAtOnce - 1n;
    const events = await client.getContractEvents({
      address,
      abi: nodeRegistryAbi,
      eventName: "EnclaveKeyAdded",
      fromBlock: from,
      toBlock: last < newest ? last : newest,
      strict: true,
    });
    for (const { args } of events) found.add(getAddress(args.signer));
  }
  return [...found];
}
