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
 * three of `qe_identity`, `root_ca_crl` and `pck_crl` (DER in hex or base64, or PEM). Other members are left alone. Where a text is
 * Intel's whole answer, `{"tcbInfo":…,"signature":…}`, the signature in it counts and a member of its own may be missing.
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
  const signed = (name: "tcb_info" | "qe_identity", inside: "tcbInfo" | "enclaveIdentity") =>
    cutSignedText(string(name), inside) ?? { text: string(name), signature: bytes(`${name}_signature`) };
  const list = (name: string): Uint8Array => {
    const pem = /^\s*-----BEGIN X509 CRL-----([A-Za-z0-9+/=\s]+)-----END X509 CRL-----\s*$/.exec(string(name))?.[1];
    const base64 = pem ?? (/[g-zG-Z+/=]/.test(string(name)) ? string(name) : undefined);
    return base64 === undefined ? bytes(name) : bytesOfBase64(base64.replace(/\s+/g, ""), name);
  };
  const [tcbInfo, qeIdentity] = [signed("tcb_info", "tcbInfo"), signed("qe_identity", "enclaveIdentity")];
  return {
    tcbInfo: tcbInfo.text,
    tcbInfoSignature: tcbInfo.signature,
    tcbInfoIssuerChain: string("tcb_info_issuer_chain"),
    qeIdentity: qeIdentity.text,
    qeIdentitySignature: qeIdentity.signature,
    qeIdentityIssuerChain: string("qe_identity_issuer_chain"),
    rootCaCrl: list("root_ca_crl"),
    pckCrl: list("pck_crl"),
  };
}

/**
 * The value of `name` in `{"<name>":…,"signature":"…"}` as it stands there. It is cut out, not parsed and written again: its very
 * bytes are signed. Should the cut be elsewhere than where the signer meant, the signature does not verify.
 *
 * @returns undefined where `whole` is something else
 */
export function cutSignedText(
  whole: string,
  name: "tcbInfo" | "enclaveIdentity",
): { readonly text: string; readonly signature: Uint8Array } | undefined {
  const head = new RegExp(`^\\s{0,99}\\{\\s{0,99}"${name}"\\s{0,99}:\\s{0,99}`).exec(whole)?.[0];
  const tail = /\s{0,99},\s{0,99}"signature"\s{0,99}:\s{0,99}"([0-9a-fA-F]{128})"\s{0,99}\}\s{0,99}$/.exec(
    whole.slice(-1_000),
  );
  if (head === undefined || tail?.[1] === undefined) return undefined;
  return { text: whole.slice(head.length, whole.length - tail[0].length), signature: bytesOfHex(tail[1]) };
}

function bytesOfBase64(text: string, name: string): Uint8Array {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(text)) throw invalid(`${name} is neither hex nor base64`);
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
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
