import { concatBytes, fromHex, sha256, utf8 } from "../../crypto/index.ts";
import { u16le, u32le } from "../dcap/littleEndian.ts";
import { writePem } from "./makeCertificate.ts";
import type { SimulatedKey } from "./simulatedKey.ts";
import { type SgxReportContents, writeSgxReport } from "./writeReports.ts";

/** All that a quote is made of. Nothing is checked: tests make wrong ones with it. */
export type QuoteContents = {
  readonly version: number;
  /** 0 for SGX, 0x81 for TDX. */
  readonly teeType: number;
  /** Version 5: 1 SGX, 2 TD 1.0, 3 TD 1.5. */
  readonly bodyType: number;
  readonly body: Uint8Array;
  readonly attKeyType?: number;
  readonly qeVendorId?: Uint8Array;
  readonly userData?: Uint8Array;
  readonly attestationKey: SimulatedKey;
  readonly pckKey: SimulatedKey;
  /** Of the quoting enclave; its report data bind the attestation key unless they are given. */
  readonly qeReport: SgxReportContents;
  readonly qeAuthData?: Uint8Array;
  /** DER: PCK certificate, CA, root. */
  readonly chain: readonly Uint8Array[];
  readonly certificationType?: number;
  /** Zero bytes behind the quote. */
  readonly padding?: number;
};

const INTEL_VENDOR = fromHex("0x939a7233f79c4ca9940a0db3957f0607");
/** What Intel's quoting enclaves use: 00 01 … 1f. */
const QE_AUTH_DATA = Uint8Array.from({ length: 32 }, (_, index) => index);

/** A quote, signed by its attestation key, which is bound by a report that the PCK key has signed. */
export function assembleQuote(contents: QuoteContents): Uint8Array<ArrayBuffer> {
  const { version, body, attestationKey, qeAuthData = QE_AUTH_DATA, padding = 0 } = contents;
  const descriptor = version === 5 ? [u16le(contents.bodyType), u32le(body.length)] : [];
  const signed = concatBytes(writeHeader(contents), ...descriptor, body);
  const binding = sha256(concatBytes(attestationKey.point, qeAuthData));
  const qeReport = writeSgxReport({ reportData: binding, ...contents.qeReport });
  const chain = concatBytes(utf8(writePem(...contents.chain)), Uint8Array.of(0));
  const certified = concatBytes(
    qeReport,
    contents.pckKey.sign(qeReport),
    u16le(qeAuthData.length),
    qeAuthData,
    u16le(contents.certificationType ?? 5),
    u32le(chain.length),
    chain,
  );
  const auth = concatBytes(
    attestationKey.sign(signed),
    attestationKey.point,
    ...(version === 3 ? [] : [u16le(6), u32le(certified.length)]),
    certified,
  );
  return concatBytes(signed, u32le(auth.length), auth, new Uint8Array(padding));
}

function writeHeader({ version, teeType, attKeyType = 2, qeVendorId, userData }: QuoteContents): Uint8Array {
  // Version 3 has the versions of quoting enclave and PCE in bytes 8 to 11; later ones have zeros there.
  const versions = version === 3 ? [u16le(10), u16le(13)] : [u32le(0)];
  const header = concatBytes(
    u16le(version),
    u16le(attKeyType),
    u32le(teeType),
    ...versions,
    qeVendorId ?? INTEL_VENDOR,
  );
  return concatBytes(header, userData ?? new Uint8Array(20));
}
