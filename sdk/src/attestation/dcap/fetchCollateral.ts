import { PersonaError } from "../../errors/index.ts";
import { hexOf } from "../x509/index.ts";
import { bytesOfHex, cutSignedText, type DcapCollateral } from "./collateral.ts";
import { getFromPcs, type PcsAnswer, type PcsFetch } from "./pcsHttp.ts";

/** Whose collateral: all of one family of platforms, under one CA, have the same. */
export type CollateralKey = {
  readonly tee: "sgx" | "tdx";
  /** 6 bytes. */
  readonly fmspc: Uint8Array;
  readonly ca: "platform" | "processor";
};

/** Where collateral comes from, and how long one waits for it. */
export type PcsService = {
  /** Of Intel's service, or of a cache (PCCS) in its place: `https://host:8081`, without a path. */
  readonly baseUrl: string;
  /** Of the root's revocation list: Intel's lies at another host, a PCCS has its own under `/sgx/certification/v4/rootcacrl`. */
  readonly rootCrlUrl: string;
  readonly fetch?: PcsFetch;
  /** Of each of the five answers. Default 10,000. */
  readonly timeoutMs?: number;
};

export const intelPcs = {
  baseUrl: "https://api.trustedservices.intel.com",
  rootCrlUrl: "https://certificates.trustedservices.intel.com/IntelSGXRootCA.der",
} as const;

/** TCB info has some 10 KB; revocation lists grow. */
const MAX_TEXT_BYTES = 1_048_576;
const MAX_CRL_BYTES = 4_194_304;

/**
 * Fetches the collateral of a family of platforms by version 4 of Intel's interface. Nothing of it is believed yet: neither the
 * texts nor what the headers say is their issuer.
 *
 * @throws COLLATERAL_UNAVAILABLE, CANCELLED
 */
export async function fetchCollateral(
  service: PcsService,
  { tee, fmspc, ca }: CollateralKey,
  signal?: AbortSignal,
): Promise<DcapCollateral> {
  const { fetch = globalThis.fetch, timeoutMs = 10_000 } = service;
  const get = (url: string, maxBytes: number): Promise<PcsAnswer> =>
    getFromPcs(url, { fetch, timeoutMs, maxBytes, signal });
  const certification = (of: "sgx" | "tdx", rest: string): string =>
    new URL(`/${of}/certification/v4/${rest}`, service.baseUrl).href;
  const [tcb, identity, pckCrl, rootCrl] = await Promise.all([
    get(certification(tee, `tcb?fmspc=${hexOf(fmspc)}`), MAX_TEXT_BYTES),
    get(certification(tee, "qe/identity"), MAX_TEXT_BYTES),
    get(certification("sgx", `pckcrl?ca=${ca}&encoding=der`), MAX_CRL_BYTES),
    get(service.rootCrlUrl, MAX_CRL_BYTES),
  ]);
  const [tcbInfo, qeIdentity] = [signedText(tcb, "tcbInfo"), signedText(identity, "enclaveIdentity")];
  return {
    tcbInfo: tcbInfo.text,
    tcbInfoSignature: tcbInfo.signature,
    tcbInfoIssuerChain: tcb.chain("TCB-Info-Issuer-Chain"),
    qeIdentity: qeIdentity.text,
    qeIdentitySignature: qeIdentity.signature,
    qeIdentityIssuerChain: identity.chain("SGX-Enclave-Identity-Issuer-Chain"),
    rootCaCrl: derOf(rootCrl),
    pckCrl: derOf(pckCrl),
  };
}

/** @throws COLLATERAL_UNAVAILABLE */
function signedText({ body }: PcsAnswer, name: "tcbInfo" | "enclaveIdentity") {
  const cut = cutSignedText(textOf(body), name);
  if (cut !== undefined) return cut;
  throw new PersonaError("COLLATERAL_UNAVAILABLE", `The service answers with something else than a signed ${name}.`);
}

/** Intel sends DER; caches send the same in hex. */
function derOf({ body }: PcsAnswer): Uint8Array {
  if (body[0] === 0x30 && body[1] === 0x82) return body;
  const hex = textOf(body).trim();
  return hex.length % 2 === 0 && /^[0-9a-fA-F]+$/.test(hex) ? bytesOfHex(hex) : body;
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
