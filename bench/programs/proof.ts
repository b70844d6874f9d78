import { concat, type Hex, keccak256, pad, toHex, toRlp } from "viem";
import { proveAccount, proveSlots } from "../../node/src/enclave/runtime/chain/storageProof.ts";

/** Nodes of a proof on a public chain: some hundred million accounts make nine, a contract of some million slots seven. */
const accountDepth = 9;
const storageDepth = 7;
const rounds = 300;
const warmUp = 100;

/**
 * What it costs an enclave to check one storage proof as deep as on a large public chain: the account's nine nodes and the slot's
 * seven, hashed, decoded and followed by the code that enclaves run.
 * @returns the median in milliseconds
 */
export async function proofVerifyMs(): Promise<number> {
  const slot = pad("0x07", { size: 32 });
  const storage = createProof(keccak256(slot), toRlp("0x2a"), storageDepth);
  const address = "0x00000000000000000000000000000000000000aa";
  const account = ["0x01", "0x", storage.root, keccak256("0x60")] as const;
  const state = createProof(keccak256(address), toRlp(account), accountDepth);
  const times: number[] = [];
  for (let i = 0; i < warmUp + rounds; i++) {
    const from = performance.now();
    const { storageHash } = await proveAccount(state.root, address, state.nodes);
    const [word] = await proveSlots(storageHash, [slot], storage.nodes);
    if (i >= warmUp) times.push(performance.now() - from);
    if (word !== pad("0x2a", { size: 32 })) throw new Error("the proof shows something else");
  }
  return times.sort((a, b) => a - b)[rounds / 2] as number;
}

/** A path of full branches down to one leaf: as large as any of that depth. */
function createProof(hashedKey: Hex, value: Hex, depth: number): { readonly root: Hex; readonly nodes: Hex[] } {
  const digits = hashedKey.slice(2);
  const rest = digits.slice(depth - 1);
  // Hex prefix encoding of a leaf: 3 and the first digit where they are odd, 2 and a zero where they are even.
  let nodes: Hex[] = [toRlp([`0x${rest.length % 2 === 1 ? "3" : "20"}${rest}`, value])];
  for (let level = depth - 2; level >= 0; level--) {
    const children = Array.from({ length: 16 }, (_, i) => keccak256(concat([toHex(level), toHex(i)])));
    children[Number.parseInt(digits[level] ?? "0", 16)] = keccak256(nodes[0] as Hex);
    nodes = [toRlp([...children, "0x"]), ...nodes];
  }
  return { root: keccak256(nodes[0] as Hex), nodes };
}
