import type { Hex } from "viem";
import { concatBytes, sha256, toHex, utf8 } from "../../crypto/index.ts";
import { productNames, type SnpProduct, type SnpTcb, tcbLayouts } from "../snp/snpProduct.ts";
import { SNP_REPORT_BYTES } from "../snp/snpReport.ts";
import type { SnpCertificates } from "../snp/verifySnp.ts";
import { type CertificateContents, type CrlContents, makeCertificate, makeCrl } from "./makeCertificate.ts";
import { simulatedAmdPrimes } from "./simulatedAmdPrimes.ts";
import { simulatedP384Key } from "./simulatedP384Key.ts";
import { simulatedRsaKey } from "./simulatedRsaKey.ts";
import { writeDer, writeNumber } from "./writeDer.ts";

export type SnpContents = {
  readonly version: number;
  readonly policy: bigint;
  readonly vmpl: number;
  readonly keyInfo: number;
  readonly reportData: Uint8Array;
  readonly measurement: Uint8Array;
  readonly idKeyDigest: Uint8Array;
  readonly chipId: Uint8Array;
  readonly reportedTcb: SnpTcb;
  /** Writes over the report before it is signed, and after. */
  readonly change: (report: Uint8Array) => void;
  readonly changeSigned: (report: Uint8Array) => void;
};

type SnpCertificateName = "root" | "signer" | "chip";

/** SIMULATED chip: reports and certificates that are AMD's in every byte but the keys. */
export type SimulatedSnp = {
  readonly product: SnpProduct;
  /** SHA-256 of the root's DER: `SnpPolicy.rootFingerprint`. */
  readonly rootFingerprint: Hex;
  certificates(
    change?: (contents: CertificateContents, name: SnpCertificateName) => CertificateContents,
  ): SnpCertificates;
  crl(contents?: Partial<CrlContents>): Uint8Array<ArrayBuffer>;
  report(contents?: Partial<SnpContents>): Uint8Array<ArrayBuffer>;
};

const ARC = "1.3.6.1.4.1.3704.1";
/** 2022-01-01 and 2047-01-01. */
const NOT_BEFORE = 1_640_995_200;
const NOT_AFTER = 2_429_913_600;
const SIGNED_BYTES = 0x2a0;
const cpus = { milan: [0x19, 0x01, 1], genoa: [0x19, 0x11, 1], turin: [0x1a, 0x02, 1] } as const;
const splNumbers: Readonly<Record<string, number>> = {
  ...{ bootLoader: 1, tee: 2, snp: 3, spl4: 4, spl5: 5, spl6: 6, spl7: 7, microcode: 8, fmc: 9 },
};

export const simulatedSnpTcb = (product: SnpProduct): SnpTcb => ({
  ...(product === "turin" ? { fmc: 1 } : {}),
  ...{ bootLoader: 4, tee: 1, snp: 23, microcode: 213 },
});

/** @param kind which key signs: the chip's own, or the one of its cloud */
export function createSimulatedSnp(
  seed: Uint8Array,
  product: SnpProduct,
  kind: "vcek" | "vlek" = "vcek",
): SimulatedSnp {
  const chipKey = simulatedP384Key(seed, `snp/${product}/${kind}`);
  const rootKey = simulatedRsaKey(simulatedAmdPrimes.root);
  const signerKey = simulatedRsaKey(simulatedAmdPrimes.signer);
  const line = productNames[product];
  const chipId = concatBytes(sha256(utf8("persona/simulated-chip/1")), sha256(utf8("persona/simulated-chip/2")));
  // Turin has ids of 8 bytes.
  if (product === "turin") chipId.fill(0, 8);
  const names = {
    root: `ARK-${line}`,
    signer: kind === "vcek" ? `SEV-${line}` : `SEV-VLEK-${line}`,
    chip: kind === "vcek" ? "SEV-VCEK" : "SEV-VLEK",
  };
  const base = { notBefore: NOT_BEFORE, notAfter: NOT_AFTER };
  const made = new Map<SnpCertificateName, Uint8Array>();
  const contentsOf: Readonly<Record<SnpCertificateName, CertificateContents>> = {
    root: {
      ...{ subject: names.root, issuer: names.root, key: rootKey, issuerKey: rootKey, serial: Uint8Array.of(1, 0, 0) },
      ...{ isCa: true, usage: "issue", ...base },
    },
    signer: {
      ...{ subject: names.signer, issuer: names.root, key: signerKey, issuerKey: rootKey },
      ...{ serial: Uint8Array.of(1, 0, 1), isCa: true, pathLength: 0, usage: "issue", ...base },
    },
    chip: {
      ...{ subject: names.chip, issuer: names.signer, key: chipKey, issuerKey: signerKey, serial: Uint8Array.of(0) },
      ...{ isCa: false, usage: "sign", ...base },
      extensions: chipExtensions(product, kind, chipId, simulatedSnpTcb(product)),
    },
  };
  return {
    product,
    get rootFingerprint() {
      return toHex(sha256(this.certificates().root));
    },
    certificates(change) {
      const make = (name: SnpCertificateName): Uint8Array => {
        const contents = change?.(contentsOf[name], name) ?? contentsOf[name];
        // RSA in big integers takes a tenth of a second: what nobody changed is made once.
        if (contents !== contentsOf[name]) return makeCertificate(contents);
        const known = made.get(name) ?? makeCertificate(contents);
        made.set(name, known);
        return known;
      };
      return { root: make("root"), signer: make("signer"), chip: make("chip") };
    },
    crl: (contents = {}) =>
      makeCrl({
        ...{ issuer: names.root, issuerKey: rootKey, number: 1, revoked: [] },
        ...{ thisUpdate: NOT_BEFORE, nextUpdate: NOT_AFTER },
        ...contents,
      }),
    report(contents = {}) {
      const report = writeReport(product, kind, { chipId, ...contents });
      contents.change?.(report);
      const signature = chipKey.sign(report.subarray(0, SIGNED_BYTES));
      report.set(signature.slice(0, 48).reverse(), SIGNED_BYTES);
      report.set(signature.slice(48).reverse(), SIGNED_BYTES + 72);
      contents.changeSigned?.(report);
      return report;
    },
  };
}

/** AMD's extensions of a chip's certificate: integers, IA5 text, and the chip id bare. */
export function chipExtensions(
  product: SnpProduct,
  kind: "vcek" | "vlek",
  chipId: Uint8Array,
  tcb: SnpTcb,
): NonNullable<CertificateContents["extensions"]> {
  const name = product === "turin" ? "Turin" : `${productNames[product]}-B1`;
  const parts: Readonly<Record<string, number | undefined>> = tcb;
  return [
    { oid: `${ARC}.1`, value: writeNumber(product === "turin" ? 1 : 0) },
    { oid: `${ARC}.2`, value: writeDer(0x16, utf8(name)) },
    ...tcbLayouts[product].map((part) => ({
      oid: `${ARC}.3.${splNumbers[part]}`,
      value: writeNumber(parts[part] ?? 0),
    })),
    kind === "vcek"
      ? { oid: `${ARC}.4`, value: product === "turin" ? chipId.slice(0, 8) : chipId }
      : { oid: `${ARC}.5`, value: writeDer(0x16, utf8("simulated-cloud")) },
  ];
}

function writeReport(
  product: SnpProduct,
  kind: "vcek" | "vlek",
  contents: Partial<SnpContents> & Pick<SnpContents, "chipId">,
): Uint8Array<ArrayBuffer> {
  const { version = product === "turin" ? 5 : 3, policy = 0x30000n, vmpl = 0, chipId } = contents;
  const { keyInfo = kind === "vcek" ? 0 : 4, reportedTcb = simulatedSnpTcb(product) } = contents;
  const report = new Uint8Array(SNP_REPORT_BYTES);
  const view = new DataView(report.buffer);
  const parts: Readonly<Record<string, number | undefined>> = reportedTcb;
  const tcb = Uint8Array.from(tcbLayouts[product], (part) => parts[part] ?? 0);
  view.setUint32(0x00, version, true);
  view.setBigUint64(0x08, policy, true);
  view.setUint32(0x30, vmpl, true);
  view.setUint32(0x34, 1, true);
  view.setUint32(0x48, keyInfo, true);
  report.set(contents.reportData ?? new Uint8Array(64), 0x50);
  report.set(contents.measurement ?? concatBytes(sha256(utf8("image")), new Uint8Array(16).fill(1)), 0x90);
  report.set(contents.idKeyDigest ?? new Uint8Array(48), 0xe0);
  report.set(sha256(utf8("report id")), 0x140);
  report.fill(0xff, 0x160, 0x180);
  for (const at of [0x38, 0x180, 0x1e0, 0x1f0]) report.set(tcb, at);
  if (version >= 3) report.set(cpus[product], 0x188);
  report.set(chipId, 0x1a0);
  report.set([1, 55, 1, 0, 1, 55, 1], 0x1e8);
  return report;
}
