import { createCipheriv } from "node:crypto";

/**
 * One AES-256-GCM message, `ciphertext ‖ tag`, that is authentic under two different keys with the same nonce and
 * associated data (Dodis, Grubbs, Ristenpart, Woodage, "Fast Message Franking", 2018; Albertini et al., "How to Abuse and
 * Fix Authenticated Encryption Without Key Commitment", 2022). GHASH is linear: one free block makes the two tags agree.
 */
export function twoKeyCiphertext(parameters: {
  readonly keys: readonly [Uint8Array, Uint8Array];
  readonly nonce: Uint8Array;
  readonly aad: Uint8Array;
  /** Whole blocks of 16 bytes; the last one is replaced by the free block. */
  readonly ciphertext: Uint8Array;
}): Uint8Array<ArrayBuffer> {
  const { keys, nonce, aad } = parameters;
  const blocks = blocksOf(parameters.ciphertext);
  blocks[blocks.length - 1] = 0n;
  const lengths = (BigInt(aad.length * 8) << 64n) | BigInt(parameters.ciphertext.length * 8);
  const input = [...blocksOf(aad), ...blocks, lengths];

  const sides = keys.map((key) => {
    const h = encryptBlock(key, new Uint8Array(16));
    const mask = encryptBlock(key, Uint8Array.from([...nonce, 0, 0, 0, 1]));
    // With the free block zero; that block is the last but one of the input, so it counts times h squared.
    const tag = ghash(h, input) ^ mask;
    return { tag, weight: multiply(h, h), h, mask };
  });
  const [one, two] = sides;
  if (one === undefined || two === undefined) throw new Error("two keys are needed");
  const free = multiply(one.tag ^ two.tag, invert(one.weight ^ two.weight));
  blocks[blocks.length - 1] = free;
  const tag = one.tag ^ multiply(free, one.weight);
  return Uint8Array.from([...blocks, tag].flatMap((block) => [...bytesOf(block)]));
}

function blocksOf(bytes: Uint8Array): bigint[] {
  const blocks: bigint[] = [];
  for (let at = 0; at < bytes.length; at += 16) {
    const block = new Uint8Array(16);
    block.set(bytes.subarray(at, at + 16));
    blocks.push(BigInt(`0x${Buffer.from(block).toString("hex")}`));
  }
  return blocks;
}

function bytesOf(block: bigint): Uint8Array {
  return Buffer.from(block.toString(16).padStart(32, "0"), "hex");
}

function encryptBlock(key: Uint8Array, block: Uint8Array): bigint {
  const cipher = createCipheriv("aes-256-ecb", key, null).setAutoPadding(false);
  return BigInt(`0x${cipher.update(block).toString("hex")}`);
}

function ghash(h: bigint, blocks: readonly bigint[]): bigint {
  return blocks.reduce((sum, block) => multiply(sum ^ block, h), 0n);
}

/** In GF(2^128) with GCM's reversed bit order (NIST SP 800-38D, 6.3). */
function multiply(left: bigint, right: bigint): bigint {
  let product = 0n;
  let factor = right;
  for (let bit = 127n; bit >= 0n; bit--) {
    if (((left >> bit) & 1n) === 1n) product ^= factor;
    factor = (factor & 1n) === 1n ? (factor >> 1n) ^ (0xe1n << 120n) : factor >> 1n;
  }
  return product;
}

/** a^(2^128 - 2). */
function invert(value: bigint): bigint {
  let result = 1n << 127n; // the one of this bit order
  let square = value;
  for (let bit = 1; bit < 128; bit++) {
    square = multiply(square, square);
    result = multiply(result, square);
  }
  return result;
}
