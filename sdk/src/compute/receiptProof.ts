import {
  type Address,
  decodeFunctionData,
  getAddress,
  type Hex,
  hexToBytes,
  isAddress,
  isAddressEqual,
  isHex,
  recoverAddress,
  size,
  toHex,
} from "viem";
import * as z from "zod";
import { type ChainClient, type Deployment, jobMarketAbi, type Receipt, receiptDigestOf } from "../contracts/index.ts";
import { sha256Hex } from "../crypto/index.ts";
import { PersonaError } from "../errors/index.ts";

/** A settled job's receipt with its signature: what anybody can check without the chain, and keep. */
export type ReceiptProof = {
  readonly v: 1;
  readonly chainId: number;
  readonly jobMarket: Address;
  readonly receipt: Receipt;
  /** The enclave key that is to have signed. */
  readonly signer: Address;
  readonly signature: Hex;
  readonly nodeId: number;
  readonly transactionHash: Hex;
};

type Context = {
  readonly client: Pick<ChainClient, "getContractEvents" | "getTransaction">;
  readonly deployment: Deployment;
};

const signatureBytes = 65;

/**
 * The proof of a job that ended with a result, out of the transaction that settled it.
 * @throws PersonaError JOB_UNKNOWN when no job of this id was settled, RECEIPT_INVALID when no signature of its key is there
 */
export async function receiptProofOf({ client, deployment }: Context, jobId: Hex): Promise<ReceiptProof> {
  const [settled] = await client.getContractEvents({
    address: deployment.jobMarket,
    abi: jobMarketAbi,
    eventName: "JobSettled",
    args: { jobId },
    fromBlock: deployment.fromBlock,
    strict: true,
  });
  if (settled === undefined)
    throw new PersonaError("JOB_UNKNOWN", "No job of this id was settled.", { data: { jobId } });
  const { receipt, signer, nodeId } = settled.args;
  const { transactionHash } = settled;
  const { input } = await client.getTransaction({ hash: transactionHash });
  const hash = receiptDigestOf(deployment, receipt);
  for (const signature of signaturesIn(input)) {
    if (!(await signedBy(hash, signature, signer))) continue;
    const { chainId, jobMarket } = deployment;
    return { v: 1, chainId, jobMarket, receipt, signer, signature, nodeId, transactionHash };
  }
  throw new PersonaError("RECEIPT_INVALID", "The settling transaction carries no signature of the receipt.", {
    data: { jobId, signer, transactionHash },
  });
}

/** Of calls of the market itself; or, where an account contract wraps them, whatever is as long as a signature. */
function* signaturesIn(data: Hex): Generator<Hex> {
  try {
    const call = decodeFunctionData({ abi: jobMarketAbi, data });
    if (call.functionName === "settleJob") yield call.args[0].signature;
    if (call.functionName === "settleMany") for (const { signature } of call.args[0]) yield signature;
  } catch {
    // Another contract's function: below.
  }
  const bytes = hexToBytes(data);
  for (let at = 32; at + signatureBytes <= bytes.length; at++) {
    const isLength = bytes[at - 1] === signatureBytes && bytes.subarray(at - 32, at - 1).every((byte) => byte === 0);
    if (isLength) yield toHex(bytes.subarray(at, at + signatureBytes));
  }
}

async function signedBy(hash: Hex, signature: Hex, signer: Address): Promise<boolean> {
  if (size(signature) !== signatureBytes) return false;
  try {
    return isAddressEqual(await recoverAddress({ hash, signature }), signer);
  } catch {
    // No point of the curve.
    return false;
  }
}

export type OfflineVerdict = {
  readonly checked: readonly string[];
  /** What only a chain can say, or was not brought. */
  readonly unchecked: readonly string[];
};

/**
 * Checks a receipt without the chain. It shows who signed what; that the key is an attested worker's and that the market took this
 * receipt is believed of `signers` (keys that were read from a registry before), else it is among `unchecked`.
 * @throws PersonaError RECEIPT_INVALID, naming what does not fit; CHAIN_WRONG
 */
export async function verifyReceiptOffline(
  proof: ReceiptProof,
  known: {
    readonly deployment: Deployment;
    readonly jobId?: Hex;
    readonly jobSpecHash?: Hex;
    readonly ciphertext?: Uint8Array;
    readonly signers?: readonly Address[];
  },
): Promise<OfflineVerdict> {
  const { deployment, jobId, jobSpecHash, ciphertext, signers } = known;
  const { receipt, signer, signature, chainId, jobMarket } = proof;
  if (chainId !== deployment.chainId || !isAddressEqual(jobMarket, deployment.jobMarket))
    throw new PersonaError("CHAIN_WRONG", "The receipt is of another chain or another market.", {
      data: { got: chainId, wanted: deployment.chainId, jobMarket },
    });
  const require = (holds: boolean, why: string) => {
    if (holds) return;
    throw new PersonaError("RECEIPT_INVALID", `The receipt does not stand: ${why}.`, {
      data: { jobId: receipt.jobId, signer },
    });
  };
  const checked = ["the signature is the named key's, for this chain and market"];
  const unchecked = ["that the market took this receipt"];
  require(await signedBy(
    receiptDigestOf(deployment, receipt),
    signature,
    signer,
  ), "its signature is not the named key's");
  require(receipt.code === 0, "it is a failure");
  const hold = (given: boolean, holds: boolean, what: string, why: string) => {
    if (given) require(holds, why);
    (given ? checked : unchecked).push(what);
  };
  hold(jobId !== undefined, receipt.jobId === jobId, "it is of the job that was asked for", "it is another job's");
  hold(
    jobSpecHash !== undefined,
    receipt.jobSpecHash === jobSpecHash,
    "it is for the spec that was asked",
    "it is for another spec",
  );
  const isCiphertext =
    ciphertext !== undefined &&
    ciphertext.length === receipt.outputBytes &&
    sha256Hex(ciphertext) === receipt.ciphertextDigest;
  hold(
    ciphertext !== undefined,
    isCiphertext,
    "the sealed result is the one it names",
    "the sealed result is another one",
  );
  const isKnown = signers?.some((candidate) => isAddressEqual(candidate, signer)) === true;
  hold(
    signers !== undefined,
    isKnown,
    "its key is one of those that are known",
    "its key is none of those that are known",
  );
  return { checked, unchecked };
}

const hex = (bytes: number) =>
  z.custom<Hex>((value) => typeof value === "string" && isHex(value) && size(value) === bytes, `not ${bytes} bytes`);
const address = z
  .custom<string>((value) => typeof value === "string" && isAddress(value, { strict: false }), "not an address")
  .transform((value) => getAddress(value));
const uint = (bits: number) =>
  z
    .int()
    .min(0)
    .max(2 ** bits - 1);
const schema = z.strictObject({
  v: z.literal(1),
  chainId: z.int().min(1),
  jobMarket: address,
  receipt: z.strictObject({
    jobId: hex(32),
    jobSpecHash: hex(32),
    attempt: uint(32),
    code: uint(16),
    ciphertextDigest: hex(32),
    plaintextCommitment: hex(32),
    releasesHash: hex(32),
    outputBytes: uint(32),
  }),
  signer: address,
  signature: hex(signatureBytes),
  nodeId: uint(32),
  transactionHash: hex(32),
});

const maxProofLength = 8_192;

export const encodeReceiptProof = (proof: ReceiptProof): string => JSON.stringify(schema.parse(proof), null, 2);

/** @throws PersonaError RECEIPT_INVALID */
export function decodeReceiptProof(text: string): ReceiptProof {
  try {
    if (text.length > maxProofLength) throw new RangeError("too long");
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw new PersonaError("RECEIPT_INVALID", "This is no receipt with its signature.", { cause });
  }
}
