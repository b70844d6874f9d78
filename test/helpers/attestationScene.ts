import { type DcapCollateral, type VerifyQuoteParameters, verifyQuote } from "@persona-protocol/sdk/attestation";
import {
  type CertificateContents,
  createSimulator,
  makeCertificate,
  type SimulatedKey,
  type Simulator,
  type SimulatorParameters,
  writePem,
} from "@persona-protocol/sdk/attestation/simulator";
import { utf8 } from "@persona-protocol/sdk/crypto";

/** When the simulated collateral is issued, and a day later: when evidence is judged. Unix seconds. */
export const issuedAt = 1_750_000_000;
export const judgedAt = issuedAt + 86_400;
export const seed = Uint8Array.from({ length: 32 }, (_, index) => index + 1);

/** The simulated machine of the tests, or one that differs from it. */
export function simulator(differs: Omit<SimulatorParameters, "seed"> = {}): Simulator {
  return createSimulator({ seed, ...differs });
}

/** What a verifier is given, all of it good, and then what a test changes. */
export function parametersOf(
  sim: Simulator,
  changes: Partial<VerifyQuoteParameters> & { readonly tee?: "sgx" | "tdx" } = {},
): VerifyQuoteParameters {
  const { tee = "tdx", policy, ...rest } = changes;
  return {
    quote: tee === "tdx" ? sim.tdxQuote({}) : sim.sgxQuote({}),
    collateral: sim.collateral({ tee, issuedAt }),
    now: judgedAt,
    ...rest,
    policy: { rootFingerprint: sim.pki.rootFingerprint, ...policy },
  };
}

/** "accept", or the rule that does not hold. */
export async function ruleOf(parameters: VerifyQuoteParameters): Promise<string> {
  const verdict = await verifyQuote(parameters);
  return verdict.verdict === "accept" ? "accept" : verdict.rule;
}

/** A quote's chain with certificates that differ, each signed anew by who signs it in the chain. */
export function chainWith(
  sim: Simulator,
  changes: { readonly pck?: Partial<CertificateContents>; readonly ca?: Partial<CertificateContents> },
): Uint8Array[] {
  const ca = sim.pki.platformCa;
  return [
    makeCertificate({ ...sim.pck.contents, ...changes.pck }),
    makeCertificate({ ...ca.contents, ...changes.ca }),
    sim.pki.root.der,
  ];
}

/** Collateral whose TCB info or identity was changed as JSON, and signed anew. */
export function resigned(
  sim: Simulator,
  collateral: DcapCollateral,
  name: "tcbInfo" | "qeIdentity",
  change: (json: Record<string, unknown>) => void,
  key: SimulatedKey = sim.pki.tcbSigner.key,
): DcapCollateral {
  const json = JSON.parse(collateral[name]) as Record<string, unknown>;
  change(json);
  const text = JSON.stringify(json);
  return { ...collateral, [name]: text, [`${name}Signature`]: key.sign(utf8(text)) };
}

/** Collateral whose two issuer chains begin with another TCB signer. */
export function signedBy(
  sim: Simulator,
  collateral: DcapCollateral,
  changes: Partial<CertificateContents>,
): DcapCollateral {
  const der = makeCertificate({ ...sim.pki.tcbSigner.contents, ...changes });
  const chain = writePem(der, sim.pki.root.der);
  return { ...collateral, tcbInfoIssuerChain: chain, qeIdentityIssuerChain: chain };
}

/** Collateral as it is exchanged. */
export function collateralJson(collateral: DcapCollateral): string {
  const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
  return JSON.stringify({
    tcb_info: collateral.tcbInfo,
    tcb_info_signature: hex(collateral.tcbInfoSignature),
    tcb_info_issuer_chain: collateral.tcbInfoIssuerChain,
    qe_identity: collateral.qeIdentity,
    qe_identity_signature: hex(collateral.qeIdentitySignature),
    qe_identity_issuer_chain: collateral.qeIdentityIssuerChain,
    root_ca_crl: hex(collateral.rootCaCrl),
    pck_crl: hex(collateral.pckCrl),
  });
}

/** The bytes with those at `at` replaced. */
export function patched(bytes: Uint8Array, at: number, ...values: readonly number[]): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy.set(values, at);
  return copy;
}
