import { encodeAbiParameters, type Hex, keccak256 } from "viem";

export type LogEntry = {
  readonly jobId: Hex;
  readonly datasetId: Hex;
  readonly signer: Hex;
  /** 0 for a release, else the reason of the refusal. */
  readonly reason: number;
  readonly blockNumber: bigint;
};

/** Hash-chained: every release and refusal carries the head, so an owner who compares heads finds an omitted entry. */
export type AccessLog = {
  readonly head: () => Hex;
  /** Appends and returns the new head. A refusal that repeats an earlier one changes nothing: it must not fill the disk. */
  append(entry: LogEntry): Hex;
};

const maxRemembered = 10_000;

/** @param head where the chain stands; 32 zero bytes for an empty log. @param store keeps entry and head outside. */
export function createAccessLog(head: Hex, store: (entry: LogEntry, head: Hex) => void): AccessLog {
  let current = head;
  const refusals = new Set<string>();
  return {
    head: () => current,
    append(entry) {
      if (entry.reason !== 0) {
        const refusal = [entry.jobId, entry.datasetId, entry.signer, entry.reason].join();
        if (refusals.has(refusal)) return current;
        const [oldest] = refusals;
        if (refusals.size >= maxRemembered && oldest !== undefined) refusals.delete(oldest);
        refusals.add(refusal);
      }
      current = nextLogHead(current, entry);
      store(entry, current);
      return current;
    },
  };
}

/** keccak(abi(previous head, jobId, datasetId, signer, reason, blockNumber)). */
function nextLogHead(previous: Hex, { jobId, datasetId, signer, reason, blockNumber }: LogEntry): Hex {
  return keccak256(
    encodeAbiParameters(
      [
        { type: "bytes32" },
        { type: "bytes32" },
        { type: "bytes32" },
        { type: "address" },
        { type: "uint16" },
        { type: "uint64" },
      ],
      [previous, jobId, datasetId, signer, reason, blockNumber],
    ),
  );
}
