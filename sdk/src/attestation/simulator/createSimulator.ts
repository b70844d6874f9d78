import { utf8 } from "../../crypto/index.ts";
import type { DcapCollateral } from "../dcap/collateral.ts";
import { assembleQuote, type QuoteContents } from "./assembleQuote.ts";
import { type CrlContents, makeCrl, writePem } from "./makeCertificate.ts";
import { type CollateralContents, writeQeIdentity, writeTcbInfo } from "./simulatedCollateral.ts";
import { simulatedEnclave, simulatedQe, simulatedTd } from "./simulatedEnclaves.ts";
import { type SimulatedKey, simulatedKey } from "./simulatedKey.ts";
import { createSimulatedPki, type SimulatedCertificate, type SimulatedPki } from "./simulatedPki.ts";
import { type SimulatedPlatform, simulatedPlatform } from "./simulatedPlatform.ts";
import { type SgxReportContents, type TdReportContents, writeSgxReport, writeTdReport } from "./writeReports.ts";

export type SimulatorParameters = {
  /** 32 bytes. The same seed makes the same bytes, wherever and whenever. */
  readonly seed: Uint8Array;
  /** Names a machine: its own PCK and attestation key, the same root. */
  readonly platform?: string;
  /** Where the machine differs from an up-to-date one of the family that is simulated. */
  readonly differs?: Partial<SimulatedPlatform>;
};

/**
 * SIMULATED silicon: quotes, certificates, revocation lists and collateral that are Intel's in every byte but the keys. The
 * seed is no secret where it is a public text, so nothing that verifies under its root says anything about hardware.
 */
export type Simulator = {
  readonly pki: SimulatedPki;
  readonly platform: SimulatedPlatform;
  readonly pck: SimulatedCertificate;
  /** DER: PCK certificate, its CA, root. */
  readonly chain: readonly [Uint8Array, Uint8Array, Uint8Array];
  readonly attestationKey: SimulatedKey;
  /** A TDX quote, version 4 unless it is 5; TD 1.5 where `td15` is given, which only version 5 has. */
  tdxQuote(body: TdReportContents, contents?: Partial<QuoteContents>): Uint8Array<ArrayBuffer>;
  /** An SGX quote, version 3 unless it is 5. */
  sgxQuote(body: SgxReportContents, contents?: Partial<QuoteContents>): Uint8Array<ArrayBuffer>;
  /** Collateral that is issued at `issuedAt` (Unix seconds) and good for 30 days, as Intel's. */
  collateral(parameters: {
    readonly tee: "sgx" | "tdx";
    readonly issuedAt: number;
    readonly contents?: Partial<CollateralContents>;
    readonly rootCrl?: Partial<CrlContents>;
    readonly pckCrl?: Partial<CrlContents>;
  }): DcapCollateral;
};

const THIRTY_DAYS = 30 * 86_400;
const TDX = 0x81;

export function createSimulator({ seed, platform: name = "one", differs }: SimulatorParameters): Simulator {
  const pki = createSimulatedPki(seed);
  const platform = { ...simulatedPlatform(name), ...differs };
  const pck = pki.pck(platform);
  const ca = platform.ca === "platform" ? pki.platformCa : pki.processorCa;
  const chain = [pck.der, ca.der, pki.root.der] as const;
  const attestationKey = simulatedKey(seed, `attestation/${name}`);
  const machine = { attestationKey, pckKey: pck.key, chain };
  const cpuSvn = Uint8Array.from(platform.components);
  return {
    pki,
    platform,
    pck,
    chain,
    attestationKey,
    tdxQuote: (report, contents) =>
      assembleQuote({
        version: report.td15 === undefined ? 4 : 5,
        teeType: TDX,
        bodyType: report.td15 === undefined ? 2 : 3,
        body: writeTdReport(simulatedTd(report)),
        qeReport: simulatedQe("tdx"),
        ...machine,
        ...contents,
      }),
    sgxQuote: (report, contents) =>
      assembleQuote({
        version: 3,
        teeType: 0,
        bodyType: 1,
        body: writeSgxReport(simulatedEnclave({ cpuSvn, ...report })),
        qeReport: simulatedQe("sgx"),
        ...machine,
        ...contents,
      }),
    collateral: ({ tee, issuedAt, contents, rootCrl, pckCrl }) => {
      const window = { thisUpdate: issuedAt, nextUpdate: issuedAt + THIRTY_DAYS, number: 1, revoked: [] };
      const all = { tee, platform, issueDate: issuedAt, nextUpdate: issuedAt + THIRTY_DAYS, ...contents };
      const [tcbInfo, qeIdentity] = [writeTcbInfo(all), writeQeIdentity(all)];
      const issuerChain = writePem(pki.tcbSigner.der, pki.root.der);
      const { sign } = pki.tcbSigner.key;
      return {
        tcbInfo,
        tcbInfoSignature: sign(utf8(tcbInfo)),
        tcbInfoIssuerChain: issuerChain,
        qeIdentity,
        qeIdentitySignature: sign(utf8(qeIdentity)),
        qeIdentityIssuerChain: issuerChain,
        rootCaCrl: makeCrl({ issuer: pki.root.contents.subject, issuerKey: pki.root.key, ...window, ...rootCrl }),
        pckCrl: makeCrl({ issuer: ca.contents.subject, issuerKey: ca.key, ...window, ...pckCrl }),
      };
    },
  };
}
