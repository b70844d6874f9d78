import { readFileSync } from "node:fs";
import {
  evidenceResultDigest,
  nitroWorkloadId,
  quorumTypedData,
  readEvidenceClaims,
  sgxWorkloadId,
  signerOf,
  snpWorkloadId,
  tdWorkloadId,
} from "@persona-protocol/sdk/attestation";
import { createSimulatedNitro, createSimulatedSnp, createSimulator } from "@persona-protocol/sdk/attestation/simulator";
import { expect } from "chai";
import { type Address, concat, type Hex, hexToBytes, serializeSignature } from "viem";
import { expectError } from "../../helpers/errors.ts";

type Workload = { readonly tag: string; readonly parts: readonly Hex[]; readonly id: Hex };
type Case = {
  readonly domain: { readonly chainId: number; readonly verifyingContract: Address };
  readonly message: Parameters<typeof evidenceResultDigest>[1];
  readonly digest: Hex;
  readonly signature: { readonly r: Hex; readonly s: Hex; readonly v: number };
};
const { workloads, messages, signer } = JSON.parse(
  readFileSync(new URL("../../vectors/evidence.json", import.meta.url), "utf8"),
) as {
  signer: { address: Address };
  workloads: Readonly<Record<"nitro" | "nitroZeroPcr8" | "nitroSigned" | "snp" | "tdx" | "sgx", Workload>>;
  messages: { EvidenceResult: { cases: Readonly<Record<string, Case>> } };
};
const part = ({ parts }: Workload, index: number) => hexToBytes(parts[index] ?? "0x");

describe("workload ids", () => {
  it("default: as the vectors have them", () => {
    const { nitro, nitroZeroPcr8, nitroSigned, snp, tdx, sgx } = workloads;
    const pcrs = new Map([0, 1, 2].map((index) => [index, part(nitro, index)]));
    expect(nitroWorkloadId(pcrs)).to.equal(nitro.id).and.to.equal(nitroZeroPcr8.id);
    expect(nitroWorkloadId(new Map([...pcrs, [8, new Uint8Array(48)]]))).to.equal(nitro.id);
    expect(nitroWorkloadId(new Map([...pcrs, [8, part(nitroSigned, 3)], [3, pcrs.get(1) ?? part(nitro, 0)]]))).to.equal(
      nitroSigned.id,
    );
    const guest = { measurement: part(snp, 0), idKeyDigest: part(snp, 2) };
    expect(snpWorkloadId({ ...guest, policy: 0x3_0000n })).to.equal(snp.id);
    expect(
      tdWorkloadId(hexToBytes(concat([`0x${"00".repeat(120)}`, tdx.parts[0] ?? "0x", `0x${"00".repeat(112)}`]))),
    ).to.equal(tdx.id);
    expect(sgxWorkloadId(part(sgx, 0))).to.equal(sgx.id);
  });

  it("behavior: the oldest firmware that a guest takes is no part of it, and how it must be kept is", () => {
    const guest = { measurement: part(workloads.snp, 0), idKeyDigest: part(workloads.snp, 2) };
    for (let bit = 0n; bit < 64n; bit++) {
      const same = snpWorkloadId({ ...guest, policy: 0x3_0000n ^ (1n << bit) }) === workloads.snp.id;
      expect(same, `bit ${bit}`).to.equal(bit < 16n || bit > 25n);
    }
  });

  it("error: registers of other lengths", () => {
    expect(() => nitroWorkloadId(new Map([[0, new Uint8Array(48)]]))).to.throw(RangeError);
    const short = { measurement: new Uint8Array(47), idKeyDigest: new Uint8Array(48), policy: 0n };
    expect(() => snpWorkloadId(short)).to.throw(RangeError);
    expect(() => tdWorkloadId(new Uint8Array(585))).to.throw(RangeError);
    expect(() => sgxWorkloadId(new Uint8Array(31))).to.throw(RangeError);
  });
});

describe("readEvidenceClaims", () => {
  const seed = new Uint8Array(32).fill(3);
  const reportData = new Uint8Array(64).fill(9);

  it("default: of each kind, and the same id for both versions of a TD's quote", () => {
    const simulator = createSimulator({ seed });
    const td = readEvidenceClaims(simulator.tdxQuote({ reportData }));
    const td15 = readEvidenceClaims(simulator.tdxQuote({ reportData, td15: {} }));
    expect(td).to.deep.include({ platform: "tdx", reportData }).and.to.deep.equal(td15);
    const document = createSimulatedNitro(seed).document({ userData: reportData });
    expect(readEvidenceClaims(document)).to.deep.include({ platform: "nitro", reportData });
    const report = createSimulatedSnp(seed, "turin").report({ reportData });
    expect(readEvidenceClaims(report)).to.deep.include({ platform: "snp", reportData });
    expect(readEvidenceClaims(simulator.sgxQuote({ reportData }))).to.deep.include({ platform: "sgx", reportData });
  });

  it("error: anything else", async () => {
    for (const bytes of [new Uint8Array(), new Uint8Array(0x4a0), Uint8Array.of(0x84), new Uint8Array(5_000)]) {
      await expectError("EVIDENCE_UNREADABLE", () => readEvidenceClaims(bytes));
    }
  });
});

describe("EvidenceResult", () => {
  it("default: digests and signatures as the vectors have them", async () => {
    for (const { domain, message, digest, signature } of Object.values(messages.EvidenceResult.cases)) {
      const place = { chainId: domain.chainId, quorumVerifier: domain.verifyingContract };
      expect(evidenceResultDigest(place, message)).to.equal(digest);
      expect(quorumTypedData.evidenceResult(place, message).domain).to.deep.equal(domain);
      const { r, s, v } = signature;
      expect(await signerOf(digest, serializeSignature({ r, s, v: BigInt(v) }))).to.equal(signer.address);
    }
  });
});
