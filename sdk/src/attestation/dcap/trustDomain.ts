import type { Hex } from "viem";
import { equalBytes, fromHex } from "../../crypto/index.ts";
import { RuleBroken, requireRule } from "../rules.ts";
import { hexOf } from "../x509/index.ts";
import type { SgxReport, TdReport } from "./bodies.ts";
import { isZero } from "./littleEndian.ts";
import { masked } from "./quotingEnclave.ts";
import type { SvnLevel, TcbInfo } from "./tcbInfo.ts";

const SGX_DEBUG = 0x02;
/** Bit 28 of TDATTRIBUTES. */
const SEPT_VE_DISABLE = { byte: 3, mask: 0x10 } as const;

/** The level of the TDX module; undefined for major version 0, which has none of its own. @throws RuleBroken */
export function verifyTdxModule(report: TdReport, tcbInfo: TcbInfo): SvnLevel | undefined {
  const [svn = 0, major = 0] = report.teeTcbSvn;
  const id = `TDX_${major.toString(16).padStart(2, "0").toUpperCase()}`;
  const ofMajor = tcbInfo.modules.get(id);
  const identity = major === 0 ? tcbInfo.module : ofMajor;
  if (identity === undefined) throw new RuleBroken("tdx-module-identity", `The TCB info knows no module ${id}.`);
  requireRule(
    "tdx-module-signer",
    equalBytes(report.mrSignerSeam, identity.mrSigner),
    `The module's signer is ${hexOf(report.mrSignerSeam)}.`,
  );
  requireRule(
    "tdx-module-attributes",
    equalBytes(masked(report.seamAttributes, identity.attributesMask), identity.attributes),
    `The module's attributes are ${hexOf(report.seamAttributes)}.`,
  );
  if (major === 0) return undefined;
  const level = ofMajor?.levels.find(({ isvSvn }) => isvSvn <= svn);
  if (level === undefined) throw new RuleBroken("tdx-module-level", `No level of ${id} covers version ${svn}.`);
  return level;
}

/** @throws RuleBroken */
export function verifyTdAttributes(report: TdReport, acceptedServiceTds: readonly Hex[]): void {
  const { tdAttributes, td15 } = report;
  requireRule("td-debug", tdAttributes[0] === 0, `TDATTRIBUTES are ${hexOf(tdAttributes)}: the host can look inside.`);
  const septVeDisable = (tdAttributes[SEPT_VE_DISABLE.byte] ?? 0) & SEPT_VE_DISABLE.mask;
  requireRule("td-sept-ve", septVeDisable !== 0, `TDATTRIBUTES are ${hexOf(tdAttributes)}, without SEPT_VE_DISABLE.`);
  if (td15 === undefined || isZero(td15.mrServiceTd)) return;
  requireRule(
    "td-service",
    acceptedServiceTds.some((accepted) => equalBytes(fromHex(accepted), td15.mrServiceTd)),
    `The service TD ${hexOf(td15.mrServiceTd)} is bound.`,
  );
}

/** @throws RuleBroken */
export function verifyEnclaveAttributes({ attributes }: SgxReport): void {
  const debug = (attributes[0] ?? 0) & SGX_DEBUG;
  requireRule("enclave-debug", debug === 0, `The attributes are ${hexOf(attributes)}: the host can look inside.`);
}
