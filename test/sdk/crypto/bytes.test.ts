import { concatBytes, equalBytes, fromHex, toHex, u32, u64, zeroise } from "@persona-protocol/sdk/crypto";
import { expect } from "chai";

describe("bytes", () => {
  it("default", () => {
    expect(toHex(concatBytes(u32(1), u64(2 ** 40), new Uint8Array()))).to.equal("0x000000010000010000000000");
    expect(toHex(u32(0xffff_ffff))).to.equal("0xffffffff");
    expect(toHex(u64(Number.MAX_SAFE_INTEGER))).to.equal("0x001fffffffffffff");
    expect([...fromHex("0x00ff", 2)]).to.deep.equal([0, 255]);
  });

  it("behavior: equalBytes compares length and every byte", () => {
    expect(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 2))).to.equal(true);
    expect(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 3))).to.equal(false);
    expect(equalBytes(Uint8Array.of(2, 2), Uint8Array.of(1, 2))).to.equal(false);
    expect(equalBytes(Uint8Array.of(1), Uint8Array.of(1, 0))).to.equal(false);
    expect(equalBytes(new Uint8Array(), new Uint8Array())).to.equal(true);
  });

  it("behavior: zeroise overwrites in place", () => {
    const secret = Uint8Array.of(1, 2, 3);
    zeroise(secret, undefined);
    expect([...secret]).to.deep.equal([0, 0, 0]);
  });

  it("error: numbers and lengths out of range", () => {
    for (const value of [-1, 2 ** 32, 1.5, Number.NaN]) expect(() => u32(value)).to.throw(RangeError);
    for (const value of [-1, 2 ** 53, 0.5, Number.POSITIVE_INFINITY]) expect(() => u64(value)).to.throw(RangeError);
    expect(() => fromHex("0x00", 32)).to.throw(RangeError);
  });
});
