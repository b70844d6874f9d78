/** What a verifier node signs, and what QuorumVerifier reads: contracts/types/EvidenceResult.sol has the same fields. */
import {
  type Address,
  encodeAbiParameters,
  type Hex,
  hexToBigInt,
  hexToBytes,
  recoverAddress,
  size,
  slice,
} from "viem";
import { typedDigest } from "../../contracts/typedDigest.ts";
import { PersonaError } from "../../errors/index.ts";

const EvidenceResult = [
  { name: "evidenceHash", type: "bytes32" },
  { name: "measurement", type: "bytes32" },
  { name: "reportDataHi", type: "bytes32" },
  { name: "reportDataLo", type: "bytes32" },
  { name: "platform", type: "bytes32" },
  { name: "vendor", type: "uint8" },
  { name: "verifiedAt", type: "uint40" },
  { name: "validUntil", type: "uint40" },
] as const;

export type EvidenceResult = {
  /** Keccak-256 of the signed bytes. */
  readonly evidenceHash: Hex;
  /** Workload id. */
  readonly measurement: Hex;
  /** The 64 bytes that the enclave chose, in two halves. */
  readonly reportDataHi: Hex;
  readonly reportDataLo: Hex;
  /** Which machine, for bans; zero where the evidence names none. */
  readonly platform: Hex;
  /** Index in `NodePolicy.vendors`: 2 AMD, 3 AWS. */
  readonly vendor: number;
  /** Unix seconds: what the asker proposed, so that all nodes sign the same. */
  readonly verifiedAt: number;
  /** Unix seconds. */
  readonly validUntil: number;
};

/** The contract that a result is for: its address and chain are in the domain, so that it serves nowhere else. */
export type QuorumDomain = { readonly chainId: number; readonly quorumVerifier: Address };

export const quorumTypedData = {
  evidenceResult: ({ chainId, quorumVerifier }: QuorumDomain, message: EvidenceResult) =>
    ({
      domain: { name: "Persona QuorumVerifier", version: "1", chainId, verifyingContract: quorumVerifier },
      types: { EvidenceResult },
      primaryType: "EvidenceResult",
      message,
    }) as const,
};

export type SignedEvidenceResult = {
  readonly result: EvidenceResult;
  /** 65 bytes: r ‖ s ‖ v. */
  readonly signature: Hex;
};

export const evidenceResultDigest = (domain: QuorumDomain, result: EvidenceResult): Hex =>
  typedDigest(quorumTypedData.evidenceResult(domain, result));

/**
 * The bytes that QuorumVerifier takes as evidence: `abi.encode(EvidenceResult, bytes[])`, signers ascending by address.
 *
 * @throws PersonaError EVIDENCE_REFUSED when the nodes do not say the same, or a signature is none
 */
export async function quorumEvidence(
  domain: QuorumDomain,
  answers: readonly SignedEvidenceResult[],
): Promise<Uint8Array> {
  const [first] = answers;
  if (first === undefined) throw new PersonaError("EVIDENCE_REFUSED", "No verifier node has signed.");
  const digest = evidenceResultDigest(domain, first.result);
  const signed = new Map<string, Hex>();
  for (const { result, signature } of answers) {
    if (evidenceResultDigest(domain, result) !== digest) {
      throw new PersonaError("EVIDENCE_REFUSED", "The verifier nodes do not say the same of the evidence.");
    }
    signed.set((await signerOf(digest, signature)).toLowerCase(), signature);
  }
  const signatures = [...signed].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, signature]) => signature);
  return hexToBytes(
    encodeAbiParameters(
      [{ type: "tuple", components: EvidenceResult }, { type: "bytes[]" }],
      [first.result, signatures],
    ),
  );
}

/** Half the order of secp256k1: OpenZeppelin's ECDSA, hence the contract, refuses a larger s. */
const HALF_ORDER = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0n;

/** Who has signed a digest, as the contract recovers it. @throws PersonaError EVIDENCE_REFUSED */
export async function signerOf(digest: Hex, signature: Hex): Promise<Address> {
  const [s, v] = size(signature) === 65 ? [hexToBigInt(slice(signature, 32, 64)), slice(signature, 64)] : [];
  if (s === undefined || s > HALF_ORDER || (v !== "0x1b" && v !== "0x1c")) {
    throw new PersonaError(
      "EVIDENCE_REFUSED",
      "A verifier node's signature is not in the form that the contract takes.",
    );
  }
  try {
    return await recoverAddress({ hash: digest, signature });
  } catch (cause) {
    throw new PersonaError("EVIDENCE_REFUSED", "A verifier node's signature is none.", { cause });
  }
}
