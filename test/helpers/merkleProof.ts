import { concat, fromRlp, type Hex, hexToBytes, keccak256, toRlp } from "viem";

/** A tree node: RLP as decoded by viem. */
type Rlp = Hex | readonly Rlp[];

/**
 * The value that a Merkle-Patricia proof (Ethereum Yellow Paper, appendix D) shows at keccak(key) under `root`; undefined where it shows
 * that there is none. Throws where a node is not the one that its parent names.
 */
export function verifyProof(root: Hex, key: Hex, proof: readonly Hex[]): Hex | undefined {
  let path = nibblesOf(keccak256(key));
  let wanted: Rlp = root;
  const rest = [...proof];
  for (;;) {
    const node = resolve(wanted, rest);
    if (node === undefined || typeof node === "string") throw new Error("the proof ends before its path does");
    if (node.length === 17) {
      const [step, ...left] = path;
      const child: Rlp | undefined = node[step === undefined ? 16 : Number.parseInt(step, 16)];
      if (child === undefined || child === "0x") return undefined;
      if (step === undefined) return asHex(child);
      path = left.join("");
      wanted = child;
      continue;
    }
    const [encoded, child] = node;
    const { part, leaf } = partOf(asHex(encoded));
    if (!path.startsWith(part)) return undefined;
    path = path.slice(part.length);
    if (leaf) return path === "" ? asHex(child) : undefined;
    wanted = child ?? "0x";
  }
}

/** Nodes shorter than 32 bytes stand in their parent; all others are named by their hash and come next in the proof. */
function resolve(wanted: Rlp, rest: Hex[]): Rlp | undefined {
  if (typeof wanted !== "string") return wanted;
  const next = rest.shift();
  if (next === undefined) return undefined;
  if (keccak256(next) !== wanted) throw new Error("a node of the proof is not the one its parent names");
  return fromRlp(next, "hex") as Rlp;
}

/** Hex-prefix encoding: the first nibble says whether it is a leaf and whether the length is odd. */
function partOf(encoded: Hex): { part: string; leaf: boolean } {
  const nibbles = nibblesOf(encoded);
  const flag = Number.parseInt(nibbles[0] ?? "0", 16);
  return { part: nibbles.slice(flag & 1 ? 1 : 2), leaf: (flag & 2) !== 0 };
}

const nibblesOf = (hex: Hex) => hex.slice(2);

function asHex(node: Rlp | undefined): Hex {
  if (typeof node !== "string") throw new Error("a value of the proof is a list");
  return node as Hex;
}

/** An account as the state tree holds it. */
export function accountRlp(account: { nonce: number; balance: bigint; storageHash: Hex; codeHash: Hex }): Hex {
  const integer = (value: bigint): Hex => (value === 0n ? "0x" : evenHex(value));
  return toRlp([integer(BigInt(account.nonce)), integer(account.balance), account.storageHash, account.codeHash]);
}

function evenHex(value: bigint): Hex {
  const digits = value.toString(16);
  return concat([`0x${digits.length % 2 === 0 ? digits : `0${digits}`}`]);
}

/** The integer in a slot's proof. */
export function slotValue(rlp: Hex | undefined): bigint {
  if (rlp === undefined) return 0n;
  const bytes = hexToBytes(asHex(fromRlp(rlp, "hex") as Rlp));
  return bytes.length === 0 ? 0n : BigInt(`0x${Buffer.from(bytes).toString("hex")}`);
}
