import { createSimulatedNitro } from "@persona-protocol/sdk/attestation/simulator";
import { expect } from "chai";
import { collateralJson, issuedAt, judgedAt, patched, seed, simulator } from "../../helpers/attestationScene.ts";
import { describeInBrowser, type TestPage } from "../../helpers/browser.ts";

type AttestationPage = typeof import("../pages/attestationPage.ts");

describeInBrowser("attestation in Chromium", (open) => {
  let page: TestPage<AttestationPage>;
  before(async () => {
    page = await open<AttestationPage>({ module: new URL("../pages/attestationPage.ts", import.meta.url) });
  });

  it("default: simulated quotes are accepted by WebCrypto as they are in Node", async () => {
    const sim = simulator();
    for (const [tee, quote, kind] of [
      ["tdx", sim.tdxQuote({}), "tdx-v4"],
      ["tdx", sim.tdxQuote({ td15: {} }), "tdx-v5"],
      ["sgx", sim.sgxQuote({}), "sgx-v3"],
    ] as const) {
      const collateral = collateralJson(sim.collateral({ tee, issuedAt }));
      const outcome = await page.call("judgeQuote", quote, collateral, judgedAt, sim.pki.rootFingerprint);
      expect(outcome).to.deep.equal({ verdict: "accept", kind, why: "UpToDate" });
    }
  });

  it("error: a changed body, another root, a point that is not on its curve", async () => {
    const sim = simulator();
    const quote = sim.tdxQuote({});
    const collateral = collateralJson(sim.collateral({ tee: "tdx", issuedAt }));
    const judge = async (bytes: Uint8Array, root = sim.pki.rootFingerprint): Promise<string | null> =>
      (await page.call("judgeQuote", bytes, collateral, judgedAt, root)).why;
    expect(await judge(patched(quote, 600, 1))).to.equal("quote-signature");
    expect(await judge(quote, `0x${"00".repeat(32)}`)).to.equal("pck-chain-root");
    const attestationKey = new Uint8Array(64);
    const stranger = sim.tdxQuote({}, { attestationKey: { ...sim.attestationKey, point: attestationKey } });
    expect(await judge(stranger)).to.equal("quote-signature");
  });

  it("default: a simulated Nitro document, by P-384", async () => {
    const nitro = createSimulatedNitro(seed);
    const outcome = await page.call("judgeNitro", nitro.document({}), nitro.rootFingerprint);
    expect(outcome).to.deep.equal({ verdict: "accept", kind: "nitro", why: null });
  });
});
