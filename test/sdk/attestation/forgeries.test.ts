import { type DcapCollateral, verifyQuote } from "@persona-protocol/sdk/attestation";
import { makeCertificate, simulatedKey, writePem } from "@persona-protocol/sdk/attestation/simulator";
import { utf8 } from "@persona-protocol/sdk/crypto";
import { type Collateral, QuoteVerifier } from "@phala/dcap-qvl";
import { expect } from "chai";
import { collateralJson, issuedAt, judgedAt, parametersOf, seed, simulator } from "../../helpers/attestationScene.ts";

const sim = simulator();
const stranger = simulatedKey(seed, "stranger");
const good = {
  quote: sim.tdxQuote({ teeTcbSvn: Uint8Array.of(6, 0, 3) }),
  collateral: sim.collateral({ tee: "tdx", issuedAt }),
};

/**
 * Another verifier of the same evidence, in the version whose gaps are known. Where both accept they must agree; what it lets
 * through, we must not.
 */
function othersVerdict({ quote, collateral }: typeof good): string {
  try {
    const verifier = QuoteVerifier.newWithRootCa(Buffer.from(sim.pki.root.der));
    return verifier.verify(Buffer.from(quote), collateralOfOther(collateral), judgedAt).status;
  } catch (error) {
    return `error: ${(error as Error).message}`;
  }
}

function collateralOfOther(collateral: DcapCollateral): Collateral {
  const shared = JSON.parse(collateralJson(collateral)) as Omit<Collateral, "pck_crl_issuer_chain">;
  return { ...shared, pck_crl_issuer_chain: writePem(sim.chain[1], sim.chain[2]) };
}

const withLists = (lists: Pick<Parameters<typeof sim.collateral>[0], "rootCrl" | "pckCrl">): typeof good => ({
  ...good,
  collateral: sim.collateral({ tee: "tdx", issuedAt, ...lists }),
});

/** A PCK certificate that the owner of a platform issues with the key of his own. */
function issuedByLeaf(): typeof good {
  const forged = makeCertificate({
    ...sim.pck.contents,
    issuer: sim.pck.contents.subject,
    issuerKey: sim.pck.key,
    key: stranger,
  });
  const chain = [forged, sim.pck.der, sim.chain[1], sim.chain[2]];
  return { ...good, quote: sim.tdxQuote({ teeTcbSvn: Uint8Array.of(6, 0, 3) }, { chain, pckKey: stranger }) };
}

/** TCB info that the owner of a platform writes. */
function signedByLeaf(chain: readonly Uint8Array[]): typeof good {
  const { collateral } = good;
  const tcbInfoSignature = sim.pck.key.sign(utf8(collateral.tcbInfo));
  return { ...good, collateral: { ...collateral, tcbInfoSignature, tcbInfoIssuerChain: writePem(...chain) } };
}

const stale = { thisUpdate: issuedAt - 200 * 86_400, nextUpdate: issuedAt - 170 * 86_400 };

const forgeries: readonly (readonly [string, string, () => typeof good])[] = [
  ["a forged revocation list", "pck-crl-signature", () => withLists({ pckCrl: { issuerKey: stranger } })],
  [
    "garbage in place of both lists",
    "root-crl-format",
    () => ({ ...good, collateral: { ...good.collateral, rootCaCrl: Uint8Array.of(1), pckCrl: Uint8Array.of(1) } }),
  ],
  ["lists that have run out", "root-crl-validity", () => withLists({ rootCrl: stale, pckCrl: stale })],
  ["a PCK certificate used as a CA", "pck-chain-format", issuedByLeaf],
  ["TCB info signed by a PCK certificate", "tcb-signer-format", () => signedByLeaf(sim.chain)],
  [
    "another signer of the TDX module",
    "tdx-module-signer",
    () => ({ ...good, quote: sim.tdxQuote({ teeTcbSvn: Uint8Array.of(6, 0, 3), mrSignerSeam: Uint8Array.of(1) }) }),
  ],
];

describe("forgeries that another verifier takes", () => {
  it("default: both accept what is good, with the same status", async () => {
    const verdict = await verifyQuote(parametersOf(sim, good));
    expect(verdict).to.include({ verdict: "accept", status: "UpToDate" });
    expect(othersVerdict(good)).to.equal("UpToDate");
    const sgx = { quote: sim.sgxQuote({}), collateral: sim.collateral({ tee: "sgx", issuedAt }) };
    expect(await verifyQuote(parametersOf(sim, sgx))).to.include({ verdict: "accept", status: "UpToDate" });
    expect(othersVerdict(sgx)).to.equal("UpToDate");
  });

  for (const [title, rule, forge] of forgeries) {
    it(`error: ${title}`, async () => {
      const forged = forge();
      expect(othersVerdict(forged), "the other verifier").to.equal("UpToDate");
      const verdict = await verifyQuote(parametersOf(sim, forged));
      expect(verdict).to.include({ verdict: "reject", rule });
    });
  }

  it("error: TCB info signed by a PCK certificate, with the root alone behind it", async () => {
    const verdict = await verifyQuote(parametersOf(sim, signedByLeaf([sim.chain[0], sim.chain[2]])));
    expect(verdict).to.include({ verdict: "reject", rule: "tcb-signer-issuer" });
  });
});
