/**
 * SIMULATED TEE. No silicon stands behind this: the seed of the root is a public text, so anyone can make this evidence and open
 * what is sealed by it. It has the form of Intel's in every byte, and is accepted on chain ids 31337 and 1337 only (PckRegistry
 * takes no root but Intel's elsewhere). SECURITY.md says what it does not give.
 */
import { createHash } from "node:crypto";
import { tdWorkloadId } from "@persona-protocol/sdk/attestation";
import {
  createSimulator,
  type Simulator,
  simulatedTd,
  type TdReportContents,
  writeTdReport,
} from "@persona-protocol/sdk/attestation/simulator";
import { aeadOpen, aeadSeal, hkdfSha256, sha256 } from "@persona-protocol/sdk/crypto";
import { type Hex, hexToBytes, toBytes } from "viem";
import type { EvidenceProvider } from "./evidence.ts";

const seed = sha256(toBytes("persona/simulated-root/v1"));
let made: Simulator | undefined;

/** The machine that all simulated enclaves run on. */
export function simulator(): Simulator {
  made ??= createSimulator({ seed });
  return made;
}

/** Another machine under the same root. */
export const simulatedMachine = (platform: string): Simulator => createSimulator({ seed, platform });

/** Measurement, as MeasurementPolicy knows it, of a simulated TD that runs this code. @param runtime of the enclave bundle */
export const simulatedWorkload = (runtime: Hex): Hex => tdWorkloadId(writeTdReport(simulatedTd(bodyOf(runtime))));

/** @param runtime digest of the code that runs here, of the enclave bundle */
export function simulatedEvidence(runtime: Hex): EvidenceProvider {
  const measurement = simulatedWorkload(runtime);
  const sealingKey = hkdfSha256({
    ikm: seed,
    salt: hexToBytes(measurement),
    info: toBytes("persona/simulated-seal/v1"),
    length: 32,
  });
  const aad = hexToBytes(measurement);
  return {
    measurement,
    quote: async (reportData) => simulator().tdxQuote({ ...bodyOf(runtime), reportData }),
    seal: (plaintext) => aeadSeal({ key: sealingKey, plaintext, aad }),
    unseal: (sealed) => aeadOpen({ key: sealingKey, sealed, aad }),
  };
}

/** Silicon would measure the image into MRTD; here it is the digest of the code. */
const bodyOf = (runtime: Hex): TdReportContents => ({
  mrTd: createHash("sha384").update(hexToBytes(runtime)).digest(),
});
