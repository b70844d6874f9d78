import { type ChainView, createChainView, type Deployment } from "@persona-protocol/sdk/contracts";
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
import { type HostRpc, unusable } from "./chain/hostRpc.ts";
import { provePublication } from "./chain/provePublication.ts";

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
    receiptsRoot: z.custom<Hex>((value) => isHex(value) && value.length === 66),
  })
  .nullable();

/**
 * The chain as one endpoint tells it, **believed**: for a deployment on a chain whose endpoints do not answer `eth_getProof`
 * (`chainReads: "quorum"`). What several of them say alike is all that holds a host that lies, and the other guardians.
 *
 * Reads are encoded here and not by a client of viem's, whose layers (transport, retries, gateways off the chain) cost more
 * than the encoding.
 */
export function relayedChain(rpc: HostRpc, deployment: Deployment): ChainView {
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
  const view = createChainView(
    client as unknown as Pick<PublicClient, "getBlock" | "readContract" | "call">,
    deployment,
  );
  return {
    ...view,
    async publishedAt(publication, place) {
      const { receiptsRoot, timestamp } = await client.getBlock({ blockNumber: place.blockNumber });
      return (await provePublication(rpc, deployment, { receiptsRoot }, publication, place)) ? timestamp : undefined;
    },
  };
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
