/**
 * SIMULATED TEE. No silicon stands behind this: the root key is derived from a public text, so anyone can make this evidence
 * and open what is sealed by it. It is accepted on chain ids 31337 and 1337 only (SimulatedEvidenceVerifier refuses to exist
 * elsewhere). SECURITY.md says what it does not give.
 */
import { aeadOpen, aeadSeal, hkdfSha256, sha256 } from "@persona-protocol/sdk/crypto";
import { type Address, bytesToHex, encodeAbiParameters, type Hex, hexToBytes, keccak256, toBytes } from "viem";
import { privateKeyToAccount, sign } from "viem/accounts";
import type { EvidenceProvider } from "./evidence.ts";

const rootSeed = sha256(toBytes("persona/simulated-root/v1"));

/** The address that SimulatedEvidenceVerifier is deployed with. */
export const simulatedRoot: Address = privateKeyToAccount(bytesToHex(rootSeed)).address;

export function simulatedEvidence(measurement: Hex): EvidenceProvider {
  const sealingKey = hkdfSha256({
    ikm: rootSeed,
    salt: hexToBytes(measurement),
    info: toBytes("persona/simulated-seal/v1"),
    length: 32,
  });
  const aad = hexToBytes(measurement);
  return {
    measurement,
    async quote(reportData) {
      const signature = await sign({
        hash: simulatedEvidenceDigest(measurement, reportData),
        privateKey: bytesToHex(rootSeed),
        to: "hex",
      });
      return hexToBytes(
        encodeAbiParameters(
          [{ type: "bytes32" }, { type: "bytes" }, { type: "bytes" }],
          [measurement, bytesToHex(reportData), signature],
        ),
      );
    },
    seal: (plaintext) => aeadSeal({ key: sealingKey, plaintext, aad }),
    unseal: (sealed) => aeadOpen({ key: sealingKey, sealed, aad }),
  };
}

/** What the simulated root signs, as a raw digest. */
function simulatedEvidenceDigest(measurement: Hex, reportData: Uint8Array): Hex {
  return keccak256(
    encodeAbiParameters(
      [{ type: "string" }, { type: "bytes32" }, { type: "bytes32" }],
      ["persona/simulated-evidence/v1", measurement, keccak256(reportData)],
    ),
  );
}
