import { sha384 } from "@noble/hashes/sha2.js";
import { fromHex, sha256, utf8 } from "../../crypto/index.ts";
import type { SgxReportContents, TdReportContents } from "./writeReports.ts";

export const ZERO_48 = new Uint8Array(48);

/** Module version 6 of major version 1, and the loader's 3: as of a current platform. */
export const SIMULATED_TEE_TCB_SVN = Uint8Array.of(6, 1, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

/** 64-bit, provisioning key; FP and SSE. What Intel's quoting enclaves have. */
const QE_ATTRIBUTES = fromHex("0x1500000000000000e700000000000000");
/** 64-bit. */
const ENCLAVE_ATTRIBUTES = fromHex("0x0500000000000000e700000000000000");

/** The quoting enclave of SGX or TDX. Its signer is the simulator's own, so that it never matches Intel's identity. */
export function simulatedQe(tee: "sgx" | "tdx"): {
  readonly cpuSvn: Uint8Array;
  readonly attributes: Uint8Array;
  readonly mrEnclave: Uint8Array;
  readonly mrSigner: Uint8Array;
  readonly isvProdId: number;
  readonly isvSvn: number;
} {
  return {
    cpuSvn: new Uint8Array(16),
    attributes: QE_ATTRIBUTES,
    mrEnclave: sha256(utf8(`persona/simulated-qe/v1/${tee}`)),
    mrSigner: sha256(utf8("persona/simulated-qe-signer/v1")),
    isvProdId: tee === "sgx" ? 1 : 2,
    isvSvn: tee === "sgx" ? 10 : 7,
  };
}

/** A TD without debug, with SEPT_VE_DISABLE, on an up-to-date module. Measurements are zero unless they are given. */
export function simulatedTd(contents: TdReportContents): TdReportContents {
  return {
    teeTcbSvn: SIMULATED_TEE_TCB_SVN,
    mrSeam: sha384(utf8("persona/simulated-tdx-module/v1")),
    tdAttributes: Uint8Array.of(0, 0, 0, 0x10, 0, 0, 0, 0),
    xfam: fromHex("0xe702060000000000"),
    ...contents,
  };
}

/** An SGX enclave without debug. Measurements are zero unless they are given. */
export function simulatedEnclave(contents: SgxReportContents): SgxReportContents {
  return { attributes: ENCLAVE_ATTRIBUTES, ...contents };
}
