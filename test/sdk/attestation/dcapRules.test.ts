import type { AttestationRule, VerifyQuoteParameters } from "@persona-protocol/sdk/attestation";
import { createSimulator, simulatedKey, simulatedQe, writePem } from "@persona-protocol/sdk/attestation/simulator";
import { concatBytes } from "@persona-protocol/sdk/crypto";
import { expect } from "chai";
import {
  chainWith,
  issuedAt,
  judgedAt,
  parametersOf,
  patched,
  resigned,
  ruleOf,
  seed,
  signedBy,
  simulator,
} from "../../helpers/attestationScene.ts";

type DcapRule = Exclude<AttestationRule, `nitro-${string}` | `snp-${string}`>;
type Case = () => VerifyQuoteParameters;

const sim = simulator();
const stranger = simulatedKey(seed, "stranger");
const otherSim = createSimulator({ seed: new Uint8Array(32).fill(9) });
const quote = sim.tdxQuote({});
const collateral = sim.collateral({ tee: "tdx", issuedAt });
const qe = simulatedQe("tdx");

/** Where the parts of a version 4 quote lie. */
const at = { keyType: 2, vendor: 12, body: 48, authLength: 632, outerType: 764, chainType: 1252, chain: 1258 };

const withQuote = (changed: Uint8Array): VerifyQuoteParameters => parametersOf(sim, { quote: changed, collateral });
const withCollateral = (changed: Partial<typeof collateral>): VerifyQuoteParameters =>
  parametersOf(sim, { quote, collateral: { ...collateral, ...changed } });
const withChain = (chain: readonly Uint8Array[]): VerifyQuoteParameters => withQuote(sim.tdxQuote({}, { chain }));
const withQe = (
  changes: Partial<typeof qe> & { reportData?: Uint8Array; miscSelect?: number },
): VerifyQuoteParameters => withQuote(sim.tdxQuote({}, { qeReport: { ...qe, ...changes } }));
const withTcbInfo = (change: (json: Record<string, unknown>) => void): VerifyQuoteParameters =>
  parametersOf(sim, { quote, collateral: resigned(sim, collateral, "tcbInfo", change) });
const withIdentity = (change: (json: Record<string, unknown>) => void): VerifyQuoteParameters =>
  parametersOf(sim, { quote, collateral: resigned(sim, collateral, "qeIdentity", change) });
const withSigner = (changes: Parameters<typeof signedBy>[2]): VerifyQuoteParameters =>
  parametersOf(sim, { quote, collateral: signedBy(sim, collateral, changes) });
const withLists = (lists: Pick<Parameters<typeof sim.collateral>[0], "rootCrl" | "pckCrl">): VerifyQuoteParameters =>
  parametersOf(sim, { quote, collateral: sim.collateral({ tee: "tdx", issuedAt, ...lists }) });
const onPlatform = (differs: Parameters<typeof simulator>[0], policy = {}): VerifyQuoteParameters =>
  parametersOf(simulator(differs), { policy });
/** Zeroes the last byte before `length`: a signature that is another. */
const damaged = (bytes: Uint8Array): Uint8Array => patched(bytes, bytes.length - 1, (bytes.at(-1) ?? 0) ^ 1);
const oneLess = (components: readonly number[]): number[] => components.map((svn) => Math.max(0, svn - 1));

/** The smallest change that breaks each rule, and other ways to break it. The type demands that no rule is without one. */
const cases: Record<DcapRule, Readonly<Record<string, Case>>> = {
  "quote-version": {
    "version 6": () => withQuote(patched(quote, 0, 6)),
    "version 4 of an SGX enclave": () => withQuote(patched(quote, 4, 0)),
    "version 3 of a TD": () => withQuote(patched(quote, 0, 3)),
  },
  "quote-key-type": { "type 3": () => withQuote(patched(quote, at.keyType, 3)) },
  "quote-vendor": { "one bit": () => withQuote(patched(quote, at.vendor, 0x92)) },
  "quote-length": {
    "the last byte cut off": () => withQuote(quote.slice(0, -1)),
    "cut inside the body": () => withQuote(quote.slice(0, 600)),
    "cut inside the header's end": () => withQuote(quote.slice(0, 48)),
    "signature data said to be a byte longer": () =>
      withQuote(patched(quote, at.authLength, (quote[at.authLength] ?? 0) + 1)),
    "signature data said to be a byte shorter": () =>
      withQuote(patched(quote, at.authLength, (quote[at.authLength] ?? 0) - 1)),
    "signature data of nothing": () => withQuote(patched(quote, at.authLength, 0, 0, 0, 0)),
    "signature data of 4 GiB": () => withQuote(patched(quote, at.authLength, 255, 255, 255, 255)),
    "a chain of 4 GiB": () => withQuote(patched(quote, at.chainType + 2, 255, 255, 255, 255)),
    "authentication data to the end": () => withQuote(patched(quote, 1218, 255, 255)),
  },
  "quote-body-type": {
    "type 4": () => withQuote(patched(sim.tdxQuote({ td15: {} }), 48, 4)),
    "TD 1.0 of the length of TD 1.5": () => withQuote(patched(sim.tdxQuote({ td15: {} }), 48, 2)),
    "an SGX body under the header of a TD": () => withQuote(patched(sim.sgxQuote({}, { version: 5 }), 4, 0x81)),
    "a byte more": () => withQuote(patched(sim.tdxQuote({ td15: {} }), 50, 0x89)),
  },
  "quote-certification": {
    "outer type 5": () => withQuote(patched(quote, at.outerType, 5)),
    "inner type 4": () => withQuote(sim.tdxQuote({}, { certificationType: 4 })),
    "encrypted PPID in version 3": () =>
      parametersOf(sim, { tee: "sgx", quote: sim.sgxQuote({}, { certificationType: 1 }) }),
  },
  "quote-trailing": { "a byte that is not zero": () => withQuote(concatBytes(quote, Uint8Array.of(0, 1))) },
  "pck-chain-format": {
    "two certificates": () => withChain(sim.chain.slice(0, 2)),
    "four certificates": () => withChain([...sim.chain, sim.pki.root.der]),
    "a bit of the PEM": () => withQuote(patched(quote, at.chain, 0x2c)),
    "a truncated certificate": () => withChain([sim.chain[0].slice(0, -1), sim.chain[1], sim.chain[2]]),
  },
  "pck-chain-root": {
    "another root": () => withChain([sim.chain[0], sim.chain[1], otherSim.pki.root.der]),
    "Intel's pin": () => ({ quote, collateral, now: judgedAt }),
  },
  "pck-chain-issuer": {
    "the PCK certificate names another": () =>
      withChain(chainWith(sim, { pck: { issuer: "Intel SGX PCK Processor CA" } })),
    "the CA names another": () => withChain(chainWith(sim, { ca: { issuer: "Intel SGX Root" } })),
    "the other CA": () => withChain([sim.chain[0], sim.pki.processorCa.der, sim.chain[2]]),
  },
  "pck-chain-signature": {
    "the PCK certificate, by a stranger": () => withChain(chainWith(sim, { pck: { issuerKey: stranger } })),
    "the CA, by a stranger": () => withChain(chainWith(sim, { ca: { issuerKey: stranger } })),
    "a bit of the PCK certificate's signature": () => withChain([damaged(sim.chain[0]), sim.chain[1], sim.chain[2]]),
  },
  "pck-chain-ca": {
    "a CA that is none": () => withChain(chainWith(sim, { ca: { isCa: false } })),
    "a CA without the usage": () => withChain(chainWith(sim, { ca: { usage: "sign" } })),
    "a PCK certificate that is a CA": () => withChain(chainWith(sim, { pck: { isCa: true } })),
  },
  "pck-chain-name": {
    "of the PCK certificate": () => withChain(chainWith(sim, { pck: { subject: "Intel SGX PCK Certificat" } })),
    "of the CA": () =>
      withChain(chainWith(sim, { ca: { subject: "Intel SGX PCK CA" }, pck: { issuer: "Intel SGX PCK CA" } })),
  },
  "pck-chain-validity": {
    "the PCK certificate ran out a second ago": () => withChain(chainWith(sim, { pck: { notAfter: judgedAt - 1 } })),
    "the CA begins in a second": () => withChain(chainWith(sim, { ca: { notBefore: judgedAt + 1 } })),
    "long before": () => parametersOf(sim, { quote, collateral, now: 1_000_000_000 }),
  },
  "pck-extension": {
    missing: () => withChain(chainWith(sim, { pck: { extensions: [] } })),
    "of 15 components": () => onPlatform({ differs: { components: new Array<number>(15).fill(255) } }),
    "FMSPC of 5 bytes": () => onPlatform({ differs: { fmspc: new Uint8Array(5) } }),
    "a component above 255": () => onPlatform({ differs: { components: [256, ...new Array<number>(15).fill(255)] } }),
  },
  "collateral-missing": { none: () => parametersOf(sim, { quote, collateral: undefined }) },
  "root-crl-format": {
    garbage: () => withCollateral({ rootCaCrl: Uint8Array.of(1, 2, 3) }),
    empty: () => withCollateral({ rootCaCrl: new Uint8Array() }),
  },
  "root-crl-issuer": { "names another": () => withLists({ rootCrl: { issuer: "Intel SGX Root" } }) },
  "root-crl-signature": {
    "a bit": () => withCollateral({ rootCaCrl: damaged(collateral.rootCaCrl) }),
    "by the PCK CA": () => withLists({ rootCrl: { issuerKey: sim.pki.platformCa.key } }),
  },
  "root-crl-validity": {
    "runs out now": () => withLists({ rootCrl: { nextUpdate: judgedAt } }),
    "begins in a second": () => withLists({ rootCrl: { thisUpdate: judgedAt + 1 } }),
  },
  "pck-crl-format": { garbage: () => withCollateral({ pckCrl: Uint8Array.of(0x30, 0x80, 0, 0) }) },
  "pck-crl-issuer": {
    "of the other CA": () =>
      withCollateral({
        pckCrl: simulator({ differs: { ca: "processor" } }).collateral({ tee: "tdx", issuedAt }).pckCrl,
      }),
    "of the root": () => withCollateral({ pckCrl: collateral.rootCaCrl }),
  },
  "pck-crl-signature": {
    "a bit": () => withCollateral({ pckCrl: damaged(collateral.pckCrl) }),
    "by a stranger": () => withLists({ pckCrl: { issuerKey: stranger } }),
  },
  "pck-crl-validity": {
    "runs out now": () => withLists({ pckCrl: { nextUpdate: judgedAt } }),
    "begins in a second": () => withLists({ pckCrl: { thisUpdate: judgedAt + 1 } }),
  },
  "pck-ca-revoked": { "its serial": () => withLists({ rootCrl: { revoked: [sim.pki.platformCa.serial] } }) },
  "pck-revoked": { "its serial": () => withLists({ pckCrl: { revoked: [sim.pki.root.serial, sim.pck.serial] } }) },
  "tcb-signer-format": {
    "the signer alone": () => withCollateral({ tcbInfoIssuerChain: writePem(sim.pki.tcbSigner.der) }),
    "no PEM": () => withCollateral({ tcbInfoIssuerChain: "" }),
    "of the identity": () => withCollateral({ qeIdentityIssuerChain: writePem(sim.pki.root.der) }),
  },
  "tcb-signer-root": {
    "another root": () =>
      withCollateral({ tcbInfoIssuerChain: writePem(sim.pki.tcbSigner.der, otherSim.pki.root.der) }),
  },
  "tcb-signer-issuer": { "names another": () => withSigner({ issuer: "Intel SGX Root" }) },
  "tcb-signer-signature": { "by a stranger": () => withSigner({ issuerKey: stranger }) },
  "tcb-signer-ca": { "it is one": () => withSigner({ isCa: true }) },
  "tcb-signer-name": { "another name": () => withSigner({ subject: "Intel SGX TCB Signin" }) },
  "tcb-signer-validity": { "ran out a second ago": () => withSigner({ notAfter: judgedAt - 1 }) },
  "tcb-signer-revoked": { "its serial": () => withLists({ rootCrl: { revoked: [sim.pki.tcbSigner.serial] } }) },
  "tcb-info-signature": {
    "a space in the text": () => withCollateral({ tcbInfo: `${collateral.tcbInfo} ` }),
    "by a stranger": () =>
      parametersOf(sim, { quote, collateral: resigned(sim, collateral, "tcbInfo", () => {}, stranger) }),
    "of no bytes": () => withCollateral({ tcbInfoSignature: new Uint8Array() }),
    "of 65 bytes": () =>
      withCollateral({ tcbInfoSignature: concatBytes(collateral.tcbInfoSignature, Uint8Array.of(0)) }),
  },
  "tcb-info-format": {
    "no levels": () => withTcbInfo((json) => delete json["tcbLevels"]),
    "a status that is not known": () =>
      withTcbInfo((json) => Object.assign((json["tcbLevels"] as object[])[0] ?? {}, { tcbStatus: "Fine" })),
    "15 components": () =>
      withTcbInfo((json) => {
        const [level] = json["tcbLevels"] as { tcb: { sgxtcbcomponents: unknown[] } }[];
        level?.tcb.sgxtcbcomponents.pop();
      }),
    "a time without seconds": () => withTcbInfo((json) => Object.assign(json, { nextUpdate: "2030-01-01T00:00Z" })),
  },
  "tcb-info-id": {
    "of SGX": () => withTcbInfo((json) => Object.assign(json, { id: "SGX" })),
    "version 2": () => withTcbInfo((json) => Object.assign(json, { version: 2 })),
  },
  "tcb-info-validity": {
    "runs out now": () => withTcbInfo((json) => Object.assign(json, { nextUpdate: "2025-06-16T15:06:40Z" })),
    "begins in a second": () => withTcbInfo((json) => Object.assign(json, { issueDate: "2025-06-16T15:06:41Z" })),
  },
  "tcb-info-platform": {
    FMSPC: () => withTcbInfo((json) => Object.assign(json, { fmspc: "00DE7E570001" })),
    "PCE id": () => withTcbInfo((json) => Object.assign(json, { pceId: "0001" })),
  },
  "tcb-info-evaluation": {
    "one below": () => parametersOf(sim, { quote, collateral, policy: { minTcbEvaluationDataNumber: 19 } }),
  },
  "qe-identity-signature": {
    "a digit in the text": () =>
      withCollateral({ qeIdentity: collateral.qeIdentity.replace('"isvsvn":7', '"isvsvn":6') }),
    "the TCB info's": () => withCollateral({ qeIdentitySignature: collateral.tcbInfoSignature }),
  },
  "qe-identity-format": {
    "no signer": () => withIdentity((json) => delete json["mrsigner"]),
    "a mask of 15 bytes": () =>
      withIdentity((json) => Object.assign(json, { attributesMask: "FBFFFFFFFFFFFFFF00000000000000" })),
  },
  "qe-identity-id": {
    "of SGX": () => withIdentity((json) => Object.assign(json, { id: "QE" })),
    "version 1": () => withIdentity((json) => Object.assign(json, { version: 1 })),
  },
  "qe-identity-validity": {
    "runs out now": () => withIdentity((json) => Object.assign(json, { nextUpdate: "2025-06-16T15:06:40Z" })),
    "begins in a second": () => withIdentity((json) => Object.assign(json, { issueDate: "2025-06-16T15:06:41Z" })),
  },
  "qe-identity-evaluation": {
    "one below": () => ({
      ...withIdentity((json) => Object.assign(json, { tcbEvaluationDataNumber: 17 })),
      policy: { rootFingerprint: sim.pki.rootFingerprint, minTcbEvaluationDataNumber: 18 },
    }),
  },
  "qe-report-signature": {
    "by a stranger": () => withQuote(sim.tdxQuote({}, { pckKey: stranger })),
    "a bit of the report": () => withQuote(patched(quote, 770, 1)),
    "by the attestation key": () => withQuote(sim.tdxQuote({}, { pckKey: sim.attestationKey })),
  },
  "qe-report-binding": {
    "another attestation key": () => withQe({ reportData: new Uint8Array(64) }),
    "authentication data changed": () => withQuote(patched(quote, 1220, 1)),
    "something behind the digest": () => {
      const bound = sim.tdxQuote({}).slice(1090, 1154);
      bound[63] = 1;
      return withQe({ reportData: bound });
    },
  },
  "qe-mrsigner": { "one bit": () => withQe({ mrSigner: patched(qe.mrSigner, 31, (qe.mrSigner[31] ?? 0) ^ 1) }) },
  "qe-isvprodid": { "SGX's": () => withQe({ isvProdId: 1 }) },
  "qe-attributes": { "not initialised": () => withQe({ attributes: patched(qe.attributes, 0, 0x14) }) },
  "qe-miscselect": {
    "a bit": () => withQe({ miscSelect: 1 }),
    "the highest bit": () => withQe({ miscSelect: 0x8000_0000 }),
  },
  "qe-debug": {
    "where the identity does not mind": () => ({
      ...withIdentity((json) => Object.assign(json, { attributesMask: "F9FFFFFFFFFFFFFF0000000000000000" })),
      quote: sim.tdxQuote({}, { qeReport: { ...qe, attributes: patched(qe.attributes, 0, 0x17) } }),
    }),
  },
  "qe-tcb-level": { "older than every level": () => withQe({ isvSvn: 5 }) },
  "quote-signature": {
    "a bit of the report data": () => withQuote(patched(quote, 631, 1)),
    "a bit of the header": () => withQuote(patched(quote, 28, 1)),
    "of zeros": () => withQuote(patched(quote, 636, ...new Uint8Array(64))),
    "version 5's descriptor is covered": () => {
      // The same body, signed as version 4 has it: without the six bytes of the descriptor.
      const signature = sim.attestationKey.sign(
        concatBytes(sim.tdxQuote({ td15: {} }).subarray(0, 48), sim.tdxQuote({ td15: {} }).subarray(54, 702)),
      );
      return withQuote(patched(sim.tdxQuote({ td15: {} }), 706, ...signature));
    },
  },
  "tdx-module-identity": {
    "major version 2": () => withQuote(sim.tdxQuote({ teeTcbSvn: Uint8Array.of(6, 2, 3) })),
    "major version 0, where Intel names none": () => ({
      ...withTcbInfo((json) => delete json["tdxModule"]),
      quote: sim.tdxQuote({ teeTcbSvn: Uint8Array.of(6, 0, 3) }),
    }),
  },
  "tdx-module-signer": {
    "one bit": () => withQuote(sim.tdxQuote({ mrSignerSeam: Uint8Array.of(1) })),
    "in major version 0": () =>
      withQuote(sim.tdxQuote({ mrSignerSeam: Uint8Array.of(1), teeTcbSvn: Uint8Array.of(6, 0, 3) })),
  },
  "tdx-module-attributes": { "one bit": () => withQuote(sim.tdxQuote({ seamAttributes: Uint8Array.of(1) })) },
  "tdx-module-level": {
    "older than every level": () => withQuote(sim.tdxQuote({ teeTcbSvn: Uint8Array.of(3, 1, 3) })),
  },
  "td-debug": {
    debug: () => withQuote(sim.tdxQuote({ tdAttributes: Uint8Array.of(1, 0, 0, 0x10) })),
    "a reserved bit of the same byte": () => withQuote(sim.tdxQuote({ tdAttributes: Uint8Array.of(0x80, 0, 0, 0x10) })),
  },
  "td-sept-ve": { "not set": () => withQuote(sim.tdxQuote({ tdAttributes: Uint8Array.of(0, 0, 0, 0) })) },
  "td-service": {
    "one bit": () => withQuote(sim.tdxQuote({ td15: { mrServiceTd: Uint8Array.of(1) } })),
    "another than the policy's": () =>
      parametersOf(sim, {
        quote: sim.tdxQuote({ td15: { mrServiceTd: Uint8Array.of(1) } }),
        collateral,
        policy: { acceptedServiceTds: [`0x${"02".repeat(48)}`] },
      }),
  },
  "enclave-debug": {
    debug: () => parametersOf(sim, { tee: "sgx", quote: sim.sgxQuote({ attributes: Uint8Array.of(7) }) }),
  },
  "platform-tcb-level": {
    "one component": () => onPlatform({ differs: { components: [0, ...sim.platform.components.slice(1)] } }),
    PCE: () => onPlatform({ differs: { pceSvn: 10 } }),
    "a component of the TD": () => withQuote(sim.tdxQuote({ teeTcbSvn: Uint8Array.of(6, 1, 0) })),
    "the module's own components, in major version 0": () =>
      withQuote(sim.tdxQuote({ teeTcbSvn: Uint8Array.of(3, 0, 3) })),
  },
  "tcb-status": {
    "an old platform": () => onPlatform({ differs: { pceSvn: 12 } }),
    "an old quoting enclave": () => withQe({ isvSvn: 6 }),
    "an old module": () => withQuote(sim.tdxQuote({ teeTcbSvn: Uint8Array.of(5, 1, 3) })),
    "hardening, where the policy takes none": () =>
      onPlatform({ differs: { components: oneLess(sim.platform.components) } }, { acceptedStatuses: ["UpToDate"] }),
    revoked: () => ({
      ...withTcbInfo((json) => Object.assign((json["tcbLevels"] as object[])[0] ?? {}, { tcbStatus: "Revoked" })),
      policy: {
        rootFingerprint: sim.pki.rootFingerprint,
        // No program without types gets it accepted either.
        acceptedStatuses: ["OutOfDate", "Revoked" as "OutOfDate"],
      },
    }),
  },
  "tcb-advisory": {
    "one that is not taken": () =>
      onPlatform(
        { differs: { components: oneLess(sim.platform.components) } },
        { acceptedAdvisories: ["SIMULATED-SA-00001"] },
      ),
  },
};

describe("rules of SGX and TDX", () => {
  it("default: nothing changed, nothing rejected", async () => {
    expect(await ruleOf(withQuote(quote))).to.equal("accept");
    expect(await ruleOf(parametersOf(sim, { tee: "sgx" }))).to.equal("accept");
    expect(await ruleOf(withQuote(sim.tdxQuote({ td15: {} })))).to.equal("accept");
  });

  for (const [rule, changes] of Object.entries(cases)) {
    for (const [change, parameters] of Object.entries(changes)) {
      it(`error: ${rule}: ${change}`, async () => {
        expect(await ruleOf(parameters())).to.equal(rule);
      });
    }
  }
});
