import { chainEvidenceOf, workloadIdOf } from "@persona-protocol/sdk/attestation";
import { expect } from "chai";
import { bytesToHex, type Hex } from "viem";
import { patched } from "../../helpers/attestationScene.ts";
import { withVectors } from "../../helpers/attestationVectors.ts";
import {
  type AttestationScene,
  errorOf,
  intelRoot,
  readRealPlatform,
  startAttestationScene,
} from "../../helpers/chainAttestation.ts";

const tdx = {
  quote: "phala-dcap-qvl/tdx_quote",
  collateral: "phala-dcap-qvl/tdx_quote_collateral.json",
  at: 1_750_415_547,
};
const sgx = {
  quote: "phala-dcap-qvl/sgx_quote",
  collateral: "phala-dcap-qvl/sgx_quote_collateral.json",
  at: 1_750_416_971,
};
const advisories = ["INTEL-SA-00289", "INTEL-SA-00615"];
const intelEvaluation = 17;

/** Binding and freshness are the registry's and tested with simulated quotes: a foreign quote has neither. */
describe("real quotes under Intel's root, on chain", function () {
  this.timeout(120_000);
  const opened: AttestationScene[] = [];
  after(() => Promise.all(opened.map((scene) => scene.close())));

  const start = async (at: number): Promise<AttestationScene> => {
    const scene = await startAttestationScene({ timestamp: at - 60, root: intelRoot, evaluation: intelEvaluation });
    opened.push(scene);
    return scene;
  };

  withVectors(tdx.quote, "default: a TDX quote is accepted at its time, and says what it measures", async () => {
    const platform = readRealPlatform(tdx.quote, tdx.collateral);
    const scene = await start(tdx.at);
    await scene.feed(platform);
    const [measurement, reportData, validUntil, vendor] = await scene.verifyQuote(platform.quote);
    expect(measurement).to.equal(workloadIdOf(platform.quote));
    expect(reportData).to.equal(bytesToHex(platform.quote.subarray(568, 632)));
    // The PCK list and both texts are due on one day.
    expect(validUntil).to.be.within(tdx.at, tdx.at + 30 * 86_400);
    expect(vendor).to.equal(1);
    expect(await scene.read(scene.verifier, "kind")).to.equal(1);
    expect(await scene.read(scene.verifier, "simulated")).to.equal(false);
  });

  withVectors(tdx.quote, "attack: any byte of what is signed is another one", async () => {
    const platform = readRealPlatform(tdx.quote, tdx.collateral);
    const scene = await start(tdx.at);
    await scene.feed(platform);
    const evidence = chainEvidenceOf(platform.quote);
    const accepted: number[] = [];
    for (let at = 0; at < evidence.length; at++) {
      // Each bit of a byte is another test; one of them is chosen by the place.
      const changed = patched(evidence, at, (evidence[at] ?? 0) ^ (1 << (at % 8)));
      if ((await errorOf(scene.verify(changed))) === undefined) accepted.push(at);
    }
    expect(accepted).to.deep.equal([]);
  });

  withVectors(tdx.quote, "attack: any byte of the PCK certificate is another one", async () => {
    const platform = readRealPlatform(tdx.quote, tdx.collateral);
    const scene = await start(tdx.at);
    await scene.feed(platform, ["registerPck"]);
    const [pck] = platform.chain;
    const accepted: number[] = [];
    for (let at = 0; at < pck.length; at++) {
      const changed = bytesToHex(patched(pck, at, (pck[at] ?? 0) ^ (1 << (at % 8))));
      if ((await errorOf(scene.read(scene.pcks, "registerPck", [changed]))) === undefined) accepted.push(at);
    }
    expect(accepted).to.deep.equal([]);
    expect(await errorOf(scene.verifyQuote(platform.quote))).to.equal("PckNotValid");
    await scene.registerPck(pck);
    await scene.verifyQuote(platform.quote);
  });

  withVectors(tdx.quote, "attack: any byte of the TCB info or of the QE identity is another one", async () => {
    const platform = readRealPlatform(tdx.quote, tdx.collateral);
    const scene = await start(tdx.at);
    await scene.feed(platform, ["submitTcb"]);
    expect(await errorOf(scene.verifyQuote(platform.quote))).to.equal("TcbNotValid");
    for (const name of ["tcbInfo", "qeIdentity"] as const) {
      const text = platform.collateral[name];
      for (let at = 0; at < text.length; at += 37) {
        const other = String.fromCharCode(text.charCodeAt(at) ^ 1);
        const collateral = { ...platform.collateral, [name]: text.slice(0, at) + other + text.slice(at + 1) };
        expect(await errorOf(scene.submitTcb(collateral)), `${name} at ${at}`).to.equal("TcbSignatureInvalid");
      }
    }
  });

  withVectors(sgx.quote, "default: an SGX quote is accepted where its advisories are", async () => {
    const platform = readRealPlatform(sgx.quote, sgx.collateral);
    const scene = await start(sgx.at);
    expect(await errorOf(scene.feed(platform))).to.equal("TcbLevelMissing");
    for (const advisory of advisories) await scene.send(scene.tcbs, "allowAdvisory", [advisory]);
    await scene.submitTcb(platform.collateral);
    const [measurement, reportData] = await scene.verifyQuote(platform.quote);
    expect(measurement).to.equal(workloadIdOf(platform.quote));
    expect(Buffer.from(reportData.slice(2), "hex").toString("latin1")).to.match(/^Hello, world!/);
  });

  withVectors(
    sgx.quote,
    "behavior: an advisory that is taken back ends the platform when the text comes again",
    async () => {
      const platform = readRealPlatform(sgx.quote, sgx.collateral);
      const scene = await start(sgx.at);
      for (const advisory of advisories) await scene.send(scene.tcbs, "allowAdvisory", [advisory]);
      await scene.feed(platform);
      await scene.verifyQuote(platform.quote);
      await scene.send(scene.tcbs, "raiseEvaluation", [intelEvaluation, 0]);
      await scene.send(scene.tcbs, "removeAdvisory", [advisories[0]]);
      // The best level has the other advisory alone, and this platform does not reach it.
      await scene.submitTcb(platform.collateral);
      expect(await errorOf(scene.verifyQuote(platform.quote))).to.equal("TcbNotValid");
    },
  );

  withVectors("automata/quotev5.dat", "attack: a service TD of version 5 is not the tenant's", async () => {
    const platform = readRealPlatform("automata/quotev5.dat", "assembled/asm_90C06F_0625_collateral.json");
    const scene = await start(tdx.at);
    await scene.feed(platform);
    expect(await errorOf(scene.verifyQuote(platform.quote))).to.equal("QuoteServiceTd");
  });

  withVectors("automata/solana/quote_sgx.bin", "attack: an enclave in debug mode", async () => {
    const platform = readRealPlatform("automata/solana/quote_sgx.bin", sgx.collateral);
    const scene = await start(sgx.at);
    for (const advisory of advisories) await scene.send(scene.tcbs, "allowAdvisory", [advisory]);
    await scene.feed(platform);
    expect(await errorOf(scene.verifyQuote(platform.quote))).to.equal("QuoteInDebugMode");
  });

  withVectors(tdx.quote, "behavior: the same verdict without the precompile", async () => {
    const platform = readRealPlatform(tdx.quote, tdx.collateral);
    const scene = await startAttestationScene({
      timestamp: tdx.at - 60,
      root: intelRoot,
      evaluation: intelEvaluation,
      hardfork: "prague",
    });
    opened.push(scene);
    expect(await scene.read(scene.verifier, "isPrecompiled")).to.equal(false);
    await scene.feed(platform);
    await scene.verifyQuote(platform.quote);
    const evidence = chainEvidenceOf(platform.quote);
    const changed = patched(evidence, 600, (evidence[600] ?? 0) ^ 1);
    expect(await errorOf(scene.verify(changed))).to.equal("QuoteSignatureInvalid");
  });

  it("error: a public chain takes no root but Intel's", async () => {
    const other: Hex = `0x${"11".repeat(32)}`;
    for (const root of [
      { ...intelRoot, rootX: other },
      { ...intelRoot, rootY: other },
      { ...intelRoot, rootName: other },
    ])
      expect(await errorOf(startAttestationScene({ chainId: 1, root }))).to.equal("RootNotTrusted");
    const scene = await startAttestationScene({ chainId: 1, root: intelRoot });
    opened.push(scene);
    expect(await scene.read(scene.verifier, "simulated")).to.equal(false);
  });
});
