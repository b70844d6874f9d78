import { createHash } from "node:crypto";
import { liteQuoteOf, readQuoteFields, verifyQuote } from "@persona-protocol/sdk/attestation";
import { createSimulator } from "@persona-protocol/sdk/attestation/simulator";
import { expect } from "chai";
import { issuedAt, judgedAt, parametersOf, ruleOf, seed, simulator } from "../../helpers/attestationScene.ts";
import { expectError } from "../../helpers/errors.ts";

const KNOWN_DIGEST = "f423fcb835b20eb6d0317bdf89f771a90a536f81085bb1656dd4db3022ea9175";

const digest = (...parts: readonly (Uint8Array | string)[]): string => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest("hex");
};

describe("createSimulator", () => {
  it("default: the same seed makes the same bytes, wherever and whenever", () => {
    const sim = createSimulator({ seed: new Uint8Array(32) });
    const { tcbInfo, qeIdentity, rootCaCrl, pckCrl, tcbInfoSignature } = sim.collateral({ tee: "tdx", issuedAt });
    expect(digest(sim.tdxQuote({}), tcbInfo, tcbInfoSignature, qeIdentity, rootCaCrl, pckCrl)).to.equal(KNOWN_DIGEST);
    expect(digest(sim.tdxQuote({}))).to.equal(digest(createSimulator({ seed: new Uint8Array(32) }).tdxQuote({})));
    expect(digest(sim.pki.root.der)).to.not.equal(digest(createSimulator({ seed }).pki.root.der));
  });

  it("default: quotes of every version and body, under both CAs, are accepted under its root alone", async () => {
    for (const ca of ["platform", "processor"] as const) {
      const sim = simulator({ differs: { ca } });
      for (const [tee, quote, kind] of [
        ["sgx", sim.sgxQuote({}), "sgx-v3"],
        ["sgx", sim.sgxQuote({}, { version: 5 }), "sgx-v5"],
        ["tdx", sim.tdxQuote({}), "tdx-v4"],
        ["tdx", sim.tdxQuote({}, { version: 5 }), "tdx-v5"],
        ["tdx", sim.tdxQuote({ td15: {} }), "tdx-v5"],
      ] as const) {
        const parameters = parametersOf(sim, { tee, quote });
        expect(await verifyQuote(parameters)).to.include({ verdict: "accept", kind, status: "UpToDate" });
        expect(await ruleOf({ ...parameters, policy: {} })).to.equal("pck-chain-root");
      }
    }
  });

  it("default: names of machines are machines; they share root and CAs", () => {
    const [one, two] = [simulator({ platform: "one" }), simulator({ platform: "two" })];
    expect(digest(one.pck.der)).to.not.equal(digest(two.pck.der));
    expect(digest(one.attestationKey.point)).to.not.equal(digest(two.attestationKey.point));
    expect(digest(one.chain[1], one.chain[2])).to.equal(digest(two.chain[1], two.chain[2]));
  });

  it("default: the parts that go on chain have 1,240 bytes in version 4", async () => {
    const sim = simulator();
    const quote = sim.tdxQuote({}, { padding: 39 });
    const lite = liteQuoteOf(quote);
    expect(lite).to.have.length(1_240);
    expect(Buffer.from(lite.subarray(0, 632))).to.deep.equal(Buffer.from(quote.subarray(0, 632)));
    expect(Buffer.from(lite.subarray(632, 760))).to.deep.equal(Buffer.from(quote.subarray(636, 764)));
    expect(Buffer.from(lite.subarray(760, 1_208))).to.deep.equal(Buffer.from(quote.subarray(770, 1_218)));
    expect(Buffer.from(lite.subarray(1_208))).to.deep.equal(Buffer.from(quote.subarray(1_220, 1_252)));
    expect(liteQuoteOf(sim.tdxQuote({ td15: {} }))).to.have.length(1_310);
    expect(liteQuoteOf(sim.sgxQuote({}))).to.have.length(1_040);
    await expectError("EVIDENCE_UNREADABLE", () => liteQuoteOf(quote.subarray(0, 700)));
  });

  it("behavior: the verdict says what was measured, on which machine, and until when it stands", async () => {
    const sim = simulator({ differs: { components: [2, 2, 1, 1, 3, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0] } });
    const mrTd = new Uint8Array(48).fill(3);
    const verdict = await verifyQuote(parametersOf(sim, { quote: sim.tdxQuote({ mrTd }) }));
    if (verdict.verdict === "reject") throw new Error(verdict.detail);
    const { status, advisories, validUntil, measurements, platform } = verdict;
    expect({ status, advisories, validUntil }).to.deep.equal({
      status: "SWHardeningNeeded",
      advisories: ["SIMULATED-SA-00002"],
      validUntil: issuedAt + 30 * 86_400,
    });
    expect(measurements["mrTd"]).to.equal(`0x${"03".repeat(48)}`);
    expect(platform).to.include({ maker: "intel", fmspc: "0x00de7e570000", pceSvn: 13, tcbEvaluationDataNumber: 18 });
    expect(platform).to.include({ tcbDate: Date.UTC(2024, 2, 13) / 1000 });
  });

  it("behavior: the first end of all is the verdict's", async () => {
    const sim = simulator();
    const until = async (lists: object): Promise<number> => {
      const collateral = sim.collateral({ tee: "tdx", issuedAt, ...lists });
      const verdict = await verifyQuote(parametersOf(sim, { collateral }));
      return verdict.verdict === "accept" ? verdict.validUntil : Number.NaN;
    };
    const soon = judgedAt + 5;
    expect(await until({ rootCrl: { nextUpdate: soon } })).to.equal(soon);
    expect(await until({ pckCrl: { nextUpdate: soon } })).to.equal(soon);
    expect(await until({ contents: { nextUpdate: soon } })).to.equal(soon);
  });

  it("behavior: a service TD that the policy names may be bound", async () => {
    const sim = simulator();
    const quote = sim.tdxQuote({ td15: { mrServiceTd: new Uint8Array(48).fill(1) } });
    const policy = { rootFingerprint: sim.pki.rootFingerprint, acceptedServiceTds: [`0x${"01".repeat(48)}`] as const };
    expect(await ruleOf({ ...parametersOf(sim, { quote }), policy })).to.equal("accept");
  });

  it("behavior: an out-of-date machine is taken where the policy says so, with its advisories", async () => {
    const sim = simulator({ differs: { pceSvn: 12 } });
    const policy = {
      rootFingerprint: sim.pki.rootFingerprint,
      acceptedStatuses: ["OutOfDate"] as const,
      acceptedAdvisories: ["SIMULATED-SA-00001", "SIMULATED-SA-00002"],
    };
    const verdict = await verifyQuote({ ...parametersOf(sim), policy });
    expect(verdict).to.include({ verdict: "accept", status: "OutOfDate" });
    const refused = await verifyQuote(parametersOf(sim));
    expect(refused).to.include({ verdict: "reject", rule: "tcb-status", status: "OutOfDate" });
    expect(refused.advisories).to.deep.equal(["SIMULATED-SA-00001", "SIMULATED-SA-00002"]);
  });

  it("error: what is no quote is no verdict", async () => {
    const sim = simulator();
    for (const quote of [new Uint8Array(), new Uint8Array(5_000), sim.pck.der]) {
      await expectError("EVIDENCE_UNREADABLE", () => verifyQuote({ ...parametersOf(sim), quote }));
      await expectError("EVIDENCE_UNREADABLE", () => readQuoteFields(quote));
    }
  });
});
