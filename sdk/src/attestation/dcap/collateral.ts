import { PersonaError } from "../../errors/index.ts";

/** What Intel publishes about a platform, as it was fetched: nothing of it is believed before a verifier has checked it. */
export type DcapCollateral = {
  /** The exact JSON text of the value `tcbInfo`: its bytes are what is signed. */
  readonly tcbInfo: string;
  /** r ‖ s, 64 bytes. */
  readonly tcbInfoSignature: Uint8Array;
  /** PEM: TCB signing certificate and root. */
  readonly tcbInfoIssuerChain: string;
  /** The exact JSON text of the value `enclaveIdentity`. */
  readonly qeIdentity: string;
  readonly qeIdentitySignature: Uint8Array;
  readonly qeIdentityIssuerChain: string;
  /** DER. */
  readonly rootCaCrl: Uint8Array;
  /** DER: of the CA that issued the platform's PCK certificate. The CA itself is in the quote. */
  readonly pckCrl: Uint8Array;
};

const MAX_TEXT = 8_388_608;

/**
 * Reads collateral as it is exchanged in JSON: `tcb_info`, `tcb_info_signature` (hex), `tcb_info_issuer_chain` (PEM), the same
 * three of `qe_identity`, `root_ca_crl` and `pck_crl` (DER in hex). Other members are left alone.
 *
 * @throws COLLATERAL_INVALID
 */
export function parseCollateral(text: string): DcapCollateral {
  if (text.length > MAX_TEXT) throw invalid("it is far too large");
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw invalid("it is no JSON");
  }
  if (typeof json !== "object" || json === null) throw invalid("it is no object");
  const members = new Map<string, unknown>(Object.entries(json));
  const string = (name: string): string => {
    const value = members.get(name);
    if (typeof value !== "string") throw invalid(`${name} is missing, or no text`);
    return value;
  };
  const bytes = (name: string): Uint8Array => {
    const hex = string(name).trim();
    if (hex.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(hex)) throw invalid(`${name} is no hex`);
    return bytesOfHex(hex);
  };
  return {
    tcbInfo: string("tcb_info"),
    tcbInfoSignature: bytes("tcb_info_signature"),
    tcbInfoIssuerChain: string("tcb_info_issuer_chain"),
    qeIdentity: string("qe_identity"),
    qeIdentitySignature: bytes("qe_identity_signature"),
    qeIdentityIssuerChain: string("qe_identity_issuer_chain"),
    rootCaCrl: bytes("root_ca_crl"),
    pckCrl: bytes("pck_crl"),
  };
}

/** The bytes of hex digits, of which there is an even number. */
export function bytesOfHex(hex: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(hex.length / 2);
  for (let at = 0; at < bytes.length; at++) bytes[at] = Number.parseInt(hex.slice(2 * at, 2 * at + 2), 16);
  return bytes;
}

function invalid(why: string): PersonaError {
  return new PersonaError("COLLATERAL_INVALID", `The collateral cannot be read: ${why}.`);
}
