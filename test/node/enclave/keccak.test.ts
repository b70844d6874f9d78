import { expect } from "chai";
import { bytesToHex, keccak256 } from "viem";
import { keccak256Wasm, keccakIsReady } from "../../../node/src/enclave/runtime/keccak.ts";
import { createRandom, testSeed } from "../../helpers/random.ts";

describe("keccak256Wasm", () => {
  it("default: what viem makes, around each length of a block and at any other", async () => {
    await keccakIsReady;
    const random = createRandom(testSeed());
    const lengths = [0, 1, 31, 32, 64, 135, 136, 137, 271, 272, 273, 1_216, 16_383, 16_384, 16_385, 100_000];
    for (const length of lengths) {
      const bytes = Uint8Array.from(random.bytes(length));
      expect(bytesToHex(keccak256Wasm(bytes) ?? new Uint8Array()), `${length} bytes`).to.equal(keccak256(bytes));
    }
  });
});
