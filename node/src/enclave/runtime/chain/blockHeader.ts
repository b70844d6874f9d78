import { RLP } from "@ethereumjs/rlp";
import type { ChainBlock } from "@persona-protocol/sdk/contracts";
import { PersonaError } from "@persona-protocol/sdk/errors";
import { type Hex, hexToBytes, keccak256 } from "viem";
import { z } from "zod";

/** A block whose header makes its hash: what lies below its state root can be proved. */
export type ProvedBlock = ChainBlock & { readonly stateRoot: Hex; readonly receiptsRoot: Hex };

const hexOf = (minBytes: number, maxBytes: number) =>
  z.custom<Hex>(
    (value) =>
      typeof value === "string" &&
      /^0x([0-9a-f]{2})*$/i.test(value) &&
      value.length >= 2 + 2 * minBytes &&
      value.length <= 2 + 2 * maxBytes,
  );
const word = hexOf(32, 32);
const quantity = z.custom<Hex>((value) => typeof value === "string" && /^0x(0|[1-9a-f][0-9a-f]{0,63})$/i.test(value));

/** In the order in which a header is hashed. Those at the end came with later forks: a header has them up to some point. */
const fields = {
  parentHash: word,
  sha3Uncles: word,
  miner: hexOf(20, 20),
  stateRoot: word,
  transactionsRoot: word,
  receiptsRoot: word,
  logsBloom: hexOf(256, 256),
  difficulty: quantity,
  number: quantity,
  gasLimit: quantity,
  gasUsed: quantity,
  timestamp: quantity,
  extraData: hexOf(0, 1_024),
  mixHash: word,
  nonce: hexOf(8, 8),
};
const later = {
  baseFeePerGas: quantity,
  withdrawalsRoot: word,
  blobGasUsed: quantity,
  excessBlobGas: quantity,
  parentBeaconBlockRoot: word,
  requestsHash: word,
};
const header = z
  .object({ ...fields, ...later })
  .partial(Object.fromEntries(Object.keys(later).map((name) => [name, true])) as Record<keyof typeof later, true>);
const answer = z.intersection(header, z.object({ hash: word }));

const numbers: ReadonlySet<string> = new Set(
  Object.entries({ ...fields, ...later }).flatMap(([name, type]) => (type === quantity ? [name] : [])),
);

/**
 * Reads a block as `eth_getBlockByNumber` gives it, and holds its hash against its header: number, time and state root are then
 * as true as the hash is.
 * @throws PersonaError CHAIN_PROOF_INVALID for no block, or one whose header makes another hash (also a header with fields of a
 * fork that this version does not know)
 */
export function readBlockHeader(value: unknown): ProvedBlock {
  const parsed = answer.safeParse(value).data;
  if (parsed === undefined) throw invalid("no block header");
  const given: Readonly<Record<string, Hex | undefined>> = parsed;
  const list: Uint8Array[] = [];
  let ended = false;
  for (const name of Object.keys({ ...fields, ...later })) {
    const field = given[name];
    if (field === undefined) ended = true;
    else if (ended) throw invalid("a header with a field left out");
    else list.push(numbers.has(name) ? quantityBytes(field) : hexToBytes(field));
  }
  const hash = keccak256(RLP.encode(list));
  if (hash !== parsed.hash.toLowerCase()) throw invalid("a header that does not make its hash");
  const { stateRoot, receiptsRoot } = parsed;
  return { number: BigInt(parsed.number), timestamp: BigInt(parsed.timestamp), hash, stateRoot, receiptsRoot };
}

/** Without leading zeros; zero is no byte at all. */
function quantityBytes(field: Hex): Uint8Array {
  const digits = field.slice(2);
  return digits === "0" ? new Uint8Array() : hexToBytes(`0x${digits.length % 2 === 0 ? "" : "0"}${digits}`);
}

function invalid(what: string): PersonaError {
  return new PersonaError("CHAIN_PROOF_INVALID", `The host's relay answered with ${what}.`);
}
