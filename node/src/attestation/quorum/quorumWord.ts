import { evidenceFamilyOf, type QuorumEvidence, readCertificateTable } from "@persona-protocol/sdk/attestation";
import type { ChainClient } from "@persona-protocol/sdk/contracts";
import { PersonaError } from "@persona-protocol/sdk/errors";
import { type Address, parseAbi } from "viem";
import type { PlatformEvidence } from "../../enclave/evidence/HostEvidence.ts";
import { askQuorum } from "./askQuorum.ts";

const abi = parseAbi([
  "function THRESHOLD() view returns (uint256)",
  "function isMember(address account) view returns (bool)",
]);

/**
 * What QuorumVerifier takes in an enclave's registration: the word of enough of its members on the platform's evidence.
 *
 * @param companions what the platform gave with it: of an SNP guest the certificates that its host handed over
 * @throws PersonaError EVIDENCE_REFUSED, EVIDENCE_UNAVAILABLE
 */
export async function quorumWord(
  place: {
    readonly client: Pick<ChainClient, "readContract" | "getChainId">;
    readonly quorumVerifier: Address;
    readonly urls: readonly string[];
  },
  evidence: Uint8Array,
  companions: PlatformEvidence | undefined,
): Promise<Uint8Array> {
  const { client, quorumVerifier, urls } = place;
  const contract = { address: quorumVerifier, abi } as const;
  const asked = askedOf(evidence, companions);
  const [chainId, threshold] = await Promise.all([
    client.getChainId(),
    client.readContract({ ...contract, functionName: "THRESHOLD" }),
  ]);
  return askQuorum({
    urls,
    threshold: Number(threshold),
    isMember: (account) => client.readContract({ ...contract, functionName: "isMember", args: [account] }),
    domain: { chainId, quorumVerifier },
    asked,
  });
}

function askedOf(evidence: Uint8Array, companions: PlatformEvidence | undefined): QuorumEvidence {
  const family = evidenceFamilyOf(evidence);
  if (family === "nitro") return { kind: family, evidence };
  if (family !== "snp") {
    throw new PersonaError("CONFIG_INVALID", "A quorum judges Nitro documents and SNP reports only.", {
      data: { evidence: family ?? "unknown" },
    });
  }
  const { chip, signer, root } = readCertificateTable(companions?.certificates ?? new Uint8Array(24));
  if (chip === undefined || signer === undefined || root === undefined) {
    throw new PersonaError(
      "EVIDENCE_UNAVAILABLE",
      "The host has not given its guest the chip's certificates (VCEK or VLEK, ASK and ARK).",
    );
  }
  return { kind: family, evidence, certificates: { chip, signer, root } };
}
