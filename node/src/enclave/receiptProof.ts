import { createMerkleProof, createMPT } from "@ethereumjs/mpt";
import { RLP } from "@ethereumjs/rlp";
import { PersonaError } from "@persona-protocol/sdk/errors";
import { bytesToHex, type Hex, hexToBytes, numberToHex } from "viem";
import { z } from "zod";
import type { RpcRelay } from "../chain/rpcRelay.ts";

const bytes = z.custom<Hex>((value) => typeof value === "string" && /^0x([0-9a-f]{2})*$/i.test(value));
const quantity = z.custom<Hex>((value) => typeof value === "string" && /^0x(0|[1-9a-f][0-9a-f]{0,63})$/i.test(value));
const receipts = z.array(
  z.object({
    type: quantity.default("0x0"),
    status: quantity,
    cumulativeGasUsed: quantity,
    logsBloom: bytes,
    logs: z.array(z.object({ address: bytes, topics: z.array(bytes), data: bytes })),
    // Deposits of OP-stack chains have these, too.
    depositNonce: quantity.optional(),
    depositReceiptVersion: quantity.optional(),
  }),
);
export const receiptProofParams = z.tuple([quantity, z.int().min(0).max(1_000_000)]);

/**
 * What no endpoint answers: the nodes of a block's receipt trie that show the receipt at a place, or that there is none. Made from all
 * receipts of the block; the enclave holds it against the header.
 * @throws PersonaError CHAIN_UNREACHABLE
 */
export async function receiptProof(
  request: RpcRelay["request"],
  [block, index]: z.infer<typeof receiptProofParams>,
): Promise<Hex[]> {
  const answer = receipts.safeParse(await request({ method: "eth_getBlockReceipts", params: [block] }));
  if (!answer.success)
    throw new PersonaError("CHAIN_UNREACHABLE", "The chain endpoint does not give a block's receipts.", {
      data: { block },
      cause: answer.error,
    });
  const trie = await createMPT({ useKeyHashing: false });
  for (const [place, receipt] of answer.data.entries()) await trie.put(receiptKey(place), encodeReceipt(receipt));
  return (await createMerkleProof(trie, receiptKey(index))).map((node) => bytesToHex(node));
}

/** Its key in the trie of receipts. */
const receiptKey = (index: number): Uint8Array => RLP.encode(integer(numberToHex(index)));

function encodeReceipt(receipt: z.infer<typeof receipts>[number]): Uint8Array {
  const { type, status, cumulativeGasUsed, logsBloom, logs, depositNonce, depositReceiptVersion } = receipt;
  const payload = RLP.encode([
    integer(status),
    integer(cumulativeGasUsed),
    hexToBytes(logsBloom),
    logs.map(({ address, topics, data }) => [
      hexToBytes(address),
      topics.map((topic) => hexToBytes(topic)),
      hexToBytes(data),
    ]),
    ...(depositReceiptVersion === undefined ? [] : [integer(depositNonce ?? "0x0"), integer(depositReceiptVersion)]),
  ]);
  return BigInt(type) === 0n ? payload : new Uint8Array([Number(type), ...payload]);
}

function integer(quantityText: Hex): Uint8Array {
  const digits = BigInt(quantityText).toString(16);
  return digits === "0" ? new Uint8Array() : hexToBytes(`0x${digits.length % 2 === 0 ? "" : "0"}${digits}`);
}
