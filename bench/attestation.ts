/**
 * What it takes to believe an enclave's key: milliseconds for a verdict on simulated evidence with lists of Intel's usual lengths, one
 * after the other in one thread, beside another verifier of the same TDX quote in the same run; and gas for the same on chain.
 *
 * `ms` is what a node sees that has met the platform's certificates before, as all but the first of a platform's evidence is: everything
 * is read and judged, collateral from its text on, but the signatures on those certificates. `coldMs` are verdicts on certificates that
 * were never seen; `opensslMs` one signature of each kind alone, in the same run.
 */
import { generateKeyPairSync, type KeyObject, randomBytes, sign, verify } from "node:crypto";
import {
  type AttestationVerdict,
  parseCollateral,
  verifyNitro,
  verifyQuote,
  verifySnp,
} from "@persona-protocol/sdk/attestation";
import {
  createSimulatedNitro,
  createSimulatedSnp,
  createSimulator,
  writePem,
} from "@persona-protocol/sdk/attestation/simulator";
import { type Collateral, QuoteVerifier } from "@phala/dcap-qvl";
import { measureAttestationGas } from "./attestation/gas.ts";
import type { BenchContext } from "./bench.ts";

export const options = {
  /** Verdicts of each kind. */
  runs: { type: "string", default: "200" },
} as const;

const seed = new Uint8Array(32).fill(1);
const ISSUED_AT = 1_750_000_000;
const NOW = ISSUED_AT + 86_400;
/** As many as Intel's list of its Platform CA had in 2025. */
const REVOKED = 44;
/** Platforms that are met once: each is a PKI of its own. */
const COLD_RUNS = 30;

export async function run({ log, values }: BenchContext): Promise<object> {
  const runs = Number(values["runs"]);
  if (!Number.isInteger(runs) || runs < 1) throw new RangeError("--runs must be a whole number above 0");
  const judged = judgements(seed);
  const strangers = Array.from({ length: Math.min(runs, COLD_RUNS) }, (_, index) =>
    judgements(new Uint8Array(32).fill(index + 2)),
  );
  const alone = signaturesAlone();
  const [ms, coldMs, opensslMs] = [new Times(), new Times(), new Times()];
  // In turn, so that whatever else the machine does meets all of them alike; the first tenth is for the compiler.
  for (let round = -Math.ceil(runs / 10); round < runs; round++) {
    const times = round < 0 ? new Times() : ms;
    for (const { name, judge } of [...judged.ours, judged.other]) await times.take(name, judge);
    for (const { name, judge } of alone) await (round < 0 ? new Times() : opensslMs).take(name, judge);
    const stranger = strangers[round];
    for (const { name, judge } of stranger?.ours ?? []) await coldMs.take(name, judge);
  }
  log(`medians of ${runs} verdicts each, ${strangers.length} of them cold`);
  return {
    attestation: {
      ms: ms.medians(),
      coldMs: coldMs.medians(),
      opensslMs: opensslMs.medians(),
      gas: await measureAttestationGas(),
    },
  };
}

type Judged = { readonly name: string; readonly judge: () => Promise<void> | void };

/** Our verdicts on evidence of platforms that this seed makes, and another verifier's on the same TDX quote. */
function judgements(from: Uint8Array): { readonly ours: readonly Judged[]; readonly other: Judged } {
  const sim = createSimulator({ seed: from });
  const policy = { rootFingerprint: sim.pki.rootFingerprint };
  const revoked = Array.from({ length: REVOKED }, (_, index) => new Uint8Array(20).fill(index + 1));
  const caChain = writePem(sim.chain[1], sim.chain[2]);
  const collateralOf = (tee: "sgx" | "tdx") =>
    otherCollateral(sim.collateral({ tee, issuedAt: ISSUED_AT, pckCrl: { revoked } }), caChain);
  const [tdx, sgx] = [sim.tdxQuote({}, { padding: 70 }), sim.sgxQuote({})];
  const [ofTdx, ofSgx] = [collateralOf("tdx"), collateralOf("sgx")];
  const nitro = createSimulatedNitro(from);
  const document = nitro.document({ timestamp: NOW * 1_000 });
  const snp = createSimulatedSnp(from, "milan");
  const [report, certificates] = [snp.report(), snp.certificates()];
  const theirs = QuoteVerifier.newWithRootCa(Buffer.from(sim.pki.root.der));
  // From the file on: reading the collateral is part of it, as it is for the other verifier.
  const quoteVerdict = (quote: Uint8Array, collateral: string) =>
    verifyQuote({ quote, collateral: parseCollateral(collateral), now: NOW, policy });
  return {
    ours: [
      { name: "tdx", judge: async () => requireAccepted(await quoteVerdict(tdx, ofTdx)) },
      { name: "sgx", judge: async () => requireAccepted(await quoteVerdict(sgx, ofSgx)) },
      {
        name: "nitro",
        judge: async () =>
          requireAccepted(await verifyNitro(document, { policy: { rootFingerprint: nitro.rootFingerprint } })),
      },
      {
        name: "snp",
        judge: async () =>
          requireAccepted(
            await verifySnp(report, { certificates, at: NOW, policy: { rootFingerprint: snp.rootFingerprint } }),
          ),
      },
    ],
    other: {
      name: "dcapQvlTdx",
      judge: () => {
        const { status } = theirs.verify(Buffer.from(tdx), JSON.parse(ofTdx) as Collateral, NOW);
        if (status !== "UpToDate") throw new Error(`the other verifier says ${status}`);
      },
    },
  };
}

/** One verification of each kind of signature that evidence has, by the OpenSSL that Node brings. */
function signaturesAlone(): readonly Judged[] {
  const message = randomBytes(672);
  const of = (
    name: string,
    hash: string,
    { publicKey, privateKey }: { readonly publicKey: KeyObject; readonly privateKey: KeyObject },
    form: object,
  ): Judged => {
    const signature = sign(hash, message, { key: privateKey, ...form });
    const judge = () => {
      if (!verify(hash, message, { key: publicKey, ...form }, signature)) throw new Error(`${name} does not verify`);
    };
    return { name, judge };
  };
  const ecdsa = { dsaEncoding: "ieee-p1363" } as const;
  return [
    of("p256", "sha256", generateKeyPairSync("ec", { namedCurve: "P-256" }), ecdsa),
    of("p384", "sha384", generateKeyPairSync("ec", { namedCurve: "P-384" }), ecdsa),
    // RSA_PKCS1_PSS_PADDING
    of("rsaPss4096", "sha384", generateKeyPairSync("rsa", { modulusLength: 4_096 }), { padding: 6, saltLength: 48 }),
  ];
}

function otherCollateral(
  collateral: ReturnType<ReturnType<typeof createSimulator>["collateral"]>,
  caChain: string,
): string {
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
    pck_crl_issuer_chain: caChain,
  });
}

function requireAccepted(verdict: AttestationVerdict): void {
  if (verdict.verdict === "reject") throw new Error(`${verdict.kind}: ${verdict.rule}: ${verdict.detail}`);
}

/** How long each of several things took, again and again. */
class Times {
  readonly #all = new Map<string, number[]>();

  async take(name: string, work: () => Promise<void> | void): Promise<void> {
    const from = performance.now();
    await work();
    const times = this.#all.get(name) ?? [];
    times.push(performance.now() - from);
    this.#all.set(name, times);
  }

  /** Milliseconds, to the microsecond. */
  medians(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#all].map(([name, times]) => [name, median(times)]));
  }
}

function median(times: readonly number[]): number {
  const sorted = [...times].sort((a, b) => a - b);
  return Number((sorted[Math.floor(sorted.length / 2)] ?? Number.NaN).toFixed(3));
}
