import { concatBytes, fromHex, keccak256, utf8 } from "@persona-protocol/sdk/crypto";
import { catalogueCommitment, catalogueHash, datasetHeadHash, guardianSetHash } from "@persona-protocol/sdk/storage";
import { expect } from "chai";
import { encodeAbiParameters, type Hex, parseAbiParameters } from "viem";

const b32 = (byte: string): Hex => `0x${byte.repeat(32)}`;

describe("catalogueHash", () => {
  it("default: folds from zero", () => {
    expect(catalogueHash([])).to.equal(b32("00"));
    const one = keccak256(concatBytes(new Uint8Array(32), fromHex(b32("01"))));
    expect(catalogueHash([b32("01")])).to.equal(one);
    expect(catalogueHash([b32("01"), b32("02")])).to.equal(keccak256(concatBytes(fromHex(one), fromHex(b32("02")))));
  });

  it("behavior: a longer catalogue extends the hash of its prefix", () => {
    const all = ["01", "02", "03", "04"].map(b32);
    expect(catalogueHash(all.slice(2), catalogueHash(all.slice(0, 2)))).to.equal(catalogueHash(all));
  });
});

describe("catalogueCommitment", () => {
  it("default: binds salt and name", () => {
    expect(catalogueCommitment(b32("aa"), "posts")).to.equal(keccak256(concatBytes(fromHex(b32("aa")), utf8("posts"))));
    expect(catalogueCommitment(b32("aa"), "posts")).not.to.equal(catalogueCommitment(b32("ab"), "posts"));
  });
});

describe("guardianSetHash", () => {
  it("default: binds threshold, guardians and their order", () => {
    const wanted = keccak256(fromHex(encodeAbiParameters(parseAbiParameters("uint8, uint32[]"), [2, [5, 6, 7]])));
    expect(guardianSetHash({ threshold: 2, guardians: [5, 6, 7] })).to.equal(wanted);
    expect(guardianSetHash({ threshold: 2, guardians: [6, 5, 7] })).not.to.equal(wanted);
    expect(guardianSetHash({ threshold: 3, guardians: [5, 6, 7] })).not.to.equal(wanted);
  });
});

describe("datasetHeadHash", () => {
  it("default: is abi.encode of its five fields", () => {
    const head = {
      manifestDigest: b32("01"),
      keyBoxDigest: b32("02"),
      guardianSetHash: b32("03"),
      catalogueHash: b32("04"),
      catalogueLength: 5,
    };
    const bytes = concatBytes(
      ...["01", "02", "03", "04"].map((byte) => fromHex(b32(byte))),
      new Uint8Array(31),
      Uint8Array.of(5),
    );
    expect(datasetHeadHash(head)).to.equal(keccak256(bytes));
  });
});
