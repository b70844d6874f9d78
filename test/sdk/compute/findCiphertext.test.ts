import { findCiphertext } from "@persona-protocol/sdk/compute";
import { jobMarketAbi, type Receipt } from "@persona-protocol/sdk/contracts";
import { sha256Hex } from "@persona-protocol/sdk/crypto";
import { expect } from "chai";
import {
  bytesToHex,
  concat,
  encodeAbiParameters,
  encodeFunctionData,
  type Hex,
  numberToHex,
  parseAbi,
  size,
  zeroAddress,
} from "viem";
import { expectError } from "../../helpers/errors.ts";
import { createRandom, testSeed } from "../../helpers/random.ts";
import { randomHex32, randomStruct } from "../../helpers/structs.ts";

const seed = testSeed();
const random = createRandom(seed);
const walletAbi = parseAbi([
  "function execute(address to, uint256 value, bytes data)",
  "function executeBatch((address to, uint256 value, bytes data)[] calls)",
  "function handleOps((address sender, uint256 nonce, bytes initCode, bytes callData, bytes paymasterAndData)[] ops, address beneficiary)",
]);

/** The call that settles a job with this result. */
function settlementOf(ciphertext: Uint8Array) {
  const jobId = randomHex32(random);
  const receipt: Receipt = {
    ...randomStruct("Receipt", random),
    jobId,
    code: 0,
    ciphertextDigest: sha256Hex(ciphertext),
    outputBytes: ciphertext.length,
  };
  const settlement = {
    jobId,
    order: randomStruct("JobOrder", random),
    offerHash: randomHex32(random),
    receipt,
    signature: bytesToHex(random.bytes(65)),
    ciphertext: bytesToHex(ciphertext),
  };
  return { receipt, settlement };
}
const settle = (settlement: ReturnType<typeof settlementOf>["settlement"]) =>
  encodeFunctionData({ abi: jobMarketAbi, functionName: "settleJob", args: [settlement] });
const execute = (data: Hex) =>
  encodeFunctionData({ abi: walletAbi, functionName: "execute", args: [zeroAddress, 0n, data] });

describe("findCiphertext", () => {
  it(`default: in a call of settleJob and of settleMany (seed ${seed})`, () => {
    for (const length of [1_200, 1, 31, 32, 33, 4_096]) {
      const results = [random.bytes(length), random.bytes(length), random.bytes(9)];
      const all = results.map(settlementOf);
      const many = encodeFunctionData({
        abi: jobMarketAbi,
        functionName: "settleMany",
        args: [all.map(({ settlement }) => settlement)],
      });
      for (const [i, { receipt, settlement }] of all.entries()) {
        expect(findCiphertext(settle(settlement), receipt)).to.deep.equal(results[i]);
        expect(findCiphertext(many, receipt)).to.deep.equal(results[i]);
      }
    }
  });

  it("behavior: in a call within calls, at any offset: an account contract, a batch, an entry point, packed bytes", () => {
    for (const length of [1, 32, 1_137, 4_096]) {
      const ciphertext = random.bytes(length);
      const { receipt, settlement } = settlementOf(ciphertext);
      const direct = settle(settlement);
      const batch = encodeFunctionData({
        abi: walletAbi,
        functionName: "executeBatch",
        args: [
          [
            { to: zeroAddress, value: 1n, data: "0x1234" },
            { to: zeroAddress, value: 0n, data: direct },
          ],
        ],
      });
      const op = { sender: zeroAddress, nonce: 1n, initCode: "0x", paymasterAndData: "0x12" } as const;
      const ops = encodeFunctionData({
        abi: walletAbi,
        functionName: "handleOps",
        args: [[{ ...op, callData: execute(direct) }], zeroAddress],
      });
      const packed = [0, 1, 2, 3, 17].map((shift) => concat([bytesToHex(random.bytes(shift)), direct]));
      for (const data of [execute(direct), execute(execute(direct)), batch, ops, ...packed])
        expect(findCiphertext(data, receipt)).to.deep.equal(ciphertext);
    }
  });

  it("behavior: decoys of the right length, before and after, and of the right function, are passed over", () => {
    const ciphertext = random.bytes(200);
    const { receipt, settlement } = settlementOf(ciphertext);
    const decoy = () => settle({ ...settlement, ciphertext: bytesToHex(random.bytes(200)) });
    const word = numberToHex(200, { size: 32 });
    const words = concat(Array.from({ length: 300 }, () => word));
    const data = concat([decoy(), words, bytesToHex(random.bytes(13)), execute(settle(settlement)), words, decoy()]);
    expect(findCiphertext(data, receipt)).to.deep.equal(ciphertext);
    // The market's own function with a decoy in it, and the result behind: what a hostile relayer could send.
    expect(findCiphertext(concat([decoy(), word, bytesToHex(ciphertext)]), receipt)).to.deep.equal(ciphertext);
  });

  it("behavior: a result at the very end, with no padding after it; an empty one", () => {
    const ciphertext = random.bytes(40);
    const { receipt } = settlementOf(ciphertext);
    const word = numberToHex(40, { size: 32 });
    expect(findCiphertext(concat([word, bytesToHex(ciphertext)]), receipt)).to.deep.equal(ciphertext);
    const none = settlementOf(new Uint8Array());
    expect(findCiphertext(settle(none.settlement), none.receipt)).to.deep.equal(new Uint8Array());
  });

  it("error: RESULT_NOT_FOUND: held by guardians, cut, changed, or without its length", async () => {
    const ciphertext = random.bytes(300);
    const { receipt, settlement } = settlementOf(ciphertext);
    const changed = Uint8Array.from(ciphertext);
    changed[299] = (changed[299] ?? 0) ^ 1;
    const length = encodeAbiParameters([{ type: "uint256" }], [300n]);
    for (const data of [
      "0x",
      "0x00",
      settle({ ...settlement, ciphertext: "0x" }),
      settle({ ...settlement, ciphertext: bytesToHex(changed) }),
      concat([length, bytesToHex(ciphertext.subarray(0, 299))]),
      bytesToHex(ciphertext),
    ] as const) {
      const { data: ids } = await expectError("RESULT_NOT_FOUND", () => findCiphertext(data, receipt));
      expect(ids).to.deep.include({ jobId: receipt.jobId, outputBytes: 300 });
    }
  });

  it("behavior: the largest calldata a block takes, all decoys, is searched within seconds", async () => {
    const { receipt } = settlementOf(random.bytes(4_096));
    const word = numberToHex(4_096, { size: 32 });
    // 16.7 million gas at 10 a zero byte and 40 another: EIP-7825 and EIP-7623.
    const data = concat(Array.from({ length: 48_000 }, () => word));
    expect(size(data)).to.be.greaterThan(1_500_000);
    const from = performance.now();
    await expectError("RESULT_NOT_FOUND", () => findCiphertext(data, receipt));
    expect(performance.now() - from).to.be.below(20_000);
  }).timeout(40_000);
});
