import { createMPTFromProof } from "@ethereumjs/mpt";
import { RLP } from "@ethereumjs/rlp";
import { PersonaError } from "@persona-protocol/sdk/errors";
import { type Address, bytesToHex, type Hex, hexToBytes, numberToHex, pad, zeroHash } from "viem";
import { z } from "zod";

/** What a proof shows of one account. */
export type ProvedAccount = {
  readonly storageHash: Hex;
  readonly codeHash: Hex;
};

/** Root of a trie that holds nothing. */
const emptyRoot = "0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421";
/** Of an account without code, and of none. */
export const emptyCodeHash = "0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470";

/** A node has at most 16 children of 32 bytes; keys are 64 digits long. */
const maxNodeBytes = 1_024;
const maxNodes = 66;
const maxSlots = 64;

const node = z
  .string()
  .regex(/^0x([0-9a-f]{2})+$/i)
  .max(2 + 2 * maxNodeBytes);
const nodes = z.array(node).max(maxNodes);
const answer = z.object({
  accountProof: nodes,
  storageProof: z.array(z.object({ key: z.string().max(66), proof: nodes })).max(maxSlots),
});

/** What `eth_getProof` has answered: not proved yet. @throws PersonaError CHAIN_PROOF_INVALID for something else */
export function parseProof(value: unknown): z.infer<typeof answer> {
  const parsed = answer.safeParse(value).data;
  if (parsed === undefined) throw invalid("no proof", {});
  return parsed;
}

/**
 * The account as the state root has it; one without storage and code where it has none.
 * @throws PersonaError CHAIN_PROOF_INVALID
 */
export async function proveAccount(
  stateRoot: Hex,
  address: Address,
  accountProof: readonly string[],
): Promise<ProvedAccount> {
  const [value] = await proveValues(stateRoot, [hexToBytes(address)], accountProof, { address });
  if (value === null || value === undefined) return { storageHash: emptyRoot, codeHash: emptyCodeHash };
  const account = RLP.decode(value);
  const [, , storageHash, codeHash] = Array.isArray(account) && account.length === 4 ? account : [];
  if (!(storageHash instanceof Uint8Array && codeHash instanceof Uint8Array)) throw invalid("no account", { address });
  return { storageHash: bytesToHex(storageHash), codeHash: bytesToHex(codeHash) };
}

/**
 * The words of a contract's slots; zero where nothing is stored.
 * @param slots 32 bytes each
 * @param proof nodes of all proofs, in any order after the root
 * @returns as many words, in the order of `slots` @throws PersonaError CHAIN_PROOF_INVALID
 */
export async function proveSlots(storageHash: Hex, slots: readonly Hex[], proof: readonly string[]): Promise<Hex[]> {
  const values = await proveValues(
    storageHash,
    slots.map((slot) => hexToBytes(slot)),
    proof,
    { storageHash },
  );
  return values.map((value) => {
    if (value === null) return zeroHash;
    const word = RLP.decode(value);
    if (!(word instanceof Uint8Array) || word.length > 32) throw invalid("no word", { storageHash });
    return pad(bytesToHex(word), { size: 32 });
  });
}

/**
 * The receipt of the transaction at this place of a block, as its trie holds it; null where the block has none there.
 * @throws PersonaError CHAIN_PROOF_INVALID
 */
export async function proveReceipt(
  receiptsRoot: Hex,
  index: number,
  proof: readonly string[],
): Promise<Uint8Array | null> {
  const key = RLP.encode(index === 0 ? new Uint8Array() : hexToBytes(numberToHex(index)));
  const [receipt] = await proveValues(receiptsRoot, [key], proof, { receiptsRoot }, false);
  return receipt ?? null;
}

/** Null where the trie proves that there is nothing. */
async function proveValues(
  root: Hex,
  keys: readonly Uint8Array[],
  proof: readonly string[],
  about: Readonly<Record<string, string>>,
  useKeyHashing = true,
): Promise<(Uint8Array | null)[]> {
  // The root itself says that there is nothing; chains show it by an empty list, or by an empty node.
  if (root === emptyRoot) return keys.map(() => null);
  // Proofs share their upper nodes: each is hashed once.
  const unique = [...new Set(proof)].map((one) => hexToBytes(one as Hex));
  if (unique.length === 0) throw invalid("an empty proof", about);
  try {
    const trie = await createMPTFromProof(unique, { root: hexToBytes(root), useKeyHashing });
    const values: (Uint8Array | null)[] = [];
    for (const key of keys) values.push(await trie.get(key, true));
    return values;
  } catch {
    throw invalid("a proof of something else", about);
  }
}

function invalid(what: string, data: Readonly<Record<string, string>>): PersonaError {
  return new PersonaError("CHAIN_PROOF_INVALID", `The host's relay answered with ${what}.`, { data });
}
