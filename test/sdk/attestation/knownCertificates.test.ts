import { parseCollateral, verifyQuote, verifySnp } from "@persona-protocol/sdk/attestation";
import { createSimulatedSnp } from "@persona-protocol/sdk/attestation/simulator";
import { expect } from "chai";
import { certificateDigest, readKnownCertificate } from "../../../sdk/src/attestation/x509/knownAuthorities.ts";
import { collateralJson, issuedAt, judgedAt, simulator } from "../../helpers/attestationScene.ts";
import { createRandom, testSeed } from "../../helpers/random.ts";

const random = createRandom(testSeed());
const at = 1_760_000_000;

describe("certificates that are met again", () => {
  const milan = createSimulatedSnp(random.bytes(32), "milan");
  const report = milan.report();
  const policy = { rootFingerprint: milan.rootFingerprint };
  const verify = (certificates = milan.certificates(), when = at) =>
    verifySnp(report, { certificates, at: when, policy });

  it("behavior: the same verdict each time; read once after the first, from a copy of its own", async () => {
    const certificates = structuredClone(milan.certificates());
    const before = readKnownCertificate(certificates.chip, "chip");
    const verdicts = [await verify(certificates), await verify(certificates), await verify()];
    for (const verdict of verdicts) expect(verdict).to.deep.equal(verdicts[0]).and.include({ verdict: "accept" });
    const known = readKnownCertificate(certificates.chip, "chip");
    expect(known).to.equal(readKnownCertificate(milan.certificates().chip, "chip")).and.not.equal(before);
    // Whoever gave the bytes may write into them: neither what is known changes, nor does the change pass for it.
    const digest = certificateDigest(known);
    certificates.chip.fill(0, 300, 340);
    expect(known.der).to.deep.equal(milan.certificates().chip);
    expect(certificateDigest(known)).to.equal(digest);
    expect((await verify(certificates)).verdict).to.equal("reject");
    expect((await verify()).verdict).to.equal("accept");
  });

  it("error: any changed bit of a certificate that is known is refused, and time is judged anew", async () => {
    expect((await verify()).verdict).to.equal("accept");
    for (const name of ["chip", "signer", "root"] as const) {
      const good = milan.certificates()[name];
      for (let turn = 0; turn < 20; turn++) {
        const place = random.integer(good.length);
        const bad = good.with(place, (good[place] ?? 0) ^ (1 << random.integer(8)));
        const verdict = await verify({ ...milan.certificates(), [name]: bad });
        expect(verdict.verdict, `${name} ${place}`).to.equal("reject");
      }
    }
    expect(await verify(undefined, at + 40 * 365 * 86_400)).to.include({ rule: "snp-chain-validity" });
  });

  it("error: revocation is asked of certificates that are known", async () => {
    const sim = simulator();
    const quote = sim.tdxQuote({});
    const judge = (revoked: readonly Uint8Array[]) =>
      verifyQuote({
        quote,
        collateral: parseCollateral(collateralJson(sim.collateral({ tee: "tdx", issuedAt, pckCrl: { revoked } }))),
        now: judgedAt,
        policy: { rootFingerprint: sim.pki.rootFingerprint },
      });
    expect(await judge([])).to.include({ verdict: "accept" });
    expect(await judge([sim.pck.serial])).to.include({ verdict: "reject", rule: "pck-revoked" });
  });
});
