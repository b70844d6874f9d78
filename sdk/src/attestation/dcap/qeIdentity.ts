import { readJson } from "./jsonValues.ts";
import { readSvnLevel, type SvnLevel } from "./tcbInfo.ts";

/** Intel's identity of a quoting enclave, version 2. */
export type QeIdentity = {
  readonly id: string;
  readonly version: number;
  /** Unix seconds. */
  readonly issueDate: number;
  readonly nextUpdate: number;
  readonly tcbEvaluationDataNumber: number;
  /** 4 bytes, as they stand in a report. */
  readonly miscSelect: Uint8Array;
  readonly miscSelectMask: Uint8Array;
  readonly attributes: Uint8Array;
  readonly attributesMask: Uint8Array;
  readonly mrSigner: Uint8Array;
  readonly isvProdId: number;
  /** From best to worst. */
  readonly levels: readonly SvnLevel[];
};

const RULE = "qe-identity-format";

/** @throws RuleBroken */
export function readQeIdentity(text: string): QeIdentity {
  const json = readJson(text, RULE);
  return {
    id: json.string("id"),
    version: json.number("version", 255),
    issueDate: json.time("issueDate"),
    nextUpdate: json.time("nextUpdate"),
    tcbEvaluationDataNumber: json.number("tcbEvaluationDataNumber", 0xffff_ffff),
    miscSelect: json.bytes("miscselect", 4),
    miscSelectMask: json.bytes("miscselectMask", 4),
    attributes: json.bytes("attributes", 16),
    attributesMask: json.bytes("attributesMask", 16),
    mrSigner: json.bytes("mrsigner", 32),
    isvProdId: json.number("isvprodid", 65_535),
    levels: json.objects("tcbLevels").map((level) => readSvnLevel(level, RULE)),
  };
}
