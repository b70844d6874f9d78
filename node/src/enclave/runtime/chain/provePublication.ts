import { RLP } from "@ethereumjs/rlp";
import { type Deployment, datasetRegistryAbi } from "@persona-protocol/sdk/contracts";
import { PersonaError } from "@persona-protocol/sdk/errors";
import { bytesToHex, decodeEventLog, type Hex, isAddressEqual, isHex, numberToHex } from "viem";
import { type HostRpc, unusable } from "./hostRpc.ts";
import { proveReceipt } from "./storageProof.ts";

/** Place of the transaction whose events tell of a version: its block, and its place in that. */
export type PublicationPlace = { readonly blockNumber: bigint; readonly index: number };

const maxProofNodes = 16;
const maxProofLength = 2 * 1_024 * 1_024;

/**
 * Whether the transaction at this place has published this version, out of the receipts that the block's header commits to. Both answers are
 * proved: a place that somebody has made up shows what is really there, or that nothing is.
 * @param block whose hash the caller believes
 * @throws PersonaError CHAIN_PROOF_INVALID, CHAIN_UNREACHABLE
 */
export async function provePublication(
  rpc: HostRpc,
  { datasetRegistry }: Pick<Deployment, "datasetRegistry">,
  { receiptsRoot }: { readonly receiptsRoot: Hex },
  { datasetId, version }: { readonly datasetId: Hex; readonly version: bigint },
  { blockNumber, index }: PublicationPlace,
): Promise<boolean> {
  const answer = await rpc("persona_receiptProof", [numberToHex(blockNumber), index]);
  const nodes = Array.isArray(answer) ? (answer as unknown[]) : [];
  const length = nodes.reduce((sum: number, node) => sum + (isHex(node) ? node.length : maxProofLength), 0);
  if (nodes.length === 0 || nodes.length > maxProofNodes || length >= maxProofLength) throw unusable("no proof");
  const receipt = await proveReceipt(receiptsRoot, index, nodes as Hex[]);
  if (receipt === null) return false;
  return logsOf(receipt).some(([address, topics, data]) => {
    if (!isAddressEqual(address, datasetRegistry)) return false;
    try {
      const { eventName, args } = decodeEventLog({ abi: datasetRegistryAbi, topics, data });
      if (eventName === "DatasetRegistered") return args.datasetId === datasetId && version === 1n;
      if (eventName !== "DatasetPublished" && eventName !== "DatasetWritten") return false;
      return args.datasetId === datasetId && BigInt(args.version) === version;
    } catch {
      // Another event of the registry.
      return false;
    }
  });
}

type Log = readonly [address: Hex, topics: [Hex, ...Hex[]], data: Hex];

/** Of a receipt as the trie holds it: with a type before it (EIP-2718), or as of before. */
function logsOf(receipt: Uint8Array): Log[] {
  const decoded = RLP.decode((receipt[0] ?? 0) < 0x80 ? receipt.subarray(1) : receipt);
  const logs = Array.isArray(decoded) ? decoded[3] : undefined;
  if (!Array.isArray(logs)) throw new PersonaError("CHAIN_PROOF_INVALID", "The block's receipt is none that is known.");
  return logs.flatMap((log) => {
    const [address, topics, data] = Array.isArray(log) ? log : [];
    if (!(address instanceof Uint8Array && Array.isArray(topics) && data instanceof Uint8Array)) return [];
    const [first, ...more] = topics.flatMap((topic) => (topic instanceof Uint8Array ? [bytesToHex(topic)] : []));
    return first === undefined ? [] : [[bytesToHex(address), [first, ...more], bytesToHex(data)] as const];
  });
}
