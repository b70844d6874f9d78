import { opensslTime } from "../opensslTime.ts";
import type { EvidenceFields } from "../verdict.ts";
import { type Certificate, hexOf } from "../x509/index.ts";
import { readPckExtension } from "./pckExtension.ts";
import type { Quote } from "./quote.ts";

/** What stands in a quote, read and not judged. */
export function quoteFields(quote: Quote): EvidenceFields {
  return {
    bytes: quote.bytes,
    version: quote.version,
    teeType: quote.teeType,
    attKeyType: quote.attKeyType,
    bodyType: quote.body.type,
    qeVendorId: hexOf(quote.qeVendorId),
    headerUserData: hexOf(quote.userData),
    signedLen: quote.signed.length,
    authDataLen: quote.authDataLength,
    trailing: quote.trailing,
    certType: quote.certificationType,
    qeAuthDataLen: quote.qeAuthData.length,
  };
}

/** What its PCK certificate says. @throws CERTIFICATE_INVALID when its SGX extension cannot be read */
export function platformFields(pck: Certificate): EvidenceFields {
  const platform = readPckExtension(pck);
  return {
    fmspc: hexOf(platform.fmspc).toUpperCase(),
    pceSvn: platform.pceSvn,
    cpuSvn: hexOf(platform.cpuSvn),
    pckIssuer: `CN=${pck.issuer.commonName ?? ""}`,
    pckNotBefore: opensslTime(pck.notBefore),
  };
}

/** What its body says. */
export function bodyFields({ body }: Quote): EvidenceFields {
  if (body.type === "sgx") {
    const { report } = body;
    return {
      cpuSvnReport: hexOf(report.cpuSvn),
      attributes: hexOf(report.attributes),
      mrEnclave: hexOf(report.mrEnclave),
      mrSigner: hexOf(report.mrSigner),
      isvProdId: report.isvProdId,
      isvSvn: report.isvSvn,
      reportData: hexOf(report.reportData),
    };
  }
  const { report } = body;
  const [rtMr0, rtMr1, rtMr2, rtMr3] = report.rtMr;
  return {
    teeTcbSvn: hexOf(report.teeTcbSvn),
    mrSeam: hexOf(report.mrSeam),
    mrSignerSeam: hexOf(report.mrSignerSeam),
    seamAttributes: hexOf(report.seamAttributes),
    tdAttributes: hexOf(report.tdAttributes),
    xfam: hexOf(report.xfam),
    mrTd: hexOf(report.mrTd),
    mrConfigId: hexOf(report.mrConfigId),
    mrOwner: hexOf(report.mrOwner),
    mrOwnerConfig: hexOf(report.mrOwnerConfig),
    rtMr0: hexOf(rtMr0),
    rtMr1: hexOf(rtMr1),
    rtMr2: hexOf(rtMr2),
    rtMr3: hexOf(rtMr3),
    reportData: hexOf(report.reportData),
    ...(report.td15 !== undefined && {
      teeTcbSvn2: hexOf(report.td15.teeTcbSvn2),
      mrServiceTd: hexOf(report.td15.mrServiceTd),
    }),
  };
}
