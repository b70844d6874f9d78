import type { Hex } from "viem";
import { keccak256, toHex } from "../../crypto/index.ts";
import { isPersonaError, PersonaError } from "../../errors/index.ts";
import { type DcapPolicy, defaultDcapPolicy } from "../policy.ts";
import { RuleBroken, readOrThrow, readUnder } from "../rules.ts";
import type { AcceptedEvidence, AttestationVerdict, EvidenceFields } from "../verdict.ts";
import type { DcapCollateral } from "./collateral.ts";
import { bodyFields, platformFields, quoteFields } from "./fields.ts";
import { readPckChain, verifyPckChain } from "./pckChain.ts";
import { findPlatformLevel } from "./platformLevel.ts";
import { type DcapKind, type Quote, quoteKindOf, readQuote } from "./quote.ts";
import { verifyQuoteSignature, verifyQuotingEnclave } from "./quotingEnclave.ts";
import { requireNotRevoked, verifyLists } from "./revocation.ts";
import { verifySignedCollateral } from "./signedCollateral.ts";
import { converge, type TcbJudgement } from "./tcbStatus.ts";
import { verifyEnclaveAttributes, verifyTdAttributes, verifyTdxModule } from "./trustDomain.ts";

export type VerifyQuoteParameters = {
  /** An SGX or TDX quote, with or without zeros behind it. */
  readonly quote: Uint8Array;
  /** Undefined: whatever can be judged without it is, and then the quote is rejected by `collateral-missing`. */
  readonly collateral: DcapCollateral | undefined;
  /** Unix seconds: the time of every rule about time. */
  readonly now: number;
  readonly policy?: DcapPolicy;
};

/**
 * Judges an SGX or TDX quote (version 3, 4 or 5) by every rule of docs/attestation.md, in their order. A function of its
 * parameters alone: nothing is fetched, and no clock is asked.
 *
 * @throws EVIDENCE_UNREADABLE when the bytes are no quote of any kind; whatever else is wrong is a verdict.
 */
export async function verifyQuote(parameters: VerifyQuoteParameters): Promise<AttestationVerdict> {
  const kind = requireKind(parameters.quote);
  let fields: EvidenceFields = {};
  try {
    const quote = readQuote(parameters.quote);
    fields = { ...quoteFields(quote), ...bodyFields(quote) };
    const certificates = readPckChain(quote.certificationData);
    fields = { ...fields, ...knownPlatform(certificates[0]) };
    return { verdict: "accept", kind: quote.kind, ...(await verifyRead(quote, certificates, parameters)), fields };
  } catch (error) {
    if (!(error instanceof RuleBroken)) throw error;
    const { rule, message: detail, status, advisories } = error;
    return { verdict: "reject", kind, rule, detail, status, advisories, fields };
  }
}

/**
 * What stands in a quote and its PCK certificate, without judging whether any of it is true.
 *
 * @throws EVIDENCE_UNREADABLE when a length, type or certificate is not as it must be.
 */
export function readQuoteFields(bytes: Uint8Array): EvidenceFields {
  requireKind(bytes);
  return readOrThrow(() => {
    const quote = readQuote(bytes);
    const [pck] = readPckChain(quote.certificationData);
    return { ...quoteFields(quote), ...readUnder("pck-extension", () => platformFields(pck)), ...bodyFields(quote) };
  });
}

/** Nothing when the extension cannot be read: the chain is asked first, and then the rule `pck-extension` says so. */
function knownPlatform(pck: Parameters<typeof platformFields>[0]): EvidenceFields {
  try {
    return platformFields(pck);
  } catch (error) {
    if (isPersonaError(error, "CERTIFICATE_INVALID")) return {};
    throw error;
  }
}

async function verifyRead(
  quote: Quote,
  certificates: Parameters<typeof verifyPckChain>[0],
  { collateral, now, policy: asked }: VerifyQuoteParameters,
): Promise<Omit<AcceptedEvidence, "verdict" | "kind" | "fields">> {
  const policy = { ...defaultDcapPolicy, ...asked };
  const { body } = quote;
  const tee = body.type === "sgx" ? "sgx" : "tdx";
  const chain = await verifyPckChain(certificates, { rootFingerprint: policy.rootFingerprint, now });
  if (collateral === undefined) {
    throw new RuleBroken(
      "collateral-missing",
      "Give the collateral of this platform: TCB info, identity, revocation lists.",
    );
  }
  const lists = await verifyLists(chain, collateral, now);
  requireNotRevoked(chain, lists);
  const signed = await verifySignedCollateral(collateral, { ...policy, chain, rootCrl: lists.root, tee, now });
  const qeLevel = await verifyQuotingEnclave(quote, chain, signed.qeIdentity);
  await verifyQuoteSignature(quote);
  const levels: TcbJudgement[] = [qeLevel];
  if (body.type === "sgx") verifyEnclaveAttributes(body.report);
  else {
    const module = verifyTdxModule(body.report, signed.tcbInfo);
    if (module !== undefined) levels.push(module);
    verifyTdAttributes(body.report, policy.acceptedServiceTds);
  }
  const teeTcbSvn = body.type === "sgx" ? undefined : body.report.teeTcbSvn;
  const judgement = converge([findPlatformLevel(signed.tcbInfo, chain.platform, teeTcbSvn), ...levels]);
  requireAccepted(judgement, policy);
  return {
    status: judgement.status,
    advisories: judgement.advisories,
    platform: {
      maker: "intel",
      fmspc: toHex(chain.platform.fmspc),
      ppid: toHex(chain.platform.ppid),
      cpuSvn: toHex(chain.platform.cpuSvn),
      pceSvn: chain.platform.pceSvn,
      tcbDate: judgement.tcbDate,
      tcbEvaluationDataNumber: signed.tcbInfo.tcbEvaluationDataNumber,
      ...(teeTcbSvn !== undefined && { teeTcbSvn: toHex(teeTcbSvn) }),
    },
    measurements: measurementsOf(quote),
    reportData: toHex(body.report.reportData),
    identity: keccak256(quote.signed),
    validUntil: Math.min(
      signed.validUntil,
      lists.root.nextUpdate,
      lists.pck.nextUpdate,
      chain.pck.notAfter,
      chain.ca.notAfter,
      chain.root.notAfter,
    ),
  };
}

/** @throws RuleBroken */
function requireAccepted(judgement: TcbJudgement, policy: DcapPolicy): void {
  const { status, advisories } = judgement;
  const isAccepted = status !== "Revoked" && (policy.acceptedStatuses?.includes(status) ?? false);
  if (!isAccepted) throw new RuleBroken("tcb-status", `The platform is ${status}.`, judgement);
  const taken = policy.acceptedAdvisories;
  const other = taken === undefined ? undefined : advisories.find((advisory) => !taken.includes(advisory));
  if (other !== undefined) throw new RuleBroken("tcb-advisory", `${other} is not taken.`, judgement);
}

function measurementsOf({ body }: Quote): Readonly<Record<string, Hex>> {
  if (body.type === "sgx") {
    const { mrEnclave, mrSigner, attributes } = body.report;
    return { mrEnclave: toHex(mrEnclave), mrSigner: toHex(mrSigner), attributes: toHex(attributes) };
  }
  const { rtMr, td15 } = body.report;
  const names = ["mrTd", "mrSeam", "mrConfigId", "mrOwner", "mrOwnerConfig", "tdAttributes", "xfam"] as const;
  return {
    ...Object.fromEntries(names.map((name) => [name, toHex(body.report[name])])),
    ...Object.fromEntries(rtMr.map((register, index) => [`rtMr${index}`, toHex(register)])),
    ...(td15 !== undefined && { mrServiceTd: toHex(td15.mrServiceTd) }),
  };
}

function requireKind(bytes: Uint8Array): DcapKind {
  const kind = quoteKindOf(bytes);
  if (kind === undefined) throw new PersonaError("EVIDENCE_UNREADABLE", "The bytes are no SGX or TDX quote.");
  return kind;
}
