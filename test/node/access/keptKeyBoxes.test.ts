import type { KeyBoxBody, KeyBoxHead } from "@persona-protocol/sdk/storage";
import { expect } from "chai";
import type { Hex } from "viem";
import { createKeptKeyBoxes, type DepositedKeyBox } from "../../../node/src/enclave/runtime/guardian/keptKeyBoxes.ts";

const word = (byte: string): Hex => `0x${byte.repeat(32)}`;
const facts = { keyBoxDigest: word("a1"), guardianSetHash: word("a2"), datasetId: word("a3"), keyEpoch: 1 };
/** What is in it is nothing to who keeps it. */
const keyBoxOf = (changed: Partial<DepositedKeyBox["facts"]> = {}, bytes = 100): DepositedKeyBox => ({
  facts: { ...facts, ...changed },
  head: {} as KeyBoxHead,
  body: {} as KeyBoxBody,
  bytes,
});

describe("createKeptKeyBoxes", () => {
  it("default: found by all that its head was verified against, and by nothing less", () => {
    const kept = createKeptKeyBoxes();
    const keyBox = keyBoxOf();
    kept.keep(keyBox);
    expect(kept.get({ ...facts })).to.equal(keyBox);
    const other = word("b0");
    for (const changed of [{ keyBoxDigest: other }, { guardianSetHash: other }, { datasetId: other }, { keyEpoch: 2 }])
      expect(kept.get({ ...facts, ...changed }), Object.keys(changed)[0]).to.equal(undefined);
  });

  it("behavior: dropped, or of a dataset that is forgotten, it is read anew", () => {
    const kept = createKeptKeyBoxes();
    const [keyBox, sibling] = [keyBoxOf(), keyBoxOf({ keyBoxDigest: word("c1"), keyEpoch: 2 })];
    const other = keyBoxOf({ datasetId: word("c2") });
    for (const each of [keyBox, sibling, other]) kept.keep(each);
    kept.drop(keyBox);
    expect([keyBox, sibling].map((each) => kept.get(each.facts))).to.deep.equal([undefined, sibling]);
    kept.forget(facts.datasetId.toUpperCase().replace("0X", "0x") as Hex);
    expect([sibling, other].map((each) => kept.get(each.facts))).to.deep.equal([undefined, other]);
  });

  it("behavior: so many, and none that is large", () => {
    const kept = createKeptKeyBoxes();
    const many = Array.from({ length: 300 }, (_, keyEpoch) => keyBoxOf({ keyEpoch }));
    for (const each of many) kept.keep(each);
    expect(many.filter((each) => kept.get(each.facts) !== undefined)).to.deep.equal(many.slice(-256));
    const large = keyBoxOf({ keyEpoch: 1_000 }, 65_537);
    kept.keep(large);
    expect(kept.get(large.facts)).to.equal(undefined);
  });
});
