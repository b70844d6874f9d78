import {
  appendLeaf,
  consistencyProof,
  emptyFrontier,
  emptyRoot,
  type Frontier,
  inclusionProof,
  isFrontier,
  leafHash,
  rootAt,
  rootOf,
  verifyConsistency,
  verifyInclusion,
} from "@persona-protocol/sdk/access";
import { expect } from "chai";
import type { Hex } from "viem";
import { createRandom, testSeed } from "../../helpers/random.ts";
import { randomHex32 } from "../../helpers/structs.ts";

const seed = testSeed();
const random = createRandom(seed);
const most = 70;

describe(`merkleLog (seed ${seed})`, () => {
  const leaves = Array.from({ length: most }, () => leafHash(random.bytes(1 + random.integer(40))));
  const nodes = new Map<string, Hex>();
  const node = (level: number, index: number) => nodes.get(`${level}/${index}`) as Hex;
  const frontiers: Frontier[] = [emptyFrontier];
  for (const leaf of leaves)
    frontiers.push(
      appendLeaf(frontiers.at(-1) as Frontier, leaf, (level, index, hash) => nodes.set(`${level}/${index}`, hash)),
    );
  const roots = frontiers.map(rootOf);

  it("default: the roots of RFC 6962's test vectors", () => {
    const inputs = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
    const wanted = {
      0: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
      1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
      2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
      3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
      8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    };
    const found = [emptyFrontier];
    for (const input of inputs) found.push(appendLeaf(found.at(-1) as Frontier, leafHash(Buffer.from(input, "hex"))));
    for (const [size, root] of Object.entries(wanted))
      expect(rootOf(found[Number(size)] as Frontier)).to.equal(`0x${root}`);
    expect(rootOf(emptyFrontier)).to.equal(emptyRoot);
  });

  it("behavior: the frontier's root is the tree's, at every size", () => {
    for (let size = 0; size <= most; size++) {
      expect(rootAt(size, node)).to.equal(roots[size]);
      expect(isFrontier(frontiers[size] as Frontier)).to.equal(true);
    }
    expect(isFrontier({ size: 3, peaks: [randomHex32(random)] })).to.equal(false);
    expect(isFrontier({ size: -1, peaks: [] })).to.equal(false);
  });

  it("behavior: each entry is proved in each log that has it, and in no other place", () => {
    for (let size = 1; size <= most; size++) {
      for (let index = 0; index < size; index++) {
        const proved = {
          leaf: leaves[index] as Hex,
          index,
          size,
          root: roots[size] as Hex,
          proof: inclusionProof(index, size, node),
        };
        expect(verifyInclusion(proved), `${index} of ${size}`).to.equal(true);
        expect(verifyInclusion({ ...proved, leaf: randomHex32(random) })).to.equal(false);
        expect(verifyInclusion({ ...proved, root: roots[size - 1] as Hex })).to.equal(false);
        expect(verifyInclusion({ ...proved, proof: [...proved.proof, randomHex32(random)] })).to.equal(false);
        expect(verifyInclusion({ ...proved, index: size })).to.equal(false);
        if (proved.proof.length > 0) {
          expect(verifyInclusion({ ...proved, proof: proved.proof.slice(1) })).to.equal(false);
          expect(verifyInclusion({ ...proved, index: (index + 1) % size })).to.equal(false);
        }
      }
    }
  });

  it("behavior: each log is proved to begin with each earlier one, and a rewritten one is not", () => {
    const other = Array.from({ length: most }, () => leafHash(random.bytes(8)));
    for (let second = 0; second <= most; second++) {
      for (let first = 0; first <= second; first++) {
        const [before, after] = [first, second].map((size) => ({ size, root: roots[size] as Hex }));
        if (before === undefined || after === undefined) throw new Error("no root");
        const proof = consistencyProof(first, second, node);
        expect(verifyConsistency(before, after, proof), `${first} of ${second}`).to.equal(true);
        expect(verifyConsistency(before, after, [...proof, other[0] as Hex])).to.equal(false);
        expect(verifyConsistency({ size: first, root: other[first % most] as Hex }, after, proof)).to.equal(false);
        if (first > 0)
          expect(verifyConsistency(before, { size: second, root: other[1] as Hex }, proof)).to.equal(false);
        if (proof.length > 0) expect(verifyConsistency(before, after, proof.slice(0, -1))).to.equal(false);
        if (first < second) expect(verifyConsistency(after, before, proof)).to.equal(false);
      }
    }
  });
});
