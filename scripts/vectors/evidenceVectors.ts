import {
  evidenceResultDigest,
  nitroWorkloadId,
  quorumTypedData,
  sgxWorkloadId,
  snpWorkloadId,
  tdWorkloadId,
} from "@persona-protocol/sdk/attestation";
import { concat, type Hex, hexToBytes, keccak256, stringToHex } from "viem";
import { ToolError } from "../command/ToolError.ts";
import { address, hash, largestDeployment, typicalDeployment } from "./deployments.ts";
import { extremeMessage } from "./extremes.ts";
import { signer, signTwice } from "./signTwice.ts";

const now = 1_800_000_000;

/** test/vectors/evidence.json: what verifier nodes sign, and the ids of workloads with the bytes that they are of. */
export async function evidenceVectors(): Promise<object> {
  const typical = {
    evidenceHash: hash("evidence"),
    measurement: hash("measurement"),
    reportDataHi: hash("report data, first half"),
    reportDataLo: hash("report data, second half"),
    platform: hash("platform"),
    vendor: 2,
    verifiedAt: now,
    validUntil: now + 7 * 86_400,
  };
  const domain = { chainId: typicalDeployment.chainId, quorumVerifier: address("QuorumVerifier") };
  const last = { chainId: largestDeployment.chainId, quorumVerifier: largestDeployment.jobMarket };
  const { types, primaryType } = quorumTypedData.evidenceResult(domain, typical);
  const message = (extreme: "largest" | "zero") => extremeMessage(types, primaryType, extreme) as typeof typical;
  return {
    signer,
    messages: {
      EvidenceResult: {
        contract: "QuorumVerifier",
        primaryType,
        types,
        cases: {
          typical: await resultVector(domain, typical),
          largest: await resultVector(last, message("largest")),
          zero: await resultVector(domain, message("zero")),
        },
      },
    },
    workloads: workloadVectors(),
  };
}

type Domain = Parameters<typeof quorumTypedData.evidenceResult>[0];
type Result = Parameters<typeof quorumTypedData.evidenceResult>[1];

async function resultVector(domain: Domain, message: Result): Promise<object> {
  const data = quorumTypedData.evidenceResult(domain, message);
  const signed = await signTwice(data);
  if (signed.digest !== evidenceResultDigest(domain, message)) throw new ToolError("The SDK's digest is another.");
  return { domain: data.domain, message, ...signed };
}

/** Each id by the SDK and by this file, which puts the bytes together anew. */
function workloadVectors(): object {
  const bytes = (name: string, length: number): Hex => {
    const blocks = Array.from({ length: Math.ceil(length / 32) }, (_, index) => hash(`${name} ${index}`));
    return `0x${blocks
      .map((block) => block.slice(2))
      .join("")
      .slice(0, 2 * length)}`;
  };
  const registers = new Map([0, 1, 2, 8].map((index) => [index, bytes(`PCR${index}`, 48)]));
  const pcr = (index: number): Hex => registers.get(index) ?? "0x";
  const pcrs = (...indexes: number[]) => new Map(indexes.map((index) => [index, hexToBytes(pcr(index))]));
  const guest = { measurement: bytes("measurement", 48), idKeyDigest: bytes("id key", 48), policy: 0x3_0133n };
  const td = bytes("TD report", 584);
  const mrEnclave = bytes("MRENCLAVE", 32);
  const zero48: Hex = `0x${"00".repeat(48)}`;
  const unsigned = hexToBytes(zero48);
  return {
    nitro: agreed("persona/workload/nitro/v1", [pcr(0), pcr(1), pcr(2)], nitroWorkloadId(pcrs(0, 1, 2))),
    nitroZeroPcr8: agreed(
      "persona/workload/nitro/v1",
      [pcr(0), pcr(1), pcr(2)],
      nitroWorkloadId(new Map([...pcrs(0, 1, 2), [8, unsigned]])),
    ),
    nitroSigned: agreed(
      "persona/workload/nitro/v1",
      [pcr(0), pcr(1), pcr(2), pcr(8)],
      nitroWorkloadId(pcrs(0, 1, 2, 8)),
    ),
    snp: agreed(
      "persona/workload/snp/v1",
      // The policy's bits 16 to 25, little-endian, as the report has them.
      [guest.measurement, "0x0000030000000000", guest.idKeyDigest],
      snpWorkloadId({
        measurement: hexToBytes(guest.measurement),
        policy: guest.policy,
        idKeyDigest: hexToBytes(guest.idKeyDigest),
      }),
    ),
    tdx: agreed("persona/workload/tdx/v1", [`0x${td.slice(2 + 2 * 120, 2 + 2 * 472)}`], tdWorkloadId(hexToBytes(td))),
    sgx: agreed("persona/workload/sgx/v1", [mrEnclave], sgxWorkloadId(hexToBytes(mrEnclave))),
  };
}

function agreed(tag: string, parts: readonly Hex[], id: Hex): object {
  const again = keccak256(concat([stringToHex(tag), ...parts]));
  if (again !== id) throw new ToolError(`The SDK's id of ${tag} is another: ${id}, not ${again}.`);
  return { tag, parts, id };
}
