import { SGX_REPORT_BYTES, TD10_REPORT_BYTES, TD15_REPORT_BYTES } from "../dcap/bodies.ts";
import { u16le, u32le } from "../dcap/littleEndian.ts";

/** Of an SGX report; what is missing is zero. Byte strings may be shorter than their field. */
export type SgxReportContents = {
  readonly cpuSvn?: Uint8Array;
  readonly miscSelect?: number;
  readonly attributes?: Uint8Array;
  readonly mrEnclave?: Uint8Array;
  readonly mrSigner?: Uint8Array;
  readonly isvProdId?: number;
  readonly isvSvn?: number;
  readonly reportData?: Uint8Array;
};

/** Of a TD report; what is missing is zero. */
export type TdReportContents = {
  readonly teeTcbSvn?: Uint8Array;
  readonly mrSeam?: Uint8Array;
  readonly mrSignerSeam?: Uint8Array;
  readonly seamAttributes?: Uint8Array;
  readonly tdAttributes?: Uint8Array;
  readonly xfam?: Uint8Array;
  readonly mrTd?: Uint8Array;
  readonly mrConfigId?: Uint8Array;
  readonly mrOwner?: Uint8Array;
  readonly mrOwnerConfig?: Uint8Array;
  readonly rtMr?: readonly Uint8Array[];
  readonly reportData?: Uint8Array;
  /** Makes it a TD 1.5 report. */
  readonly td15?: { readonly teeTcbSvn2?: Uint8Array; readonly mrServiceTd?: Uint8Array };
};

/** 384 bytes. */
export function writeSgxReport(contents: SgxReportContents): Uint8Array<ArrayBuffer> {
  const { cpuSvn, miscSelect = 0, attributes, mrEnclave, mrSigner, isvProdId = 0, isvSvn = 0, reportData } = contents;
  return place(SGX_REPORT_BYTES, [
    [0, cpuSvn],
    [16, u32le(miscSelect)],
    [48, attributes],
    [64, mrEnclave],
    [128, mrSigner],
    [256, u16le(isvProdId)],
    [258, u16le(isvSvn)],
    [320, reportData],
  ]);
}

/** 584 bytes, or 648 for TD 1.5. */
export function writeTdReport(contents: TdReportContents): Uint8Array<ArrayBuffer> {
  const { rtMr = [], td15 } = contents;
  return place(td15 === undefined ? TD10_REPORT_BYTES : TD15_REPORT_BYTES, [
    [0, contents.teeTcbSvn],
    [16, contents.mrSeam],
    [64, contents.mrSignerSeam],
    [112, contents.seamAttributes],
    [120, contents.tdAttributes],
    [128, contents.xfam],
    [136, contents.mrTd],
    [184, contents.mrConfigId],
    [232, contents.mrOwner],
    [280, contents.mrOwnerConfig],
    ...rtMr.map((register, index) => [328 + 48 * index, register] as const),
    [520, contents.reportData],
    [584, td15?.teeTcbSvn2],
    [600, td15?.mrServiceTd],
  ]);
}

function place(length: number, parts: readonly (readonly [number, Uint8Array | undefined])[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (const [at, part] of parts) if (part !== undefined) bytes.set(part, at);
  return bytes;
}
