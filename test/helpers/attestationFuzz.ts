import {
  type AttestationVerdict,
  type DcapCollateral,
  parseCollateral,
  verifyQuote,
} from "@persona-protocol/sdk/attestation";
import { issuedAt, judgedAt, simulator } from "./attestationScene.ts";
import { vectorBytes, vectorText } from "./attestationVectors.ts";

/** How many mutations of each kind: 1,000 in `npm test`, and as many as `npm run test:deep` asks for, 50,000 at most. */
export const attestationRuns = Math.min(50_000, Number(process.env["PERSONA_FUZZ_RUNS"] ?? 1_000));

/** In `npm run test:deep` every bit is flipped; in `npm test` one of each byte. */
export const everyBit = attestationRuns > 10_000;

export type FuzzedQuote = {
  readonly quote: Uint8Array;
  readonly collateral: DcapCollateral;
  readonly judge: (changes: {
    readonly quote?: Uint8Array;
    readonly collateral?: DcapCollateral;
  }) => Promise<AttestationVerdict>;
};

/** Simulated quotes of every version and body. */
export function simulatedQuotes(): Readonly<Record<string, FuzzedQuote>> {
  const sim = simulator();
  const of = (tee: "sgx" | "tdx", quote: Uint8Array): FuzzedQuote => {
    const collateral = sim.collateral({ tee, issuedAt });
    const policy = { rootFingerprint: sim.pki.rootFingerprint };
    return {
      quote,
      collateral,
      judge: (changes) => verifyQuote({ quote, collateral, now: judgedAt, policy, ...changes }),
    };
  };
  return {
    "SGX, version 3": of("sgx", sim.sgxQuote({})),
    "TDX, version 4": of("tdx", sim.tdxQuote({})),
    "TDX, version 5": of("tdx", sim.tdxQuote({ td15: {} })),
  };
}

export function realQuote(quotePath: string, collateralPath: string, now: number): FuzzedQuote {
  const quote = vectorBytes(quotePath);
  const collateral = parseCollateral(vectorText(collateralPath));
  return { quote, collateral, judge: (changes) => verifyQuote({ quote, collateral, now, ...changes }) };
}
