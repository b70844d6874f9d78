import { readCertificate } from "@persona-protocol/sdk/attestation";
import { simulatedQe } from "@persona-protocol/sdk/attestation/simulator";
import { PersonaError } from "@persona-protocol/sdk/errors";
import { bytesToHex, type Hex, keccak256 } from "viem";
import { simulator } from "../enclave/runtime/simulatedEvidence.ts";

/** Whose word evidence ends at: the key and the name of the root, and who signs its quoting enclaves. Never changes. */
export type RootParameters = {
  /** x and y of the root's key. */
  readonly rootX: Hex;
  readonly rootY: Hex;
  /** keccak of the root's name as its certificate encodes it. */
  readonly rootName: Hex;
  /** MRSIGNER of the quoting enclaves. */
  readonly tdQeSigner: Hex;
  readonly sgxQeSigner: Hex;
};

/** "Intel SGX Root CA", as contracts/attestation/IntelRoot.sol has it: PckRegistry takes no other on a public chain. */
export const intelRoot: RootParameters = {
  rootX: "0x0ba9c4c0c0c86193a3fe23d6b02cda10a8bbd4e88e48b4458561a36e705525f5",
  rootY: "0x67918e2edc88e40d860bd0cc4ee26aacc988e505a953558c453f6b0904ae7394",
  rootName: "0x3112c8e9428b5c08824e727e3ea896f3597c8a91caeafe57d64a4bc08df71dfb",
  tdQeSigner: "0xdc9e2a7c6f948f17474e34a7fc43ed030f7c1563f1babddf6340c82e0e54a8c5",
  sgxQeSigner: "0x8c4f5775d796503e96137f77c68a829a0056ac8ded70140b081b094490c57bff",
};

/** The development root: anyone has its key. */
export function simulatedRoot(): RootParameters {
  return {
    ...rootOf(simulator().pki.root.der),
    tdQeSigner: bytesToHex(simulatedQe("tdx").mrSigner),
    sgxQeSigner: bytesToHex(simulatedQe("sgx").mrSigner),
  };
}

/** @param certificate DER @throws PersonaError CERTIFICATE_INVALID */
export function rootOf(certificate: Uint8Array): Pick<RootParameters, "rootX" | "rootY" | "rootName"> {
  const { publicKey, subject } = readCertificate(certificate, "root");
  const { point } = publicKey;
  if (point?.length !== 64) throw new PersonaError("CERTIFICATE_INVALID", "The root's key is not of P-256.");
  return {
    rootX: bytesToHex(point.subarray(0, 32)),
    rootY: bytesToHex(point.subarray(32)),
    rootName: keccak256(subject.der),
  };
}

/** @throws PersonaError DEPLOYMENT_FAILED for a development root on a chain that others use, before anything is sent */
export function requireTrustedRoot(chainId: number, { rootX, rootY, rootName, ...qe }: RootParameters): void {
  if (chainId === 31_337 || chainId === 1_337) return;
  const isIntel =
    rootX === intelRoot.rootX &&
    rootY === intelRoot.rootY &&
    rootName === intelRoot.rootName &&
    qe.tdQeSigner === intelRoot.tdQeSigner &&
    qe.sgxQeSigner === intelRoot.sgxQeSigner;
  if (!isIntel)
    throw new PersonaError("DEPLOYMENT_FAILED", "A public chain believes evidence under Intel's root only.", {
      data: { chainId, rootX, rootY, rootName, ...qe },
    });
}
