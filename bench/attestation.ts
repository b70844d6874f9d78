/**
 * What it takes to believe an enclave's key: milliseconds for a verdict on simulated evidence with lists of Intel's usual lengths, one
 * after the other in one thread, beside another verifier of the same TDX quote in the same run; and gas for the same on chain.
 */
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

export async function run({ log, values }: BenchContext): Promise<object> {
  const runs = Number(values["runs"]);
  if (!Number.isInteger(runs) || runs < 1) throw new RangeError("--runs must be a whole number above 0");
  const judged = await judgements();
  const times = new Map(judged.map(({ name }) => [name, [] as number[]]));
  // In turn, so that whatever else the machine does meets all of them alike; the first tenth is for the compiler.
  for (let round = -Math.ceil(runs / 10); round < runs; round++) {
    for (const { name, judge } of judged) {
      const from = performance.now();
      await judge();
      if (round >= 0) times.get(name)?.push(performance.now() - from);
    }
  }
  const ms = Object.fromEntries([...times].map(([name, all]) => [name, median(all)]));
  log(`medians of ${runs} verdicts each`);
  return { attestation: { ms, gas: await measureAttestationGas() } };
}

type Judged = { readonly name: string; readonly judge: () => Promise<void> | void };

async function judgements(): Promise<Judged[]> {
  const sim = createSimulator({ seed });
  const policy = { rootFingerprint: sim.pki.rootFingerprint };
  const revoked = Array.from({ length: REVOKED }, (_, index) => new Uint8Array(20).fill(index + 1));
  const collateralOf = (tee: "sgx" | "tdx") => sim.collateral({ tee, issuedAt: ISSUED_AT, pckCrl: { revoked } });
  const [tdx, sgx] = [sim.tdxQuote({}, { padding: 70 }), sim.sgxQuote({})];
  const [ofTdx, ofSgx] = [collateralOf("tdx"), collateralOf("sgx")];
  const nitro = createSimulatedNitro(seed);
  const document = nitro.document({ timestamp: NOW * 1_000 });
  const snp = createSimulatedSnp(seed, "milan");
  const [report, certificates] = [snp.report(), snp.certificates()];
  const json = otherCollateral(ofTdx, writePem(sim.chain[1], sim.chain[2]));
  const other = QuoteVerifier.newWithRootCa(Buffer.from(sim.pki.root.der));
  const theirs = Buffer.from(tdx);
  return [
    {
      name: "tdx",
      // From the file on: reading the collateral is part of it, as it is for the other verifier.
      judge: async () =>
        requireAccepted(await verifyQuote({ quote: tdx, collateral: parseCollateral(json), now: NOW, policy })),
    },
    {
      name: "sgx",
      judge: async () => requireAccepted(await verifyQuote({ quote: sgx, collateral: ofSgx, now: NOW, policy })),
    },
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
    {
      name: "dcapQvlTdx",
      judge: () => {
        const { status } = other.verify(theirs, JSON.parse(json) as Collateral, NOW);
        if (status !== "UpToDate") throw new Error(`the other verifier says ${status}`);
      },
    },
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

/** Milliseconds, to the microsecond. */
function median(times: readonly number[]): number {
  const sorted = [...times].sort((a, b) => a - b);
  return Number((sorted[Math.floor(sorted.length / 2)] ?? Number.NaN).toFixed(3));
}
