import type { KeyBoxBody, KeyBoxHead, verifyKeyBoxHead } from "@persona-protocol/sdk/storage";
import type { Hex } from "viem";

/** A KeyBox as the host kept it: its head was verified against these facts, shares of its body are still sealed. */
export type DepositedKeyBox = {
  readonly facts: verifyKeyBoxHead.ChainFacts;
  readonly head: KeyBoxHead;
  readonly body: KeyBoxBody;
  /** Of the deposit. */
  readonly bytes: number;
};

/**
 * KeyBoxes that something was released from lately: a dataset that is asked for often is read from the host, and decoded, once.
 * A damaged one is never in it, because nothing was released from it.
 */
export type KeptKeyBoxes = {
  get(facts: verifyKeyBoxHead.ChainFacts): DepositedKeyBox | undefined;
  keep(keyBox: DepositedKeyBox): void;
  drop(keyBox: DepositedKeyBox): void;
  forget(datasetId: Hex): void;
};

const maxKept = 256;
/** A larger one is read each time. */
const maxBytes = 65_536;

export function createKeptKeyBoxes(): KeptKeyBoxes {
  const kept = new Map<string, DepositedKeyBox>();
  const nameOf = ({ keyBoxDigest, guardianSetHash, datasetId, keyEpoch }: verifyKeyBoxHead.ChainFacts) =>
    [keyBoxDigest, guardianSetHash, datasetId, keyEpoch].join(" ").toLowerCase();
  return {
    get: (facts) => kept.get(nameOf(facts)),
    keep(keyBox) {
      const name = nameOf(keyBox.facts);
      if (keyBox.bytes > maxBytes || kept.has(name)) return;
      const [oldest] = kept.keys();
      if (kept.size >= maxKept && oldest !== undefined) kept.delete(oldest);
      kept.set(name, keyBox);
    },
    drop(keyBox) {
      kept.delete(nameOf(keyBox.facts));
    },
    forget(datasetId) {
      const wanted = datasetId.toLowerCase();
      for (const [name, { facts }] of kept) if (facts.datasetId.toLowerCase() === wanted) kept.delete(name);
    },
  };
}
