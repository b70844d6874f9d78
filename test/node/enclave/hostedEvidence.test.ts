import { readEvidenceClaims } from "@persona-protocol/sdk/attestation";
import { createSimulatedNitro, createSimulatedSnp, createSimulator } from "@persona-protocol/sdk/attestation/simulator";
import { decodeStruct, enclaveBindingHashOf } from "@persona-protocol/sdk/contracts";
import { PersonaError } from "@persona-protocol/sdk/errors";
import { expect } from "chai";
import { bytesToHex, type Hex } from "viem";
import type { HostEvidence } from "../../../node/src/enclave/evidence/HostEvidence.ts";
import { hostedEvidence } from "../../../node/src/enclave/runtime/hostedEvidence.ts";
import { detectIsolation } from "../../../node/src/enclave/runtime/isolation.ts";
import { type EnclaveProcess, type EnclaveRole, startEnclave } from "../../../node/src/enclave/startEnclave.ts";
import { expectError } from "../../helpers/errors.ts";
import { createRandom, testSeed } from "../../helpers/random.ts";
import { randomDeployment, randomHex32 } from "../../helpers/structs.ts";

const random = createRandom(testSeed());
const seed = random.bytes(32);
const td = createSimulator({ seed });
const snp = createSimulatedSnp(seed, "milan");
const nitro = createSimulatedNitro(seed);
const other = random.bytes(48);

type Answers = Readonly<Record<string, (reportData: Uint8Array) => Uint8Array>>;
/** What real platforms answer, and the same from another machine or image. */
const platforms: readonly {
  kind: HostEvidence["kind"];
  name: string;
  honest: Answers[string];
  another: Answers[string];
}[] = [
  {
    kind: "configfs-tsm",
    name: "TDX",
    honest: (reportData) => td.tdxQuote({ reportData }),
    another: (reportData) => td.tdxQuote({ reportData, mrTd: other }),
  },
  {
    kind: "configfs-tsm",
    name: "SNP",
    honest: (reportData) => snp.report({ reportData }),
    another: (reportData) => snp.report({ reportData, measurement: other }),
  },
  {
    kind: "dstack",
    name: "TDX",
    honest: (reportData) => td.tdxQuote({ reportData }),
    another: (reportData) => td.tdxQuote({ reportData, rtMr: [other, other, other, other] }),
  },
  {
    kind: "nitro",
    name: "Nitro",
    honest: (userData) => nitro.document({ userData }),
    another: (userData) => nitro.document({ userData, pcrs: { 0: other, 1: other, 2: other } }),
  },
];

const flip = (bytes: Uint8Array) => bytes.with(5, (bytes[5] ?? 0) ^ 1);

for (const { kind, name, honest, another } of platforms) {
  describe(`hostedEvidence: ${name} by ${kind}`, () => {
    it("default: the measurement of the first answer, and evidence for what is asked then", async () => {
      const asked: Uint8Array[] = [];
      const provider = await hostedEvidence(kind, async (reportData) => {
        asked.push(reportData);
        return honest(reportData);
      });
      const reportData = random.bytes(64);
      const evidence = await provider.quote(reportData);
      const claims = readEvidenceClaims(evidence);
      expect(bytesToHex(claims.reportData)).to.equal(bytesToHex(reportData));
      expect(provider.measurement).to.equal(claims.measurement);
      expect(asked).to.have.lengthOf(2);
      expect(bytesToHex(asked[0] ?? seed)).not.to.equal(bytesToHex(asked[1] ?? seed));
    });

    it("error: evidence for other report data, at the start and later", async () => {
      await expectError("EVIDENCE_MISMATCH", () => hostedEvidence(kind, async (data) => honest(flip(data))));
      const kept = honest(random.bytes(64));
      await expectError("EVIDENCE_MISMATCH", () => hostedEvidence(kind, async () => kept));
      let calls = 0;
      const provider = await hostedEvidence(kind, async (data) => honest(calls++ === 0 ? data : flip(data)));
      await expectError("EVIDENCE_MISMATCH", () => provider.quote(random.bytes(64)));
    });

    it("error: evidence of another image or machine than before", async () => {
      let calls = 0;
      const provider = await hostedEvidence(kind, async (data) => (calls++ === 0 ? honest(data) : another(data)));
      await expectError("EVIDENCE_MISMATCH", () => provider.quote(random.bytes(64)));
    });

    it("error: evidence of another kind of platform, or none at all", async () => {
      const foreign = platforms.find((each) => (kind === "nitro" ? each.name === "SNP" : each.kind === "nitro"));
      await expectError("EVIDENCE_MISMATCH", () => hostedEvidence(kind, async (data) => foreign?.honest(data)));
      const enclave = (reportData: Uint8Array) => td.sgxQuote({ reportData });
      await expectError("EVIDENCE_MISMATCH", () => hostedEvidence(kind, async (data) => enclave(data)));
      const nothing = [undefined, null, "quote", 7, {}, new Uint8Array(), random.bytes(2_000), new Uint8Array(0x4a0)];
      for (const answer of nothing) {
        await expectError("EVIDENCE_MISMATCH", () => hostedEvidence(kind, async () => answer));
      }
      for (const cut of [1, 100, 700]) {
        await expectError("EVIDENCE_MISMATCH", () => hostedEvidence(kind, async (data) => honest(data).slice(0, -cut)));
      }
    });

    it("error: nothing is sealed", async () => {
      const provider = await hostedEvidence(kind, async (data) => honest(data));
      await expectError("SEALING_UNAVAILABLE", () => provider.seal(seed));
      await expectError("SEALING_UNAVAILABLE", () => provider.unseal(seed));
    });
  });
}

describe("startEnclave: evidence by its host", function () {
  this.timeout(60_000);
  const deployment = randomDeployment(random);
  const running: EnclaveProcess[] = [];
  after(() => Promise.all(running.map((enclave) => enclave.stop())));
  function start(role: EnclaveRole, evidence: HostEvidence): EnclaveProcess {
    const methods = { rpc: async () => Promise.reject(new PersonaError("CHAIN_UNREACHABLE", "no chain here")) };
    const enclave = startEnclave({ role, isolation: detectIsolation(), methods, evidence, log: () => {} });
    running.push(enclave);
    return enclave;
  }
  const startParams = (role: EnclaveRole) => {
    const plain = { ...deployment, fromBlock: "0" };
    return role === "guardian" ? { deployment: plain, sealed: null } : { deployment: plain };
  };
  const facts = { operator: deployment.jobMarket, keyClass: 1, blockNumber: 5, blockHash: randomHex32(random) };

  for (const { kind, name, honest } of platforms) {
    it(`default: a worker registers with a ${name}'s evidence by ${kind}, and the host keeps what came with it`, async () => {
      const certificates = random.bytes(100);
      const enclave = start("worker", {
        kind,
        quote: async (reportData) => ({ evidence: honest(reportData), certificates }),
      });
      const started = (await enclave.call("start", startParams("worker"))) as { measurement: Hex };
      const said = (await enclave.call("register", facts)) as Record<"binding" | "evidence", Uint8Array>;
      const claims = readEvidenceClaims(said.evidence);
      expect(claims.measurement).to.equal(started.measurement);
      const binding = decodeStruct("EnclaveBinding", said.binding);
      const wanted = `${binding.signer}${enclaveBindingHashOf(binding).slice(2)}${Buffer.from("PSN1").toString("hex")}${"00".repeat(8)}`;
      expect(bytesToHex(claims.reportData)).to.equal(wanted.toLowerCase());
      expect(enclave.companionsOf(said.evidence)?.certificates).to.deep.equal(certificates);
      expect(enclave.companionsOf(flip(said.evidence))).to.equal(undefined);
    });
  }

  it("error: what the platform says crosses the door, and a guardian does not start where nothing can be sealed", async () => {
    const silent: HostEvidence = {
      kind: "nitro",
      quote: () => Promise.reject(new PersonaError("EVIDENCE_UNAVAILABLE", "no module here")),
    };
    await expectError("EVIDENCE_UNAVAILABLE", () => start("worker", silent).call("start", startParams("worker")));
    const works: HostEvidence = {
      kind: "nitro",
      quote: async (userData) => ({ evidence: nitro.document({ userData }) }),
    };
    await expectError("SEALING_UNAVAILABLE", () => start("guardian", works).call("start", startParams("guardian")));
    // A replica will hold its keys: the host is given nothing to keep.
    const params = { ...startParams("guardian"), keep: "replica" };
    expect(await start("guardian", works).call("start", params)).to.include({ sealed: null });
  });

  it("error: a host that brings another's evidence at registration", async () => {
    let calls = 0;
    const enclave = start("worker", {
      kind: "nitro",
      quote: async (userData) => ({
        evidence: nitro.document({ userData: calls++ === 0 ? userData : flip(userData) }),
      }),
    });
    await enclave.call("start", startParams("worker"));
    await expectError("EVIDENCE_MISMATCH", () => enclave.call("register", facts));
  });
});
