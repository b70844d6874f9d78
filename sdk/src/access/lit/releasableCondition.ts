import { type Address, bytesToHex, type Hex } from "viem";
import { encodeStruct } from "../../contracts/abiStructs.ts";
import type { JobParams } from "../../contracts/structs.ts";
import type { LitContractCondition } from "./litClient.ts";

/**
 * The one condition: `JobMarket.releasable` says yes for this job and input, and for whoever proves to hold the signer's key.
 *
 * It goes through a view, `releasable(bytes32 jobId, bytes params, uint256 input, address signer) → (bool ok, uint8 reason)`,
 * that decodes the bytes and asks the market, because a condition of Lit cannot hold a struct. docs/lit.md has its source.
 */
export function releasableCondition(parameters: {
  /** Lit's name of the chain, such as `sepolia`. */
  readonly chain: string;
  readonly releasableView: Address;
  readonly jobId: Hex;
  readonly params: JobParams;
  readonly input: number;
}): LitContractCondition {
  const { chain, releasableView, jobId, params, input } = parameters;
  return {
    conditionType: "evmContract",
    contractAddress: releasableView,
    chain,
    functionName: "releasable",
    functionParams: [jobId, bytesToHex(encodeStruct("JobParams", params)), String(input), ":userAddress"],
    functionAbi: {
      name: "releasable",
      type: "function",
      stateMutability: "view",
      inputs: [
        { name: "jobId", type: "bytes32" },
        { name: "params", type: "bytes" },
        { name: "input", type: "uint256" },
        { name: "signer", type: "address" },
      ],
      outputs: [
        { name: "ok", type: "bool" },
        { name: "reason", type: "uint8" },
      ],
    },
    returnValueTest: { key: "ok", comparator: "=", value: "true" },
  };
}
