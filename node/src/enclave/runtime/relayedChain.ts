import { type ChainView, createChainView, type Deployment } from "@persona-protocol/sdk/contracts";
import { PersonaError } from "@persona-protocol/sdk/errors";
import {
  type Abi,
  decodeFunctionResult,
  encodeFunctionData,
  type Hex,
  isHex,
  numberToHex,
  type PublicClient,
  prepareEncodeFunctionData,
} from "viem";
import { z } from "zod";
import type { Peer } from "./peer.ts";

/** Read-only methods an enclave may ask its host to relay; the host refuses all others. */
export const relayedMethods = [
  "eth_chainId",
  "eth_blockNumber",
  "eth_getBlockByNumber",
  "eth_call",
  "eth_getProof",
] as const;

const timeoutMs = 10_000;

const quantity = z
  .string()
  .max(66)
  .regex(/^0x[0-9a-f]+$/i)
  .transform(BigInt);
/** Null where the endpoint has no such block, and in a block that is still being made. */
const blockAnswer = z
  .object({
    number: quantity.nullable(),
    hash: z.custom<Hex>((value) => isHex(value) && value.length === 66).nullable(),
    timestamp: quantity,
  })
  .nullable();

/**
 * The chain as an enclave sees it: it has no network, so its host relays JSON-RPC. **Thin**: the answers are believed. Until
 * the proof-checked view of the enclave issue takes this place, a host that lies about the chain is held only by the other
 * guardians (t of n hosts must lie).
 *
 * Reads are encoded here and not by a client of viem's, whose layers (transport, retries, gateways off the chain) cost more
 * than the encoding.
 *
 * @param endpoint which of the host's chain endpoints answers, from 0.
 */
export function relayedChain(peer: Pick<Peer, "call">, deployment: Deployment, endpoint = 0): ChainView {
  const rpc = async (method: (typeof relayedMethods)[number], params: unknown): Promise<unknown> => {
    const answer = await peer.call("rpc", { method, params: JSON.stringify(params), endpoint }, { timeoutMs });
    if (typeof answer === "string") return JSON.parse(answer);
    throw unusable("something else than JSON");
  };
  const client = {
    async getBlock(at: { readonly blockTag?: "latest"; readonly blockNumber?: bigint }) {
      const tag = at.blockNumber === undefined ? "latest" : numberToHex(at.blockNumber);
      const block = blockAnswer.safeParse(await rpc("eth_getBlockByNumber", [tag, false])).data;
      if (block === undefined || block === null) throw unusable("no block");
      return block;
    },
    async readContract(read: Read) {
      const { abi, functionName, args, address, blockNumber } = read;
      const prepared = preparedRead(abi, functionName);
      const data = encodeFunctionData({ ...prepared, args } as Parameters<typeof encodeFunctionData>[0]);
      const answer = await rpc("eth_call", [{ to: address, data }, numberToHex(blockNumber)]);
      if (!isHex(answer)) throw unusable("no bytes");
      return decodeFunctionResult({ abi: prepared.abi, functionName, data: answer });
    },
    async call({ data, blockNumber }: { readonly data: Hex; readonly blockNumber: bigint }) {
      const answer = await rpc("eth_call", [{ data }, numberToHex(blockNumber)]);
      if (!isHex(answer)) throw unusable("no bytes");
      return { data: answer === "0x" ? undefined : answer };
    },
  };
  // The three functions of the client as the view calls them: at a block that it names.
  return createChainView(client as unknown as Pick<PublicClient, "getBlock" | "readContract" | "call">, deployment);
}

type Read = {
  readonly abi: Abi;
  readonly functionName: string;
  readonly args: readonly unknown[];
  readonly address: Hex;
  readonly blockNumber: bigint;
};

/** A function's entry and selector, which takes a hash of its whole signature: kept, by contract. */
const prepared = new WeakMap<Abi, Map<string, { readonly abi: Abi; readonly functionName: Hex }>>();

function preparedRead(abi: Abi, functionName: string): { readonly abi: Abi; readonly functionName: Hex } {
  const known = prepared.get(abi) ?? new Map<string, { readonly abi: Abi; readonly functionName: Hex }>();
  prepared.set(abi, known);
  const found = known.get(functionName) ?? prepareEncodeFunctionData({ abi, functionName });
  known.set(functionName, found);
  return found;
}

function unusable(what: string): PersonaError {
  return new PersonaError("CHAIN_UNREACHABLE", `The host's relay answered with ${what}.`);
}
