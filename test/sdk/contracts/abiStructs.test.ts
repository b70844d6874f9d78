import { decodeStruct, encodeStruct } from "@persona-protocol/sdk/contracts";
import { concatBytes } from "@persona-protocol/sdk/crypto";
import { expect } from "chai";
import { expectError } from "../../helpers/errors.ts";
import { createRandom, mutate, testSeed } from "../../helpers/random.ts";
import { randomStruct, structNames } from "../../helpers/structs.ts";

const seed = testSeed();

describe("encodeStruct and decodeStruct", () => {
  for (const name of structNames) {
    it(`default: ${name} comes back as it went in (seed ${seed})`, () => {
      const random = createRandom(seed);
      for (let round = 0; round < 25; round++) {
        const value = randomStruct(name, random);
        expect(decodeStruct(name, encodeStruct(name, value))).to.deep.equal(value);
      }
    });
  }

  it(`behavior: of 2,000 changed encodings none means the same struct (seed ${seed})`, async () => {
    const random = createRandom(seed);
    let accepted = 0;
    for (let round = 0; round < 2_000; round++) {
      const name = random.pick(structNames);
      const value = randomStruct(name, random);
      const bytes = encodeStruct(name, value);
      const changed = mutate(bytes, random);
      if (Buffer.from(changed).equals(bytes)) continue;
      try {
        expect(decodeStruct(name, changed), name).not.to.deep.equal(value);
        accepted += 1;
      } catch (error) {
        await expectError("REQUEST_INVALID", () => {
          throw error;
        });
      }
    }
    expect(accepted).to.be.greaterThan(0);
  });

  it("error: bytes after the end, words with dirty upper bits, another place for the array", async () => {
    const random = createRandom(seed);
    const request = encodeStruct("ReleaseRequest", randomStruct("ReleaseRequest", random));
    await expectError("REQUEST_INVALID", () =>
      decodeStruct("ReleaseRequest", concatBytes(request, new Uint8Array(32))),
    );
    const dirty = Uint8Array.from(request);
    dirty[32] = 1; // the highest byte of `attempt`, a uint32
    await expectError("REQUEST_INVALID", () => decodeStruct("ReleaseRequest", dirty));

    const params = encodeStruct("JobOrder", { ...randomStruct("JobOrder", random), inputs: [] });
    const offsetAt = params.findLastIndex((byte) => byte !== 0);
    const moved = Uint8Array.from(concatBytes(params, new Uint8Array(32)));
    moved[offsetAt] = (moved[offsetAt] ?? 0) + 32;
    await expectError("REQUEST_INVALID", () => decodeStruct("JobOrder", moved));
  });

  it("error: nothing, too little, another struct", async () => {
    const random = createRandom(seed);
    await expectError("REQUEST_INVALID", () => decodeStruct("Terms", new Uint8Array()));
    const receipt = encodeStruct("Receipt", randomStruct("Receipt", random));
    await expectError("REQUEST_INVALID", () => decodeStruct("Receipt", receipt.subarray(0, -1)));
    await expectError("REQUEST_INVALID", () => decodeStruct("Terms", receipt));
  });

  it("error: an array of 2^255 elements is refused without being made", async () => {
    const params = encodeStruct("JobOrder", { ...randomStruct("JobOrder", createRandom(seed)), inputs: [] });
    const endless = Uint8Array.from(params);
    endless[endless.length - 32] = 0x80;
    await expectError("REQUEST_INVALID", () => decodeStruct("JobOrder", endless));
  });
});
