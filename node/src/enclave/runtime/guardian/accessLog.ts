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
  /** Appends and returns the new head. */
  append(entry: LogEntry): Hex;
};

/** @param head where the chain stands; 32 zero bytes for an empty log. @param store keeps entry and head outside. */
export function createAccessLog(head: Hex, store: (entry: LogEntry, head: Hex) => void): AccessLog {
  let current = head;
  return {
    head: () => current,
    append(entry) {
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
